// The centre as a whole: what pages need to know of the configuration.

import { ask } from './http';
import type { Texts } from './model';

export interface PauseReason {
  /** As it goes into actions, events and reports. */
  readonly name: string;
  readonly label: Texts;
  /** What figures take such a pause for. */
  readonly counts_as: 'absence' | 'work';
}

export interface Centre {
  /** The site's time zone (`Asia/Shanghai`): days begin at its midnight, and times of day are told in it. */
  readonly time_zone: string;
  readonly pause_reasons: readonly PauseReason[];
  /** What people call skills; the others go by their names. */
  readonly skills: Readonly<Record<string, Texts>>;
}

export const getCentre = (signal: AbortSignal) => ask<Centre>('GET', '/api/v1/centre', undefined, signal);
