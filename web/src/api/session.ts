// Access: the token is handed in once and kept by the browser as a cookie that scripts cannot read.

import { ApiProblem, ask } from './http';

/** Trade the token for a session; raises ApiProblem where it is wrong. */
export async function openSession(token: string): Promise<void> {
  await ask<unknown>('POST', '/api/v1/session', { token });
}

/** Whether the live state is only given to a signed-in page; a service that is away answers no. */
export async function liveStateAsksForToken(): Promise<boolean> {
  try {
    await ask<unknown>('GET', '/api/v1/queues');
    return false;
  } catch (problem) {
    return problem instanceof ApiProblem && problem.asksForToken;
  }
}

/** The token in an address such as `http://host/recordings#token=abc`, and the address's fragment without it. */
export function tokenInFragment(fragment: string): { token: string; rest: string } | null {
  const parameters = new URLSearchParams(fragment.replace(/^#/, ''));
  const token = parameters.get('token');
  if (token === null || token === '') {
    return null;
  }
  parameters.delete('token');
  const rest = parameters.toString();
  return { token, rest: rest === '' ? '' : `#${rest}` };
}
