// The language a caller speaks, in words. Installations name languages by word (`chinese`, as skills are) or by tag (`zh`).

import type { Say } from './useWords';

const KNOWN = { chinese: 'chinese', zh: 'chinese', 'zh-cn': 'chinese', english: 'english', en: 'english' } as const;

/** The language's name; what the pages have no word for is shown as the installation wrote it. */
export function languageInWords(spoken: string, say: Say): string {
  const known = Object.entries(KNOWN).find(([name]) => name === spoken.toLowerCase())?.[1];
  return known === undefined ? spoken : say(`language.${known}`);
}
