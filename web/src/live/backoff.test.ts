import { expect, test } from 'vitest';
import { delayBefore } from './backoff';

test('each wait is longer than the one before, up to a longest', () => {
  expect([0, 1, 2, 3, 4, 5, 50].map((attempt) => delayBefore(attempt, 0.5))).toEqual([0.3, 0.6, 1.2, 2.4, 4.8, 5, 5]);
});

test('waits are scattered by a quarter either way', () => {
  expect(delayBefore(50, 0)).toBeCloseTo(3.75);
  expect(delayBefore(50, 1)).toBeCloseTo(6.25);
});
