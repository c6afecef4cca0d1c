import { expect, test } from 'vitest';
import { nextSpeed, orderOf } from './playerKeys';

const press = (key: string, held: Partial<Parameters<typeof orderOf>[0]> = {}) =>
  orderOf({ key, altKey: false, ctrlKey: false, metaKey: false, ...held });

test.each([
  [' ', 'toggle'],
  ['ArrowLeft', 'back'],
  ['ArrowRight', 'forward'],
  ['[', 'slower'],
  [']', 'faster'],
  ['n', 'next'],
  ['P', 'previous'],
  ['x', null],
  ['Enter', null],
] as const)('%s asks for %s', (key, order) => {
  expect(press(key)).toBe(order);
});

test("the browser's own combinations are left to it", () => {
  expect(press('ArrowLeft', { altKey: true })).toBeNull();
  expect(press('p', { ctrlKey: true })).toBeNull();
});

test('speeds go step by step and stay at the ends', () => {
  expect(nextSpeed(1, 'faster')).toBe(1.25);
  expect(nextSpeed(1, 'slower')).toBe(0.75);
  expect(nextSpeed(2, 'faster')).toBe(2);
  expect(nextSpeed(0.75, 'slower')).toBe(0.75);
});
