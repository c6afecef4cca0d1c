// Which language the pages speak: the one chosen last in this browser, else the browser's own.

import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import type { Language } from '../api/model';
import { en } from './en';
import { zhCN } from './zh-CN';

export const LANGUAGES: readonly Language[] = ['zh-CN', 'en'];
const REMEMBERED_AS = 'switchboard.language';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'pages';
    resources: { pages: typeof en };
  }
}

/** The first of the wanted languages that the pages speak; English where they speak none. Pure. */
export function fitting(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const language = LANGUAGES.find((ours) => tag.toLowerCase().split('-')[0] === ours.split('-')[0]);
    if (language !== undefined) {
      return language;
    }
  }
  return 'en';
}

/** Begin to speak; call it once, before anything is drawn. */
export function beginToSpeak(): void {
  void i18next.use(initReactI18next).init({
    lng: fitting([localStorage.getItem(REMEMBERED_AS) ?? '', ...navigator.languages]),
    defaultNS: 'pages',
    resources: { 'zh-CN': { pages: zhCN }, en: { pages: en } },
    // React escapes what it draws.
    interpolation: { escapeValue: false },
  });
  document.documentElement.lang = i18next.language;
}

export function speak(language: Language): void {
  localStorage.setItem(REMEMBERED_AS, language);
  document.documentElement.lang = language;
  void i18next.changeLanguage(language);
}
