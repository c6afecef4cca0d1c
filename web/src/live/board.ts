// The floor as the service last told it: snapshots start it, deltas change it, and a gap breaks it. Pure.

import type { Agent, Call, Links, LiveEvent, Queue } from '../api/model';
import type { Delta, LiveMessage, Snapshot } from './message';

/** A time of which no events are known: the stream was interrupted. */
export interface Interruption {
  readonly kind: 'interruption';
  readonly from: number;
  readonly at: number;
}

export type Happening = (LiveEvent & { readonly id: number }) | (Interruption & { readonly id: number });

export interface Board {
  readonly run: string;
  readonly seq: number;
  /** The service's clock at the last message. */
  readonly at: number;
  readonly queues: ReadonlyMap<string, Queue>;
  readonly agents: ReadonlyMap<string, Agent>;
  readonly calls: ReadonlyMap<string, Call>;
  readonly links: Links;
  /** Latest first, at most `HAPPENINGS_KEPT`; `id` is unique while the page lives. */
  readonly happenings: readonly Happening[];
}

/** Why what came cannot follow what was there: messages were lost, or another run of the service is talking. */
export type Break = 'gap' | 'other-run';

export const HAPPENINGS_KEPT = 60;

/** What happens without anybody doing anything, or many times a call: a list of last events would be full of it. */
const UNTOLD = new Set(['StillWaiting', 'SessionAttached', 'StepPassed']);

/** The board after `message`, or why the stream is broken. A snapshot always starts afresh. */
export function receive(board: Board | null, message: LiveMessage): Board | Break {
  if (message.type === 'snapshot') {
    return begin(board, message);
  }
  if (board === null) {
    return 'gap';
  }
  if (message.run !== undefined && message.run !== board.run) {
    return 'other-run';
  }
  switch (message.type) {
    case 'beat':
      return message.seq === board.seq ? { ...board, at: message.at } : 'gap';
    case 'delta':
      return message.seq === board.seq + 1 ? change(board, message) : 'gap';
  }
}

function begin(before: Board | null, snapshot: Snapshot): Board {
  return {
    run: snapshot.run,
    seq: snapshot.seq,
    at: snapshot.at,
    queues: byId(snapshot.queues),
    agents: byId(snapshot.agents),
    calls: byId(snapshot.calls),
    links: snapshot.links,
    happenings:
      before === null
        ? []
        : withHappenings(before.happenings, [{ kind: 'interruption', from: before.at, at: snapshot.at }]),
  };
}

function change(board: Board, delta: Delta): Board {
  return {
    run: board.run,
    seq: delta.seq,
    at: delta.at,
    queues: changed(board.queues, delta.queues, delta.gone?.queues),
    agents: changed(board.agents, delta.agents, delta.gone?.agents),
    calls: changed(board.calls, delta.calls, delta.gone?.calls),
    links: delta.links ?? board.links,
    happenings: withHappenings(board.happenings, withStates(delta.events ?? [], delta.agents ?? [])),
  };
}

interface Identified {
  readonly id: string;
}

function byId<Item extends Identified>(items: readonly Item[]): ReadonlyMap<string, Item> {
  return new Map(items.map((item) => [item.id, item]));
}

/** The map with some items replaced or added and some gone; the same map where nothing changed, so that nothing is drawn anew. */
function changed<Item extends Identified>(
  items: ReadonlyMap<string, Item>,
  arrived: readonly Item[] = [],
  gone: readonly string[] = [],
): ReadonlyMap<string, Item> {
  if (arrived.length === 0 && gone.length === 0) {
    return items;
  }
  const after = new Map(items);
  for (const item of arrived) {
    after.set(item.id, item);
  }
  for (const id of gone) {
    after.delete(id);
  }
  return after;
}

/** An event about an agent's state says which; where it does not, the agent's record in the same delta does. */
function withStates(events: readonly LiveEvent[], agents: readonly Agent[]): readonly LiveEvent[] {
  return events.map((event) => {
    const agent = agents.find((changed) => changed.id === event.agent);
    return event.kind === 'AgentStateChanged' && event.state === undefined && agent !== undefined
      ? { ...event, state: agent.state, reason: agent.reason }
      : event;
  });
}

function withHappenings(
  kept: readonly Happening[],
  arrived: readonly (LiveEvent | Interruption)[],
): readonly Happening[] {
  const fresh = arrived.filter(({ kind }) => !UNTOLD.has(kind));
  if (fresh.length === 0) {
    return kept;
  }
  const next = (kept[0]?.id ?? 0) + 1;
  const numbered = fresh.map((happening, index) => ({ ...happening, id: next + index }));
  return [...numbered.reverse(), ...kept].slice(0, HAPPENINGS_KEPT);
}
