// The recordings a look finds: page by page for the list, all at once for a sample.

import { useEffect, useState } from 'react';
import type { Recording } from '../api/model';
import { drawSample, listRecordings } from '../api/recordings';
import { type Draw, type Search, searchParameters } from './look';

export type Found =
  | { readonly kind: 'looking' }
  | {
      readonly kind: 'found';
      readonly items: readonly Recording[];
      /** Where the list goes on; null at its end. */
      readonly next: string | null;
      /** How many a sample was drawn from; null for the list. */
      readonly drawnFrom: number | null;
    }
  | { readonly kind: 'failed'; readonly problem: unknown };

interface Finding {
  readonly found: Found;
  /** Look again, from the start. */
  readonly again: () => void;
  /** Show the list's next page too. */
  readonly more: () => void;
}

const notAborted = (signal: AbortSignal) => (problem: unknown) => {
  if (!signal.aborted) {
    throw problem;
  }
};

export function useFound(search: Search, draw: Draw | null): Finding {
  const [found, setFound] = useState<Found>({ kind: 'looking' });
  const [attempt, setAttempt] = useState(0);
  const [cursor, setCursor] = useState<string | null>(null);
  // As text, so that the same filters are the same question, however often they are written anew.
  const asked = JSON.stringify(search);
  const perAgent = draw?.per_agent;
  const seed = draw?.seed;

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt asks the same again
  useEffect(() => {
    const leaving = new AbortController();
    const search = JSON.parse(asked) as Search;
    setFound({ kind: 'looking' });
    setCursor(null);
    const answer: Promise<Found> =
      perAgent === undefined || seed === undefined
        ? listRecordings(searchParameters(search), null, leaving.signal).then((page) => ({
            kind: 'found',
            ...page,
            drawnFrom: null,
          }))
        : drawSample({ ...search, per_agent: perAgent, seed }, leaving.signal).then((sample) => ({
            kind: 'found',
            items: sample.items,
            next: null,
            drawnFrom: sample.drawn_from,
          }));
    answer
      .then((found) => {
        if (!leaving.signal.aborted) {
          setFound(found);
        }
      })
      .catch(notAborted(leaving.signal))
      .catch((problem: unknown) => setFound({ kind: 'failed', problem }));
    return () => leaving.abort();
  }, [asked, perAgent, seed, attempt]);

  useEffect(() => {
    if (cursor === null) {
      return;
    }
    const leaving = new AbortController();
    listRecordings(searchParameters(JSON.parse(asked) as Search), cursor, leaving.signal)
      .then(({ items, next }) =>
        setFound((before) =>
          before.kind === 'found' ? { ...before, items: [...before.items, ...items], next } : before,
        ),
      )
      .catch(notAborted(leaving.signal))
      .catch((problem: unknown) => setFound({ kind: 'failed', problem }));
    return () => leaving.abort();
  }, [asked, cursor]);

  return {
    found,
    again: () => setAttempt(attempt + 1),
    more: () => setCursor(found.kind === 'found' ? found.next : null),
  };
}
