// What happened last, in words, and where the stream was interrupted.

import { memo } from 'react';
import type { Agent, LiveEvent, Queue } from '../api/model';
import { useCentre } from '../app/CentreProvider';
import type { Happening, Interruption } from '../live/board';
import { useWords } from '../words/useWords';
import { eventKey } from './eventWords';
import { shortCall } from './figures';
import { Panel } from './Panel';
import { useReasonWords } from './reasons';

interface EventListProps {
  readonly happenings: readonly Happening[];
  readonly agents: ReadonlyMap<string, Agent>;
  readonly queues: ReadonlyMap<string, Queue>;
  readonly unknownSince: number | null;
}

export function EventList({ happenings, agents, queues, unknownSince }: EventListProps) {
  const { say, inLanguage } = useWords();
  const { timeOfDay } = useCentre();
  const agentName = (id: string | null) => (id === null ? '' : (agents.get(id)?.name ?? id));
  const queueName = (id: string | null) => {
    const queue = id === null ? undefined : queues.get(id);
    return queue === undefined ? (id ?? '') : inLanguage(queue.name);
  };
  return (
    <Panel name="events" title={say('event.title')} unknownSince={unknownSince}>
      {happenings.length === 0 ? (
        <p className="nothing">{say('event.none')}</p>
      ) : (
        <ol className="events">
          {happenings.map((happening) =>
            isInterruption(happening) ? (
              <li key={happening.id} className="interruption">
                <time>{timeOfDay(happening.at)}</time> {say('event.interruption', { from: timeOfDay(happening.from) })}
              </li>
            ) : (
              <Line
                key={happening.id}
                event={happening}
                agent={agentName(happening.agent)}
                queue={queueName(happening.queue)}
              />
            ),
          )}
        </ol>
      )}
    </Panel>
  );
}

const isInterruption = (happening: Happening): happening is Interruption & { readonly id: number } =>
  'from' in happening;

interface LineProps {
  readonly event: LiveEvent;
  readonly agent: string;
  readonly queue: string;
}

const Line = memo(function Line({ event, agent, queue }: LineProps) {
  const { say, inLanguage } = useWords();
  const { timeOfDay } = useCentre();
  const reasonWords = useReasonWords();
  const key = eventKey(event.kind);
  const call = event.call === null ? '' : shortCall(event.call);
  const state = event.state ?? null;
  const holiday = event.holiday ? `: ${inLanguage(event.holiday)}` : '';
  const reason = event.reason ? ` (${reasonWords(event.reason)}${holiday})` : '';
  return (
    <li data-kind={event.kind} title={event.call ?? undefined}>
      <time>{timeOfDay(event.at)}</time>{' '}
      {state !== null
        ? `${say('event.agent_now', { agent, state: say(`state.${state}`) })}${reason}`
        : key === null
          ? [event.kind, call, agent, queue].filter(Boolean).join(' ')
          : `${say(key, { call, agent, queue })}${reason}`}
    </li>
  );
});
