// The keys of the recordings page.

export type PlayerOrder = 'toggle' | 'back' | 'forward' | 'slower' | 'faster';
export type WayOrder = 'next' | 'previous';

export const STEP_S = 5;
export const SPEEDS = [0.75, 1, 1.25, 1.5, 2] as const;
export type Speed = (typeof SPEEDS)[number];

const ORDERS: Readonly<Record<string, PlayerOrder | WayOrder>> = {
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

/** What a key asks of the player, or of the way from one recording to the next; null for the browser's own combinations and for all other keys. */
export function orderOf({ key, altKey, ctrlKey, metaKey }: KeyPress): PlayerOrder | WayOrder | null {
  return altKey || ctrlKey || metaKey ? null : (ORDERS[key.length === 1 ? key.toLowerCase() : key] ?? null);
}

/** Keys belong to whoever types or has a control in hand. */
export function takesKeys(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('input, textarea, select, button, a, [role="combobox"]') !== null;
}

/** The next slower or faster speed; at the ends it stays. */
export function nextSpeed(speed: Speed, order: 'slower' | 'faster'): Speed {
  const index = SPEEDS.indexOf(speed) + (order === 'faster' ? 1 : -1);
  return SPEEDS[index] ?? speed;
}
