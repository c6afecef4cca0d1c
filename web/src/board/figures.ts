// What the board's panels show, out of what the service told. Pure.

import {
  AGENT_STATES,
  type Agent,
  type AgentState,
  type Call,
  type CallState,
  type Links,
  type Queue,
} from '../api/model';

export type AgentOrder = 'state' | 'name' | 'since';

export interface AgentFilter {
  /** Part of a name, number or skill; empty asks for nothing. */
  readonly text: string;
  readonly states: 'signed_in' | 'all' | AgentState;
  /** Only agents of this queue; null for all. */
  readonly queue: string | null;
  readonly order: AgentOrder;
}

export interface Glance {
  readonly waiting: number;
  /** Since when the caller has waited who waits longest; null where nobody waits. */
  readonly longestWaitSince: number | null;
  /** The shortest threshold T of the queues whose longest wait that is. */
  readonly answerWithinS: number;
  readonly agents: Readonly<Record<AgentState, number>>;
}

/** The figures over all queues. An agent of several queues counts once, so agents are counted, not the queues' counts added. */
export function glance(queues: Iterable<Queue>, agents: Iterable<Agent>): Glance {
  let waiting = 0;
  let longest: Queue | null = null;
  for (const queue of queues) {
    waiting += queue.waiting;
    if (queue.longest_wait_since !== null && queue.longest_wait_since < (longest?.longest_wait_since ?? Infinity)) {
      longest = queue;
    }
  }
  const counts = Object.fromEntries(AGENT_STATES.map((state) => [state, 0])) as Record<AgentState, number>;
  for (const agent of agents) {
    counts[agent.state] += 1;
  }
  return {
    waiting,
    longestWaitSince: longest?.longest_wait_since ?? null,
    answerWithinS: longest?.answer_within_s ?? Infinity,
    agents: counts,
  };
}

/** Whether a wait has gone beyond the service level's threshold. */
export const waitsTooLong = (since: number, answerWithinS: number, now: number) => now - since > answerWithinS;

/** Joined with an agent, on hold or not. */
const isInConversation = (state: CallState | AgentState) => state === 'talking' || state === 'on_hold';

/** The callers without an agent yet, who waits longest first; `queue` null for all queues. */
export function waitingCallers(calls: Iterable<Call>, queue: string | null): Call[] {
  return [...calls]
    .filter((call) => !isInConversation(call.state) && (queue === null || call.queue === queue))
    .sort((a, b) => a.joined_at - b.joined_at || (a.id < b.id ? -1 : 1));
}

/** What needs a supervisor's eye first stands first. */
const URGENCY: readonly AgentState[] = [
  'not_responding',
  'ready',
  'offered',
  'talking',
  'on_hold',
  'wrap_up',
  'busy_elsewhere',
  'paused',
  'signed_out',
];

/** The agents who fit, in the order asked for; equal ones by name, so that rows do not jump about. */
export function listedAgents(
  agents: Iterable<Agent>,
  filter: AgentFilter,
  language: string,
  skillWords: (skill: string) => string = String,
): Agent[] {
  const byName = new Intl.Collator(language, { numeric: true }).compare;
  const rank = {
    state: (a: Agent, b: Agent) => URGENCY.indexOf(a.state) - URGENCY.indexOf(b.state) || a.since - b.since,
    name: () => 0,
    since: (a: Agent, b: Agent) => a.since - b.since,
  }[filter.order];
  return [...agents]
    .filter((agent) => fits(agent, filter, skillWords))
    .sort((a, b) => rank(a, b) || byName(a.name, b.name) || byName(a.id, b.id));
}

function fits(agent: Agent, filter: AgentFilter, skillWords: (skill: string) => string): boolean {
  const stateFits =
    filter.states === 'all' ||
    (filter.states === 'signed_in' ? agent.state !== 'signed_out' : agent.state === filter.states);
  const queueFits = filter.queue === null || agent.queues.includes(filter.queue);
  const wanted = filter.text.trim().toLowerCase();
  const skills = Object.keys(agent.skills);
  const textFits = [agent.id, agent.name, ...skills, ...skills.map(skillWords)].some((text) =>
    text.toLowerCase().includes(wanted),
  );
  return stateFits && queueFits && textFits;
}

/** A call's id in short: the number at its end, which tells calls of one Asterisk apart at a glance. */
export const shortCall = (id: string) => `#${id.slice(id.lastIndexOf('.') + 1)}`;

/** The Asterisk a call is on: what stands before the hyphen of its id. */
export const nodeOf = (call: string) => call.slice(0, Math.max(0, call.lastIndexOf('-')));

/** Since when figures that need every Asterisk are unknown; null while all are connected. */
export function figuresUnknownSince(links: Links): number | null {
  const lost = Object.values(links.ami)
    .filter((link) => !link.up)
    .map((link) => link.since);
  return lost.length === 0 ? null : Math.min(...lost);
}

/** Since when no call at all is known, because every Asterisk is away; null while one is connected. */
export function allCallsUnknownSince(links: Links): number | null {
  const nodes = Object.values(links.ami);
  return nodes.length === 0 || nodes.some((link) => link.up) ? null : figuresUnknownSince(links);
}

/** Since when a call is unknown because the link to its Asterisk is down; null while it is known. */
export function callUnknownSince(call: string, links: Links): number | null {
  const link = links.ami[nodeOf(call)];
  return link === undefined || link.up ? null : link.since;
}

export type AgentAction = 'ready' | 'pause' | 'sign-out';

/** Busy with a call or its wrap-up: a pause or sign-out takes effect when that is over. */
export const busyWithCall = ({ state, until }: Agent) =>
  isInConversation(state) || (state === 'wrap_up' && until !== null);

/** What can sensibly be asked of an agent; the service has the last word. */
export function actionsFor(agent: Agent): AgentAction[] {
  if (agent.state === 'signed_out') {
    return [];
  }
  const mayEndWrapUp = agent.state === 'wrap_up' && agent.reason !== 'fixed';
  const isAway = ['paused', 'not_responding'].includes(agent.state);
  const mayBecomeReady = mayEndWrapUp || isAway || agent.wish !== null;
  return [
    ...(mayBecomeReady ? (['ready'] as const) : []),
    ...(agent.state === 'paused' ? [] : (['pause'] as const)),
    'sign-out',
  ];
}
