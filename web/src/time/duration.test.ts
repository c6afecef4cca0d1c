import { expect, test } from 'vitest';
import { clockIn, clockwise, whenIn } from './duration';

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

test("a time of day is the site's, wherever the page is looked at", () => {
  expect(clockIn('Asia/Shanghai')(1_700_000_000.9)).toBe('06:13:20');
  expect(clockIn('Europe/Berlin')(1_700_000_000)).toBe('23:13:20');
  expect(clockIn('UTC')(1_700_006_400)).toBe('00:00:00');
});

test('when something comes is told by the hour today, by the weekday this week, by the date later', () => {
  const noon = 1_700_020_800; // Wednesday, 15 November 2023 in Shanghai
  const when = whenIn('Asia/Shanghai', 'en');
  expect(when(noon + 3600, noon)).toBe('13:00');
  expect(when(noon + 21 * 3600, noon)).toBe('Thu 09:00');
  expect(when(noon + 10 * 86_400, noon)).toBe('Nov 25, 12:00');
  expect(whenIn('Asia/Shanghai', 'zh-CN')(noon + 21 * 3600, noon)).toBe('周四09:00');
  expect(whenIn('UTC', 'en')(noon + 21 * 3600, noon)).toBe('Thu 01:00');
});
