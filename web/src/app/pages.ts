// Which page an address shows, and how to get from one to another without loading anew.

import { useSyncExternalStore } from 'react';

export const PAGES = { board: '/', recordings: '/recordings' } as const;
export type PageName = keyof typeof PAGES;

/** The page of a path; what is no other page's path is the board. Pure. */
export function pageAt(path: string): PageName {
  return path.replace(/\/+$/, '') === PAGES.recordings ? 'recordings' : 'board';
}

const MOVED = 'popstate';

function subscribe(reader: () => void): () => void {
  window.addEventListener(MOVED, reader);
  return () => window.removeEventListener(MOVED, reader);
}

export const usePage = () => useSyncExternalStore(subscribe, () => pageAt(window.location.pathname));

export function goTo(address: string): void {
  window.history.pushState(null, '', address);
  window.dispatchEvent(new PopStateEvent(MOVED));
}
