// The waiting callers, who waits longest first, each with the one sentence that says why.

import { memo } from 'react';
import type { Agent, Call, Callback, Links, Queue } from '../api/model';
import { useCentre } from '../app/CentreProvider';
import { CountsUntil } from '../time/counting';
import { clockwise } from '../time/duration';
import { languageInWords } from '../words/spokenLanguage';
import { useWords } from '../words/useWords';
import { callUnknownSince, shortCall, waitingCallers } from './figures';
import { Panel, UnknownSince } from './Panel';
import { LongestWait } from './QueueTable';
import { StateMark } from './StateMark';
import './callers.css';

interface CallerListProps {
  readonly calls: ReadonlyMap<string, Call>;
  readonly queues: ReadonlyMap<string, Queue>;
  readonly agents: ReadonlyMap<string, Agent>;
  readonly links: Links;
  readonly queue: string | null;
  readonly unknownSince: number | null;
}

export function CallerList({ calls, queues, agents, links, queue, unknownSince }: CallerListProps) {
  const { say, language } = useWords();
  const line = waitingCallers(calls.values(), queue);
  const together = new Intl.ListFormat(language);
  return (
    <Panel
      name="callers"
      title={say('caller.title')}
      unknownSince={unknownSince}
      beside={<span className="panel-count">{line.length}</span>}
    >
      {line.length === 0 ? (
        <p className="nothing">{say(queue === null ? 'caller.none' : 'caller.none_in_queue')}</p>
      ) : (
        <ol className="callers">
          {line.map((call) => (
            <Caller
              key={call.id}
              call={call}
              queue={queues.get(call.queue)}
              concerned={together.format(agentsOf(call).map((id) => inWords(id, agents)))}
              unknownSince={unknownSince === null ? callUnknownSince(call.id, links) : null}
            />
          ))}
        </ol>
      )}
    </Panel>
  );
}

/** Whose phones ring for the caller, or who calls them back. */
function agentsOf(call: Call): readonly string[] {
  return call.offered_to.length > 0 || call.agent === null ? call.offered_to : [call.agent];
}

function inWords(id: string, agents: ReadonlyMap<string, Agent>): string {
  const agent = agents.get(id);
  return agent === undefined ? id : `${agent.name} (${agent.id})`;
}

interface CallerProps {
  readonly call: Call;
  readonly queue: Queue | undefined;
  /** The agents whose phones ring for the caller, or who call them back, in words. */
  readonly concerned: string;
  /** Since when this caller alone is unknown. */
  readonly unknownSince: number | null;
}

const Caller = memo(function Caller({ call, queue, concerned, unknownSince }: CallerProps) {
  const { say, inLanguage } = useWords();
  return (
    <li data-call={call.id} data-stale={unknownSince === null ? undefined : ''}>
      <div className="caller-line">
        <span className="place" title={say('caller.position')}>
          {call.state === 'offered' ? <StateMark state="offered" /> : (call.position ?? '–')}
        </span>
        <span className="caller-queue">{queue === undefined ? call.queue : inLanguage(queue.name)}</span>
        <CallerLanguage call={call} />
        <span className="step" title={say('caller.step')}>
          {call.step + 1}. {inLanguage(call.step_names)}
        </span>
        {call.priority === 0 ? null : (
          <span className="priority">{say('caller.priority', { priority: call.priority })}</span>
        )}
        <Expected call={call} />
        <CalledBack agreed={call.callback} />
        <span className="call-id" title={say('caller.call', { call: call.id })}>
          {shortCall(call.id)}
        </span>
        <span className="caller-wait" title={say('caller.waited')}>
          <CountsUntil unknownSince={unknownSince}>
            <LongestWait since={call.joined_at} answerWithinS={queue?.answer_within_s ?? Infinity} />
          </CountsUntil>
        </span>
      </div>
      <p className="why">
        {unknownSince === null ? null : <UnknownSince since={unknownSince} />} <Why call={call} concerned={concerned} />
      </p>
    </li>
  );
});

function Expected({ call }: { call: Call }) {
  const { say } = useWords();
  const wait = call.expected_wait;
  if (wait === null) {
    return null;
  }
  return (
    <span className="expected" title={say('caller.expected_help')}>
      {say('caller.expected', { low: clockwise(wait.low_s), high: clockwise(wait.high_s) })}
    </span>
  );
}

function CalledBack({ agreed }: { agreed: Callback | null }) {
  const { say } = useWords();
  const { timeOfDay } = useCentre();
  if (agreed === null) {
    return null;
  }
  const { attempts, most_attempts: most, next_at: nextAt } = agreed;
  return (
    <span className="priority" title={say('caller.callback_help')}>
      {say('caller.callback')}
      {attempts === 0 ? null : <> {say('caller.tried', { attempts, most })}</>}
      {nextAt === null ? null : <> {say('caller.again_at', { time: timeOfDay(nextAt) })}</>}
    </span>
  );
}

function CallerLanguage({ call }: { call: Call }) {
  const { say } = useWords();
  const spoken = call.attributes['language'];
  if (spoken === undefined) {
    return null;
  }
  return (
    <span className="caller-language" title={say('caller.language')}>
      {languageInWords(String(spoken), say)}
    </span>
  );
}

function Why({ call, concerned }: { call: Call; concerned: string }) {
  const { say, inLanguage } = useWords();
  switch (call.state) {
    case 'offered':
      return <>{say('caller.ringing_at', { agent: concerned })}</>;
    case 'dialling':
      return <>{say('caller.dialling', { agent: concerned })}</>;
    case 'later':
      return <>{say('caller.later')}</>;
    case 'returning':
      return <>{say('caller.returning')}</>;
    default:
      return <>{call.why === null ? '' : inLanguage(call.why)}</>;
  }
}
