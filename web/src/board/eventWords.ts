// Which words an event of the engine has. Pure.

import { en } from '../words/en';

type EventKey = `event.${Exclude<keyof typeof en.event, 'title' | 'none' | 'interruption' | 'agent_now'>}`;

/** The words for an event; null for a kind that these pages do not know yet. */
export function eventKey(kind: string): EventKey | null {
  const known = kind in en.event && /^[A-Z]/.test(kind);
  return known ? (`event.${kind}` as EventKey) : null;
}
