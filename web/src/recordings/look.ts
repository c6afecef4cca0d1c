// What the recordings page looks at: filters, a sample, an opened recording. All of it stands in the address, so that a
// page can be kept, sent to a colleague, or gone back to. Pure.

import { ENDED_BY, type EndedBy } from '../api/model';

/** All that is given must hold. Times are Unix seconds: from `from`, before `to`. */
export interface Search {
  readonly queue?: string;
  readonly agent?: string;
  readonly skill?: string;
  readonly ended_by?: EndedBy;
  readonly min_wait_s?: number;
  readonly from?: number;
  readonly to?: number;
}

export interface Draw {
  readonly per_agent: number;
  /** The same seed and search draw the same recordings. */
  readonly seed: number;
}

export interface Look {
  readonly search: Search;
  /** Null: the list, not a sample. */
  readonly draw: Draw | null;
  /** The id of the opened recording. */
  readonly opened: string | null;
}

/** The look an address's query asks for; what does not fit is left out, for somebody may have typed it. */
export function lookOf(query: string): Look {
  const given = new URLSearchParams(query);
  const endedBy = ENDED_BY.find((word) => word === given.get('ended_by'));
  const perAgent = number(given, 'per_agent');
  const seed = number(given, 'seed');
  const search = withoutGaps({
    queue: text(given, 'queue'),
    agent: text(given, 'agent'),
    skill: text(given, 'skill'),
    ended_by: endedBy,
    min_wait_s: number(given, 'min_wait_s'),
    from: number(given, 'from'),
    to: number(given, 'to'),
  });
  const isDraw = perAgent !== undefined && perAgent >= 1 && Number.isInteger(perAgent) && Number.isInteger(seed);
  return {
    search,
    draw: isDraw ? { per_agent: perAgent, seed: seed as number } : null,
    opened: text(given, 'recording') ?? null,
  };
}

/** The query that asks for a look; empty for the plain list. */
export function queryOf(look: Look): string {
  const query = searchParameters(look.search);
  if (look.draw !== null) {
    query.set('per_agent', String(look.draw.per_agent));
    query.set('seed', String(look.draw.seed));
  }
  if (look.opened !== null) {
    query.set('recording', look.opened);
  }
  return query.size === 0 ? '' : `?${query}`;
}

/** A search as the API's parameters. */
export function searchParameters(search: Search): URLSearchParams {
  return new URLSearchParams(Object.entries(search).map(([name, value]) => [name, String(value)]));
}

/** The search with one filter set, or taken away where `value` is undefined. */
export function withFilter<Name extends keyof Search>(
  search: Search,
  name: Name,
  value: Search[Name] | undefined,
): Search {
  return withoutGaps({ ...search, [name]: value });
}

type Gapped<Whole> = { readonly [Name in keyof Whole]?: Whole[Name] | undefined };

function withoutGaps(search: Gapped<Search>): Search {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined)) as Search;
}

function text(given: URLSearchParams, name: string): string | undefined {
  return given.get(name) || undefined;
}

function number(given: URLSearchParams, name: string): number | undefined {
  const value = given.get(name);
  return value === null || value.trim() === '' || !Number.isFinite(Number(value)) || Number(value) < 0
    ? undefined
    : Number(value);
}
