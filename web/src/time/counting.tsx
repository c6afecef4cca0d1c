// Figures that count on by the service's clock, drawn anew only when what they show changes.

import { type ReactNode, useSyncExternalStore } from 'react';
import { useCentre } from '../app/CentreProvider';
import { ServerNow, useServerNow } from '../live/browser';
import { clockwise } from './duration';
import { subscribeToTicks } from './ticker';

/** What `value` makes of the service's clock; draws again only where it makes something else. Answer a string, number or boolean. */
export function useByClock<Value extends string | number | boolean>(value: (now: number) => Value): Value {
  const serverNow = useServerNow();
  return useSyncExternalStore(subscribeToTicks, () => value(serverNow()));
}

/** How long ago `since` was. All figures turn at the service's full second, so that a board of hundreds turns as one. */
export function Elapsed({ since }: { since: number }) {
  return <>{useByClock((now) => clockwise(Math.floor(now) - Math.floor(since)))}</>;
}

/** How long it is until `until`. */
export function Remaining({ until }: { until: number }) {
  // Rounded up, so that it shows 0:00 only when the time is over.
  return <>{useByClock((now) => clockwise(Math.ceil(until) - Math.floor(now)))}</>;
}

/** What is inside counts on only up to `unknownSince`, for nothing is known of later; null lets it count on. */
export function CountsUntil({ unknownSince, children }: { unknownSince: number | null; children: ReactNode }) {
  const serverNow = useServerNow();
  return <ServerNow value={unknownSince === null ? serverNow : () => unknownSince}>{children}</ServerNow>;
}

export function TimeNow() {
  const { timeOfDay } = useCentre();
  return <>{useByClock(timeOfDay)}</>;
}
