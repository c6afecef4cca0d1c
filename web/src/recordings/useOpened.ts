// The opened recording: out of the list, or asked for where an address names one that the list does not show.

import { useEffect, useState } from 'react';
import type { Recording } from '../api/model';
import { getRecording } from '../api/recordings';

export function useOpened(id: string | null, items: readonly Recording[]): Recording | null {
  const [asked, setAsked] = useState<Recording | null>(null);
  const listed = items.find((item) => item.id === id) ?? null;
  const isMissing = id !== null && listed === null && asked?.id !== id;
  useEffect(() => {
    if (!isMissing) {
      return;
    }
    const leaving = new AbortController();
    // A recording that is gone, or a service that is away, opens nothing; the list says what is wrong.
    getRecording(id, leaving.signal).then(setAsked, () => undefined);
    return () => leaving.abort();
  }, [id, isMissing]);
  return listed ?? (asked?.id === id ? asked : null);
}
