// One door to the API: JSON in and out, and every failure an ApiProblem that says in words what went wrong.

/** What the service refused, as problem JSON (RFC 9457), or why it could not be asked (`status` 0). */
export class ApiProblem extends Error {
  readonly status: number;
  readonly detail: string;

  constructor(status: number, title: string, detail: string) {
    super(title);
    this.name = 'ApiProblem';
    this.status = status;
    this.detail = detail;
  }

  /** The service asks for the access token. */
  get asksForToken(): boolean {
    return this.status === 401;
  }

  /** The service did not answer at all. */
  get unreachable(): boolean {
    return this.status === 0;
  }
}

/** Read a refusal's body; a body that is no problem JSON (a proxy's page, say) still gives its status. */
export function problemFrom(status: number, statusText: string, body: string): ApiProblem {
  try {
    const problem: unknown = JSON.parse(body);
    if (typeof problem === 'object' && problem !== null) {
      const { title, detail } = problem as { title?: unknown; detail?: unknown };
      return new ApiProblem(
        status,
        typeof title === 'string' ? title : statusText,
        typeof detail === 'string' ? detail : '',
      );
    }
  } catch {
    // not JSON: the status must do
  }
  return new ApiProblem(status, statusText, '');
}

/** Ask the service; answers the body as `Answer`. Raises ApiProblem; an aborted request raises the browser's AbortError. */
export async function ask<Answer>(method: 'GET' | 'POST', path: string, body?: unknown, signal?: AbortSignal) {
  let answer: Response;
  try {
    answer = await fetch(path, {
      method,
      credentials: 'same-origin',
      headers: body === undefined ? { Accept: 'application/json' } : { 'Content-Type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ?? null,
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') {
      throw error;
    }
    throw new ApiProblem(0, 'no answer', '');
  }
  const text = await answer.text();
  if (!answer.ok) {
    throw problemFrom(answer.status, answer.statusText, text);
  }
  return (text === '' ? null : JSON.parse(text)) as Answer;
}
