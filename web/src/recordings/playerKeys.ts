// The player's keys. Pure.

export type PlayerOrder = 'toggle' | 'back' | 'forward' | 'slower' | 'faster' | 'next' | 'previous';

export const STEP_S = 5;
export const SPEEDS = [0.75, 1, 1.25, 1.5, 2] as const;
export type Speed = (typeof SPEEDS)[number];

const ORDERS: Readonly<Record<string, PlayerOrder>> = {
  ' ': 'toggle',
  ArrowLeft: 'back',
  ArrowRight: 'forward',
  '[': 'slower',
  ']': 'faster',
  n: 'next',
  p: 'previous',
};

interface KeyPress {
  readonly key: string;
  readonly altKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
}

/** What a key asks of the player; null for the browser's own combinations and for all other keys. */
export function orderOf({ key, altKey, ctrlKey, metaKey }: KeyPress): PlayerOrder | null {
  return altKey || ctrlKey || metaKey ? null : (ORDERS[key.length === 1 ? key.toLowerCase() : key] ?? null);
}

/** The next slower or faster speed; at the ends it stays. */
export function nextSpeed(speed: Speed, order: 'slower' | 'faster'): Speed {
  const index = SPEEDS.indexOf(speed) + (order === 'faster' ? 1 : -1);
  return SPEEDS[index] ?? speed;
}
