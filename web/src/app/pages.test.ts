import { expect, test } from 'vitest';
import { pageAt } from './pages';

test.each([
  ['/', 'board'],
  ['/recordings', 'recordings'],
  ['/recordings/', 'recordings'],
  ['/elsewhere', 'board'],
])('%s shows the %s page', (path, page) => {
  expect(pageAt(path)).toBe(page);
});
