// How long to wait before the next attempt: doubling, capped, and scattered so that many boards do not come at once. Pure.

const FIRST_S = 0.3;
const LONGEST_S = 5;
const SCATTER = 0.25;

/** Seconds before attempt number `attempt` (from 0); `chance` is a random number of 0 to 1. */
export function delayBefore(attempt: number, chance: number): number {
  const plain = Math.min(FIRST_S * 2 ** attempt, LONGEST_S);
  return plain * (1 - SCATTER + 2 * SCATTER * chance);
}
