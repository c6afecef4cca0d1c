import { expect, test } from 'vitest';
import { tokenInFragment } from './session';

test('a token is taken out of the fragment and what else stands there stays', () => {
  expect(tokenInFragment('#token=a%2Bb')).toEqual({ token: 'a+b', rest: '' });
  expect(tokenInFragment('#token=abc&x=1')).toEqual({ token: 'abc', rest: '#x=1' });
});

test('a fragment without a token gives none', () => {
  expect(tokenInFragment('')).toBeNull();
  expect(tokenInFragment('#x=1')).toBeNull();
  expect(tokenInFragment('#token=')).toBeNull();
});
