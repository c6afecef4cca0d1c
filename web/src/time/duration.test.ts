import { expect, test } from 'vitest';
import { clockwise } from './duration';

test.each([
  [0, '0:00'],
  [7.9, '0:07'],
  [750, '12:30'],
  [3599.99, '59:59'],
  [11_100, '3:05:00'],
  [90_061, '25:01:01'],
  [-0.4, '0:00'],
])('%s seconds read %s', (seconds, text) => {
  expect(clockwise(seconds)).toBe(text);
});
