// The service's clock, seen from a page whose own clock may be wrong. Pure.
//
// A message sent at `at` arrives a little later, so `at - local` is at most the true offset: the largest of the recent
// samples is the nearest to it. Old samples are let go, because two clocks drift.

/** One message: the service's clock when it was sent, and the page's when it came, both in seconds. */
interface Sample {
  readonly local: number;
  readonly offset: number;
}

export interface ServerClock {
  readonly samples: readonly Sample[];
}

/** How long a sample counts. */
const SAMPLE_LIFE_S = 60;
/** An offset that falls by more than this is a clock that was set, not a slow network. */
const CLOCK_WAS_SET_S = 5;

export const UNKNOWN_CLOCK: ServerClock = { samples: [] };

/** The clock after a message sent at `at` (the service's clock) came at `local` (the page's). */
export function heard(clock: ServerClock, at: number, local: number): ServerClock {
  const sample = { local, offset: at - local };
  if (offset(clock) - sample.offset > CLOCK_WAS_SET_S) {
    return { samples: [sample] };
  }
  // Only samples that may one day be the largest are kept: offsets fall from first to last.
  const kept = clock.samples.filter((old) => old.offset > sample.offset && local - old.local < SAMPLE_LIFE_S);
  return { samples: [...kept, sample] };
}

/** What to add to the page's clock; 0 while nothing was heard. */
export function offset(clock: ServerClock): number {
  return clock.samples[0]?.offset ?? 0;
}
