import { expect, test } from 'vitest';
import { heard, offset, type ServerClock, UNKNOWN_CLOCK } from './serverClock';

const after = (...messages: [at: number, local: number][]) =>
  messages.reduce<ServerClock>((clock, [at, local]) => heard(clock, at, local), UNKNOWN_CLOCK);

test('the quickest message tells the offset: slow ones do not set the clock back', () => {
  expect(offset(after([1000, 10.3], [1001, 11.02], [1002, 12.9]))).toBeCloseTo(989.98);
});

test('a drifting clock is followed: old messages are let go', () => {
  const messages: [number, number][] = Array.from({ length: 200 }, (_, second) => [1000 + second * 0.99, second]);
  expect(offset(after(...messages))).toBeCloseTo(1000 - 139 * 0.01, 1);
});

test('a service clock that was set back is believed at once', () => {
  expect(offset(after([5000, 10], [1000, 11]))).toBe(989);
});

test('a service clock that was set forward is believed at once', () => {
  expect(offset(after([1000, 10], [5000, 11]))).toBe(4989);
});

test('before anything was heard there is no offset', () => {
  expect(offset(UNKNOWN_CLOCK)).toBe(0);
});
