// Tells the centre's time and pause reasons to everything on a page.

import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import { type Centre, getCentre, type PauseReason } from '../api/centre';
import type { Texts } from '../api/model';
import { clockIn } from '../time/duration';

/** What holds where the service does not tell: the browser's own time zone, and the reasons most centres have. */
const UNTOLD: Centre = {
  time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  pause_reasons: [
    { name: 'lunch', label: { 'zh-CN': '午餐', en: 'Lunch' }, counts_as: 'absence' },
    { name: 'break', label: { 'zh-CN': '小休', en: 'Break' }, counts_as: 'absence' },
    { name: 'training', label: { 'zh-CN': '培训', en: 'Training' }, counts_as: 'work' },
    { name: 'meeting', label: { 'zh-CN': '会议', en: 'Meeting' }, counts_as: 'work' },
  ],
  skills: {},
};

interface CentreInUse {
  readonly timeZone: string;
  /** A Unix time as the site's clocks show it: `14:03:12`. */
  readonly timeOfDay: (unix: number) => string;
  readonly pauseReasons: readonly PauseReason[];
  readonly skills: Readonly<Record<string, Texts>>;
}

const inUse = (centre: Centre): CentreInUse => ({
  timeZone: centre.time_zone,
  timeOfDay: clockIn(centre.time_zone),
  pauseReasons: centre.pause_reasons,
  skills: centre.skills,
});

const CentreContext = createContext(inUse(UNTOLD));
export const useCentre = () => useContext(CentreContext);

interface CentreProviderProps {
  /** Asks anew where this changes (another run of the service may have another configuration); null does not ask yet. */
  readonly occasion: string | null;
  readonly children: ReactNode;
}

export function CentreProvider({ occasion, children }: CentreProviderProps) {
  const [centre, setCentre] = useState(UNTOLD);
  useEffect(() => {
    if (occasion === null) {
      return;
    }
    const leaving = new AbortController();
    // Without an answer what was known before holds on.
    getCentre(leaving.signal).then(setCentre, () => undefined);
    return () => leaving.abort();
  }, [occasion]);
  const value = useMemo(() => inUse(centre), [centre]);
  return <CentreContext value={value}>{children}</CentreContext>;
}
