import i18next from 'i18next';
import { beforeAll, expect, test } from 'vitest';
import { eventKey } from '../board/eventWords';
import { en } from './en';
import { fitting } from './language';
import { languageInWords } from './spokenLanguage';
import type { Say } from './useWords';
import { zhCN } from './zh-CN';

interface Texts {
  readonly [key: string]: string | Texts;
}

/** Every text of a catalogue with the names it fills in, by its key. */
function placeholders(texts: Texts, path = ''): [string, string[]][] {
  return Object.entries(texts).flatMap(([key, text]): [string, string[]][] =>
    typeof text === 'string'
      ? [[path + key, [...text.matchAll(/{{(\w+)}}/g)].map((found) => found[1] ?? '').sort()]]
      : placeholders(text, `${path}${key}.`),
  );
}

let say: Say;
beforeAll(async () => {
  await i18next.init({ lng: 'en', defaultNS: 'pages', resources: { en: { pages: en } } });
  say = i18next.getFixedT('en', 'pages');
});

test('both languages fill in the same names', () => {
  const english = new Map(placeholders(en));
  for (const [key, names] of placeholders(zhCN)) {
    expect(
      english.get(key)?.filter((name, index, all) => all.indexOf(name) === index),
      key,
    ).toEqual([...new Set(names)]);
  }
});

test.each([
  [['zh-TW', 'en'], 'zh-CN'],
  [['de-DE', 'en-GB'], 'en'],
  [['', 'zh'], 'zh-CN'],
  [['fr'], 'en'],
  [[], 'en'],
])('a browser that wants %j gets %s', (wanted, language) => {
  expect(fitting(wanted)).toBe(language);
});

test('known languages are said in words, others as the installation wrote them', () => {
  expect(languageInWords('chinese', say)).toBe('Chinese');
  expect(languageInWords('zh-CN', say)).toBe('Chinese');
  expect(languageInWords('cantonese', say)).toBe('cantonese');
});

test("events of the engine have words, unknown ones and the list's own texts have not", () => {
  expect(eventKey('Queued')).toBe('event.Queued');
  expect(eventKey('Teleported')).toBeNull();
  expect(eventKey('title')).toBeNull();
});
