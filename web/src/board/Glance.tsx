// The figures to be read from across the room: who waits, how long, and what the agents do.

import type { Agent, Queue } from '../api/model';
import { AGENT_STATES } from '../api/model';
import { Elapsed, useByClock } from '../time/counting';
import { useWords } from '../words/useWords';
import { glance, waitsTooLong } from './figures';
import { StateMark, WarningMark } from './StateMark';
import './glance.css';

interface GlanceStripProps {
  readonly queues: ReadonlyMap<string, Queue>;
  readonly agents: ReadonlyMap<string, Agent>;
  readonly stale: boolean;
}

export function GlanceStrip({ queues, agents, stale }: GlanceStripProps) {
  const { say } = useWords();
  const figures = glance(queues.values(), agents.values());
  const since = figures.longestWaitSince;
  const late = useByClock((now) => since !== null && waitsTooLong(since, figures.answerWithinS, now));
  return (
    <section className="glance" aria-label={say('summary.title')} data-stale={stale ? '' : undefined}>
      <dl>
        <div className="glance-main">
          <dt>{say('summary.waiting')}</dt>
          <dd data-testid="glance-waiting">{figures.waiting}</dd>
        </div>
        <div className="glance-main" data-late={late ? '' : undefined}>
          <dt>
            {late ? <WarningMark /> : null} {say('summary.longest')}
          </dt>
          <dd>
            {since === null ? <span className="nothing">{say('summary.nobody')}</span> : <Elapsed since={since} />}
          </dd>
        </div>
        {AGENT_STATES.map((state) => (
          <div key={state} data-zero={figures.agents[state] === 0 ? '' : undefined}>
            <dt>
              <StateMark state={state} /> {say(`state.${state}`)}
            </dt>
            <dd>{figures.agents[state]}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
