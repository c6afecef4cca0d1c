// Reasons for a pause, or for not responding, in words. A reason the pages have no word for is shown as the installation wrote it.

import type { Say } from '../words/useWords';

const KNOWN = [
  'break',
  'lunch',
  'training',
  'meeting',
  'sign_in',
  'no_answer',
  'busy',
  'unreachable',
  'refused',
  'error',
] as const;

/** The reasons a supervisor is offered; any other can be typed. */
export const OFFERED_REASONS = ['break', 'lunch', 'training', 'meeting'] as const;

export function reasonInWords(reason: string, say: Say): string {
  const known = KNOWN.find((word) => word === reason);
  return known === undefined ? reason : say(`reason.${known}`);
}
