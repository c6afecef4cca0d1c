// Which recordings were heard to their end, for as long as this tab lives: a sample is often worked through with reloads.

import { useCallback, useState } from 'react';

const KEPT_AS = 'switchboard.heard';

function kept(): ReadonlySet<string> {
  return new Set(sessionStorage.getItem(KEPT_AS)?.split('\n') ?? []);
}

export function useHeard(): { heard: ReadonlySet<string>; markHeard: (id: string) => void } {
  const [heard, setHeard] = useState(kept);
  const markHeard = useCallback((id: string) => {
    const more = new Set([...kept(), id]);
    sessionStorage.setItem(KEPT_AS, [...more].join('\n'));
    setHeard(more);
  }, []);
  return { heard, markHeard };
}
