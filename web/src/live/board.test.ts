import { expect, test } from 'vitest';
import type { Agent, Call, LiveEvent } from '../api/model';
import { type Board, HAPPENINGS_KEPT, receive } from './board';
import type { Delta, Snapshot } from './message';

const up = { up: true, since: 100 };
const agent = (id: string, state: Agent['state'] = 'ready') => ({ id, state }) as Agent;
const call = (id: string) => ({ id, state: 'waiting' }) as Call;
const event = (kind: string): LiveEvent => ({ kind, at: 1, call: null, agent: null, queue: null });

const snapshot = (seq: number, parts: Partial<Snapshot> = {}): Snapshot => ({
  type: 'snapshot',
  run: 'first',
  seq,
  at: 1000,
  queues: [],
  agents: [agent('1001'), agent('1002')],
  calls: [call('a'), call('b')],
  links: { ami: { node1: up }, redis: up, mqtt: up },
  ...parts,
});
const delta = (seq: number, parts: Partial<Delta> = {}): Delta => ({ type: 'delta', seq, at: 1001, ...parts });

function board(...messages: Parameters<typeof receive>[1][]): Board {
  let known: Board | null = null;
  for (const message of messages) {
    const after = receive(known, message);
    if (typeof after === 'string') {
      throw new Error(after);
    }
    known = after;
  }
  if (known === null) {
    throw new Error('no message');
  }
  return known;
}

test('a delta replaces what changed, adds what is new and lets go what is gone', () => {
  const after = board(
    snapshot(7),
    delta(8, { agents: [agent('1002', 'talking')], calls: [call('c')], gone: { calls: ['a'] } }),
  );
  expect(after.agents.get('1002')?.state).toBe('talking');
  expect([...after.calls.keys()]).toEqual(['b', 'c']);
  expect(after.seq).toBe(8);
});

test('what a delta does not name stays the very same record, so that its row is not drawn anew', () => {
  const before = board(snapshot(7));
  const after = receive(before, delta(8, { agents: [agent('1002', 'talking')] })) as Board;
  expect(after.agents.get('1001')).toBe(before.agents.get('1001'));
  expect(after.calls).toBe(before.calls);
});

test('a missing number is a gap, in deltas and in beats', () => {
  expect(receive(board(snapshot(7)), delta(9))).toBe('gap');
  expect(receive(board(snapshot(7)), delta(7))).toBe('gap');
  expect(receive(board(snapshot(7)), { type: 'beat', seq: 8, at: 1 })).toBe('gap');
  expect(receive(null, delta(1))).toBe('gap');
});

test('a beat changes the time and nothing else', () => {
  const before = board(snapshot(7));
  const after = receive(before, { type: 'beat', seq: 7, at: 1002 }) as Board;
  expect(after).toEqual({ ...before, at: 1002 });
});

test('a message of another run of the service breaks the stream', () => {
  expect(receive(board(snapshot(7)), delta(8, { run: 'second' }))).toBe('other-run');
});

test('a new snapshot starts afresh, whatever its number, and marks the time of which no events are known', () => {
  const after = board(
    snapshot(7),
    delta(8, { events: [event('Queued')] }),
    snapshot(1, { run: 'second', at: 1030, calls: [] }),
  );
  expect(after.run).toBe('second');
  expect(after.calls.size).toBe(0);
  expect(after.happenings.map((happening) => happening.kind)).toEqual(['interruption', 'Queued']);
  expect(after.happenings[0]).toMatchObject({ from: 1001, at: 1030 });
});

test('events are kept latest first, each with an id of its own, and only so many', () => {
  const messages = Array.from({ length: HAPPENINGS_KEPT }, (_, index) =>
    delta(8 + index, { events: [event('Queued'), event('Offered')] }),
  );
  const { happenings } = board(snapshot(7), ...messages);
  expect(happenings).toHaveLength(HAPPENINGS_KEPT);
  expect(happenings[0]?.kind).toBe('Offered');
  expect(new Set(happenings.map((happening) => happening.id)).size).toBe(HAPPENINGS_KEPT);
});

test('what happens without anybody doing anything is not listed', () => {
  const { happenings } = board(snapshot(7), delta(8, { events: [event('StillWaiting'), event('Queued')] }));
  expect(happenings.map((happening) => happening.kind)).toEqual(['Queued']);
});

test('a change of state says which state, by itself or by the record that came with it', () => {
  const moved = { ...event('AgentStateChanged'), agent: '1001' };
  const { happenings } = board(
    snapshot(7),
    delta(8, { agents: [{ ...agent('1001', 'paused'), reason: 'lunch' }], events: [moved] }),
    delta(9, { agents: [agent('1001', 'talking')], events: [{ ...moved, state: 'ready', reason: '' }] }),
  );
  expect(happenings).toMatchObject([{ state: 'ready' }, { state: 'paused', reason: 'lunch' }]);
});

test('a change of links takes their place', () => {
  const down = { up: false, since: 1001 };
  const after = board(snapshot(7), delta(8, { links: { ami: { node1: down }, redis: up, mqtt: up } }));
  expect(after.links.ami['node1']).toEqual(down);
});
