// Words inside a component.

import type { ParseKeys, TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import type { Language, Texts } from '../api/model';

export type Say = TFunction<'pages'>;
export type Key = ParseKeys<'pages'>;

export interface Spoken {
  readonly say: Say;
  readonly language: Language;
  /** The service's own text in the page's language. */
  readonly inLanguage: (texts: Texts) => string;
}

export function useWords(): Spoken {
  const { t, i18n } = useTranslation('pages');
  const language = i18n.language as Language;
  return { say: t, language, inLanguage: (texts) => texts[language] };
}
