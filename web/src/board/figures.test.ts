import { expect, test } from 'vitest';
import type { Agent, Call, Links, Queue } from '../api/model';
import {
  type AgentFilter,
  actionsFor,
  allCallsUnknownSince,
  busyWithCall,
  callUnknownSince,
  figuresUnknownSince,
  glance,
  listedAgents,
  nodeOf,
  shortCall,
  waitingCallers,
  waitsTooLong,
} from './figures';

const queue = (waiting: number, longest: number | null, within = 20) =>
  ({ waiting, longest_wait_since: longest, answer_within_s: within }) as Queue;
const agent = (id: string, parts: Partial<Agent> = {}): Agent => ({
  ...{ id, name: id, state: 'ready', reason: '', since: 100, until: null, phone: null, call: null },
  ...{ skills: {}, queues: ['sales'], wish: null, answered: 0 },
  ...parts,
});
const call = (id: string, joined_at: number, parts: Partial<Call> = {}) =>
  ({ id, joined_at, queue: 'sales', state: 'waiting', ...parts }) as Call;
const everyone: AgentFilter = { text: '', states: 'all', queue: null, order: 'name' };
const ids = (items: { id: string }[]) => items.map((item) => item.id);

test('at a glance: who waits, since when the longest, and every agent once', () => {
  const figures = glance(
    [queue(2, 500), queue(1, 400, 30), queue(0, null)],
    [agent('1', { queues: ['sales', 'service'] }), agent('2', { state: 'paused' })],
  );
  expect(figures).toMatchObject({ waiting: 3, longestWaitSince: 400, answerWithinS: 30 });
  expect(figures.agents).toMatchObject({ ready: 1, paused: 1, talking: 0 });
});

test('where nobody waits there is no longest wait', () => {
  expect(glance([queue(0, null)], []).longestWaitSince).toBeNull();
});

test('a wait is too long only beyond the threshold', () => {
  expect(waitsTooLong(100, 20, 120)).toBe(false);
  expect(waitsTooLong(100, 20, 120.1)).toBe(true);
});

test('callers stand by how long they have waited, those being offered among them, those talking not', () => {
  const calls = [call('c', 30), call('a', 10, { state: 'talking' }), call('b', 20, { state: 'offered' })];
  calls.push(call('d', 5, { state: 'on_hold' }));
  expect(ids(waitingCallers(calls, null))).toEqual(['b', 'c']);
});

test('callers of one queue alone', () => {
  expect(ids(waitingCallers([call('a', 1), call('b', 2, { queue: 'service' })], 'service'))).toEqual(['b']);
});

test('agents by state: who does not respond first, the signed-out last, in a state the longest first', () => {
  const agents = [
    agent('out', { state: 'signed_out' }),
    agent('new', { since: 200 }),
    agent('old', { since: 100 }),
    agent('gone', { state: 'not_responding' }),
  ];
  expect(ids(listedAgents(agents, { ...everyone, order: 'state' }, 'en'))).toEqual(['gone', 'old', 'new', 'out']);
});

test('Chinese names stand in the order of their reading', () => {
  const agents = [agent('3', { name: '张伟' }), agent('2', { name: '王小明' }), agent('1', { name: '李娜' })];
  expect(ids(listedAgents(agents, everyone, 'zh-CN'))).toEqual(['1', '2', '3']);
});

test.each([
  ['part of a name', { text: ' 小明 ' }, ['1001']],
  ['a number', { text: '1002' }, ['1002']],
  ['a skill, however written', { text: 'ENGL' }, ['1002']],
  ['a queue', { queue: 'service' }, ['1002']],
  ['who is signed in', { states: 'signed_in' as const }, ['1001']],
  ['one state', { states: 'signed_out' as const }, ['1002']],
])('agents are found by %s', (_, wanted, found) => {
  const agents = [
    agent('1001', { name: '王小明' }),
    agent('1002', { name: 'Ann', state: 'signed_out', queues: ['service'], skills: { english: 7 } }),
  ];
  expect(ids(listedAgents(agents, { ...everyone, ...wanted }, 'zh-CN'))).toEqual(found);
});

test('agents are found by what people call a skill, too', () => {
  const agents = [agent('1001'), agent('1002', { skills: { english: 7 } })];
  const label = (skill: string) => (skill === 'english' ? '英语' : skill);
  expect(ids(listedAgents(agents, { ...everyone, text: '英语' }, 'zh-CN', label))).toEqual(['1002']);
});

test("a call's id gives its short name and its Asterisk, hyphens in the node's name included", () => {
  expect(shortCall('node1-1700000000.12')).toBe('#12');
  expect(nodeOf('node1-1700000000.12')).toBe('node1');
  expect(nodeOf('beijing-2-1700000000.12')).toBe('beijing-2');
  expect(nodeOf('1700000000.12')).toBe('');
});

test('while an Asterisk is away, figures and its own calls are unknown, the calls of others are not', () => {
  const up = { up: true, since: 1 };
  const links: Links = { ami: { node1: up, node2: { up: false, since: 70 } }, redis: up, mqtt: up };
  expect(figuresUnknownSince(links)).toBe(70);
  expect(callUnknownSince('node2-1.1', links)).toBe(70);
  expect(callUnknownSince('node1-1.1', links)).toBeNull();
  expect(figuresUnknownSince({ ...links, ami: { node1: up } })).toBeNull();
  expect(allCallsUnknownSince(links)).toBeNull();
  expect(allCallsUnknownSince({ ...links, ami: { node1: { up: false, since: 60 } } })).toBe(60);
});

test.each([
  ['signed_out', []],
  ['ready', ['pause', 'sign-out']],
  ['paused', ['ready', 'sign-out']],
  ['not_responding', ['ready', 'pause', 'sign-out']],
  ['talking', ['pause', 'sign-out']],
  ['on_hold', ['pause', 'sign-out']],
] as const)('what can be asked of an agent who is %s', (state, actions) => {
  expect(actionsFor(agent('1', { state }))).toEqual(actions);
});

test('a fixed wrap-up cannot be ended, any other can', () => {
  expect(actionsFor(agent('1', { state: 'wrap_up', until: 9 }))).toContain('ready');
  expect(actionsFor(agent('1', { state: 'wrap_up', reason: 'until_finished' }))).toContain('ready');
  expect(actionsFor(agent('1', { state: 'wrap_up', until: 9, reason: 'fixed' }))).not.toContain('ready');
});

test('a pause asked for during a call or a wrap-up with an end begins after it, else at once', () => {
  expect(busyWithCall(agent('1', { state: 'on_hold' }))).toBe(true);
  expect(busyWithCall(agent('1', { state: 'wrap_up', until: 9 }))).toBe(true);
  expect(busyWithCall(agent('1', { state: 'wrap_up', reason: 'until_finished' }))).toBe(false);
});

test('a wish can be taken back', () => {
  const wishing = agent('1', { state: 'talking', wish: { state: 'paused', reason: 'lunch' } });
  expect(actionsFor(wishing)).toContain('ready');
});
