// The language a caller speaks, in words.

import type { Say } from './useWords';

const KNOWN = ['zh', 'zh-CN', 'en'] as const;

/** The language's name; a tag that the pages have no word for is shown as it is. */
export function languageInWords(tag: string, say: Say): string {
  const known = KNOWN.find((ours) => ours === tag);
  return known === undefined ? tag : say(`language.${known}`);
}
