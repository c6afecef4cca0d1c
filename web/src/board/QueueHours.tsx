// Whether a queue is open by its calendar, and when that changes.

import { useMemo } from 'react';
import type { Hours } from '../api/model';
import { useCentre } from '../app/CentreProvider';
import { useByClock } from '../time/counting';
import { whenIn } from '../time/duration';
import { useWords } from '../words/useWords';

const WEEK_S = 604_800;

export function QueueHours({ hours }: { hours: Hours }) {
  const { say, inLanguage, language } = useWords();
  const { timeZone } = useCentre();
  const when = useMemo(() => whenIn(timeZone, language), [timeZone, language]);
  const isOpen = hours.opening === 'open';
  const next = isOpen ? hours.until : hours.opens_at;
  // Who is open for a week on end is always open, as far as the service has looked.
  const time = useByClock((now) => (next === null || (isOpen && next - now > WEEK_S) ? '' : when(next, now)));
  const holiday = hours.holiday === null ? '' : inLanguage(hours.holiday);
  const key = time === '' || hours.opening === 'emergency' ? hours.opening : (`${hours.opening}_until` as const);
  return (
    <small
      className="hours"
      data-opening={hours.opening}
      title={say('queue.hours.calendar', { calendar: hours.calendar })}
    >
      {say(`queue.hours.${key}`, { holiday, time })}
      {hours.reason === '' ? null : ` – ${hours.reason}`}
    </small>
  );
}
