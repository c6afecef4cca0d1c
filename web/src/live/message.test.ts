import { expect, test } from 'vitest';
import { readMessage } from './message';

test('a snapshot, a delta and a beat are read', () => {
  const snapshot = { type: 'snapshot', run: 'r', seq: 1, at: 1.5, queues: [], agents: [], calls: [], links: {} };
  expect(readMessage(JSON.stringify(snapshot))).toEqual(snapshot);
  expect(readMessage('{"type": "delta", "seq": 2, "at": 1.6}')?.type).toBe('delta');
  expect(readMessage('{"type": "beat", "seq": 2, "at": 1.7}')?.type).toBe('beat');
});

test.each([
  ['no JSON', '<html>'],
  ['no record', 'null'],
  ['another type', '{"type": "pong", "seq": 1, "at": 1}'],
  ['no number', '{"type": "delta", "at": 1}'],
  ['no time', '{"type": "beat", "seq": 1}'],
  ['a snapshot without its lists', '{"type": "snapshot", "run": "r", "seq": 1, "at": 1}'],
])('what is none of ours is refused: %s', (_, text) => {
  expect(readMessage(text)).toBeNull();
});
