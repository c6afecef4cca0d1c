import { expect, test } from 'vitest';
import { type Look, lookOf, queryOf, searchParameters, withFilter } from './look';

const FULL: Look = {
  search: {
    ...{ queue: 'sales', agent: '1001', skill: 'english', ended_by: 'agent' },
    ...{ min_wait_s: 5, from: 1_700_000_000, to: 1_700_086_400 },
  },
  draw: { per_agent: 2, seed: 7 },
  opened: 'node1-1700000000.12-1',
};

test('what an address asks for comes back as the same address', () => {
  expect(lookOf(queryOf(FULL))).toEqual(FULL);
});

test('the plain list has a plain address', () => {
  const plain: Look = { search: {}, draw: null, opened: null };
  expect(queryOf(plain)).toBe('');
  expect(lookOf('')).toEqual(plain);
});

test('what does not fit is left out', () => {
  const look = lookOf('?ended_by=ghost&min_wait_s=long&from=-1&queue=&per_agent=0&seed=7');
  expect(look).toEqual({ search: {}, draw: null, opened: null });
});

test('a seed of nought is a seed', () => {
  expect(lookOf('?per_agent=1&seed=0').draw).toEqual({ per_agent: 1, seed: 0 });
});

test('a filter is set and taken away', () => {
  const chosen = withFilter({}, 'queue', 'sales');
  expect(chosen).toEqual({ queue: 'sales' });
  expect(withFilter(chosen, 'queue', undefined)).toEqual({});
});

test('the API is asked in its own names', () => {
  expect(searchParameters({ queue: '销售', min_wait_s: 2.5 }).toString()).toBe(
    'queue=%E9%94%80%E5%94%AE&min_wait_s=2.5',
  );
});
