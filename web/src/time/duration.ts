// Durations and times of day as a board shows them. Pure.

const MINUTE_S = 60;
const HOUR_S = 3600;

/** Seconds as `0:07`, `12:30` or `3:05:00`; what has not begun yet by the clocks' small differences is `0:00`. */
export function clockwise(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (part: number) => String(part).padStart(2, '0');
  const minutes = Math.floor((whole % HOUR_S) / MINUTE_S);
  const rest = two(whole % MINUTE_S);
  return whole < HOUR_S ? `${minutes}:${rest}` : `${Math.floor(whole / HOUR_S)}:${two(minutes)}:${rest}`;
}

/** How clocks in a time zone show a Unix time: `14:03:12`. */
export function clockIn(timeZone: string): (unix: number) => string {
  const two = '2-digit';
  const clock = new Intl.DateTimeFormat('en', { timeZone, hour: two, minute: two, second: two, hourCycle: 'h23' });
  return (unix) => clock.format(unix * 1000);
}
