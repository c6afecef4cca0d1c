// The catalogue of recordings.

import { ask } from './http';
import type { Page, Peaks, Recording, Sample } from './model';

const PATH = '/api/v1/recordings';

export function listRecordings(parameters: URLSearchParams, cursor: string | null, signal: AbortSignal) {
  const query = new URLSearchParams(parameters);
  if (cursor !== null) {
    query.set('cursor', cursor);
  }
  return ask<Page<Recording>>('GET', query.size === 0 ? PATH : `${PATH}?${query}`, undefined, signal);
}

export const getRecording = (id: string, signal: AbortSignal) =>
  ask<Recording>('GET', `${PATH}/${encodeURIComponent(id)}`, undefined, signal);

export const drawSample = (request: object, signal: AbortSignal) =>
  ask<Sample>('POST', `${PATH}/samples`, request, signal);

export const getPeaks = (id: string, signal: AbortSignal) =>
  ask<Peaks>('GET', `${PATH}/${encodeURIComponent(id)}/peaks`, undefined, signal);

export const audioAddress = (id: string) => `${PATH}/${encodeURIComponent(id)}/audio`;

export const faxAddress = (id: string, kind: 'pdf' | 'tiff') => `${PATH}/${encodeURIComponent(id)}/${kind}`;
