// The look in the address, and changing it.

import { useCallback, useMemo, useSyncExternalStore } from 'react';
import { goTo, PAGES } from '../app/pages';
import { type Look, lookOf, queryOf } from './look';

function subscribe(reader: () => void): () => void {
  window.addEventListener('popstate', reader);
  return () => window.removeEventListener('popstate', reader);
}

export function useLook(): [Look, (look: Look) => void] {
  const query = useSyncExternalStore(subscribe, () => window.location.search);
  const look = useMemo(() => lookOf(query), [query]);
  const setLook = useCallback((next: Look) => goTo(PAGES.recordings + queryOf(next)), []);
  return [look, setLook];
}
