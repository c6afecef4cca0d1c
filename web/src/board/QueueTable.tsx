// The queues: who waits now, how today went, and what the agents of each do. Choosing one narrows callers and agents to it.

import { memo } from 'react';
import { AGENT_STATES, type Queue } from '../api/model';
import { useCentre } from '../app/CentreProvider';
import { Elapsed, useByClock } from '../time/counting';
import { clockwise } from '../time/duration';
import { useWords } from '../words/useWords';
import { waitsTooLong } from './figures';
import { Panel } from './Panel';
import { QueueHours } from './QueueHours';
import { StateMark, WarningMark } from './StateMark';
import './queues.css';

interface QueueTableProps {
  readonly queues: ReadonlyMap<string, Queue>;
  readonly chosen: string | null;
  readonly onChoose: (queue: string | null) => void;
  readonly unknownSince: number | null;
}

export function QueueTable({ queues, chosen, onChoose, unknownSince }: QueueTableProps) {
  const { say } = useWords();
  return (
    <Panel name="queues" title={say('queue.title')} unknownSince={unknownSince}>
      {queues.size === 0 ? (
        <p className="nothing">{say('queue.none')}</p>
      ) : (
        <table className="figures">
          <thead>
            <tr>
              <th scope="col">{say('queue.name')}</th>
              <th scope="col">{say('queue.waiting')}</th>
              <th scope="col">{say('queue.longest')}</th>
              <th scope="col">{say('queue.service_level')}</th>
              <th scope="col" title={say('queue.offered_help')}>
                {say('queue.offered')}
              </th>
              <th scope="col">{say('queue.answered')}</th>
              <th scope="col" title={say('queue.abandoned_help')}>
                {say('queue.abandoned')}
              </th>
              <th scope="col" title={say('queue.diverted_help')}>
                {say('queue.diverted')}
              </th>
              <th scope="col" title={say('queue.turned_away_help')}>
                {say('queue.turned_away')}
              </th>
              <th scope="col" title={say('queue.asa_help')}>
                {say('queue.asa')}
              </th>
              {AGENT_STATES.map((state, index) => (
                <th scope="col" key={state} className={index === 0 ? 'first-of-agents' : undefined}>
                  <StateMark state={state} /> {say(`state.${state}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {[...queues.values()].map((queue) => (
              <QueueRow key={queue.id} queue={queue} isChosen={queue.id === chosen} onChoose={onChoose} />
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

interface QueueRowProps {
  readonly queue: Queue;
  readonly isChosen: boolean;
  readonly onChoose: (queue: string | null) => void;
}

const QueueRow = memo(function QueueRow({ queue, isChosen, onChoose }: QueueRowProps) {
  const { say, inLanguage, language } = useWords();
  const { timeOfDay } = useCentre();
  const percent = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 0 });
  const within = { seconds: queue.answer_within_s };
  return (
    <tr data-queue={queue.id} data-chosen={isChosen ? '' : undefined}>
      <th scope="row">
        <button
          type="button"
          className="choose"
          aria-pressed={isChosen}
          onClick={() => onChoose(isChosen ? null : queue.id)}
        >
          {inLanguage(queue.name)}
        </button>
        {queue.hours === null ? null : <QueueHours hours={queue.hours} />}
      </th>
      <td className="far">
        {queue.waiting === 0 ? <span className="zero">0</span> : queue.waiting}
        {queue.callbacks > 0 ? <small>{say('queue.callbacks', { count: queue.callbacks })}</small> : null}
      </td>
      <td className="far">
        {queue.longest_wait_since === null ? (
          <span className="zero">–</span>
        ) : (
          <LongestWait since={queue.longest_wait_since} answerWithinS={queue.answer_within_s} />
        )}
      </td>
      <td className="far" title={say('queue.service_level_of', { ...within, time: timeOfDay(queue.since) })}>
        {queue.service_level === null ? (
          <span className="zero near">{say('queue.no_call_yet')}</span>
        ) : (
          <>
            {percent.format(queue.service_level)}
            <small>{say('queue.within', within)}</small>
          </>
        )}
      </td>
      <td>{queue.offered}</td>
      <td>{queue.answered}</td>
      <td>
        {queue.abandoned}
        {queue.short_abandoned > 0 ? <small>{say('queue.short', { count: queue.short_abandoned })}</small> : null}
      </td>
      <td>{queue.diverted}</td>
      <td>{queue.turned_away}</td>
      <td>{queue.average_wait_s === null ? '–' : clockwise(Math.round(queue.average_wait_s))}</td>
      {AGENT_STATES.map((state, index) => (
        <td key={state} className={index === 0 ? 'first-of-agents' : undefined}>
          <span className={queue.agents[state] === 0 ? 'zero' : `count state-${state}`}>{queue.agents[state]}</span>
        </td>
      ))}
    </tr>
  );
});

/** A wait that counts on, and says so in shape and colour once it is beyond the threshold. */
export function LongestWait({ since, answerWithinS }: { since: number; answerWithinS: number }) {
  const { say } = useWords();
  const late = useByClock((now) => waitsTooLong(since, answerWithinS, now));
  return (
    <span
      className="wait"
      data-late={late ? '' : undefined}
      title={late ? say('queue.over', { seconds: answerWithinS }) : undefined}
    >
      {late ? <WarningMark /> : null}
      <Elapsed since={since} />
    </span>
  );
}
