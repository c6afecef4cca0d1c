// What went wrong, in words a supervisor can use.

import { ApiProblem } from '../api/http';
import type { Say } from '../words/useWords';

/** The service's own explanation where it gave one. */
export function problemInWords(problem: unknown, say: Say): string {
  if (!(problem instanceof ApiProblem)) {
    return String(problem);
  }
  if (problem.unreachable) {
    return say('problem.unreachable');
  }
  return problem.detail || problem.message || say('problem.status', { status: problem.status });
}
