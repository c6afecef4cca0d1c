import { expect, test } from 'vitest';
import { problemFrom } from './http';

test('problem JSON gives its title and detail', () => {
  const problem = problemFrom(
    409,
    'Conflict',
    '{"type": "about:blank", "title": "Illegal move", "detail": "1001 is signed out"}',
  );
  expect([problem.status, problem.message, problem.detail]).toEqual([409, 'Illegal move', '1001 is signed out']);
});

test.each(['<html>502</html>', '', 'null', '[]', '{"title": 7}'])(
  'a body that is no problem still gives the status: %s',
  (body) => {
    const problem = problemFrom(502, 'Bad Gateway', body);
    expect([problem.status, problem.message, problem.detail]).toEqual([502, 'Bad Gateway', '']);
  },
);

test('only 401 asks for the token', () => {
  expect(problemFrom(401, 'Unauthorized', '').asksForToken).toBe(true);
  expect(problemFrom(403, 'Forbidden', '').asksForToken).toBe(false);
});
