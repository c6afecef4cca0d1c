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

const DAY_S = 86_400;

/** When something comes, seen from now: `09:00` today, `Mon 09:00` within six days, `Oct 8, 09:00` later. */
export function whenIn(timeZone: string, language: string): (unix: number, now: number) => string {
  const clock = { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  const day = new Intl.DateTimeFormat('en', { timeZone, dateStyle: 'short' });
  const today = new Intl.DateTimeFormat(language, clock);
  const soon = new Intl.DateTimeFormat(language, { ...clock, weekday: 'short' });
  const later = new Intl.DateTimeFormat(language, { ...clock, month: 'short', day: 'numeric' });
  return (unix, now) => {
    const format = day.format(unix * 1000) === day.format(now * 1000) ? today : unix - now < 6 * DAY_S ? soon : later;
    return format.format(unix * 1000);
  };
}
