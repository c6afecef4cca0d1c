// Figures that count on by the service's clock, drawn anew only when what they show changes.

import { useSyncExternalStore } from 'react';
import { useServerNow } from '../live/browser';
import { clockwise, timeOfDay } from './duration';
import { subscribeToTicks } from './ticker';

/** What `value` makes of the service's clock; draws again only where it makes something else. Answer a string, number or boolean. */
export function useByClock<Value extends string | number | boolean>(value: (now: number) => Value): Value {
  const serverNow = useServerNow();
  return useSyncExternalStore(subscribeToTicks, () => value(serverNow()));
}

/** How long ago `since` was. */
export function Elapsed({ since }: { since: number }) {
  return <>{useByClock((now) => clockwise(now - since))}</>;
}

/** How long it is until `until`. */
export function Remaining({ until }: { until: number }) {
  // Rounded up, so that it shows 0:00 only when the time is over.
  return <>{useByClock((now) => clockwise(Math.ceil(until - now)))}</>;
}

export function TimeNow() {
  return <>{useByClock(timeOfDay)}</>;
}
