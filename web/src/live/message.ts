// What comes over the WebSocket: a numbered snapshot, then numbered deltas, and beats while nothing changes.

import type { Agent, Call, Links, LiveEvent, Queue } from '../api/model';

interface Numbered {
  readonly seq: number;
  /** The service's clock when it was sent, Unix seconds. */
  readonly at: number;
  /** Names the run of the service; deltas and beats may leave it out. */
  readonly run?: string;
}

export interface Snapshot extends Numbered {
  readonly type: 'snapshot';
  readonly run: string;
  readonly queues: readonly Queue[];
  readonly agents: readonly Agent[];
  readonly calls: readonly Call[];
  readonly links: Links;
}

export interface Delta extends Numbered {
  readonly type: 'delta';
  readonly queues?: readonly Queue[];
  readonly agents?: readonly Agent[];
  readonly calls?: readonly Call[];
  readonly gone?: {
    readonly calls?: readonly string[];
    readonly agents?: readonly string[];
    readonly queues?: readonly string[];
  };
  readonly links?: Links | null;
  readonly events?: readonly LiveEvent[];
}

export interface Beat extends Numbered {
  readonly type: 'beat';
}

export type LiveMessage = Snapshot | Delta | Beat;

/** Read one message; null where it is none of ours. The records inside are the service's own and taken as they come. */
export function readMessage(text: string): LiveMessage | null {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof read !== 'object' || read === null) {
    return null;
  }
  const message = read as Partial<Snapshot>;
  if (!Number.isInteger(message.seq) || !Number.isFinite(message.at)) {
    return null;
  }
  switch (message.type as string) {
    case 'snapshot': {
      const lists = [message.queues, message.agents, message.calls];
      return typeof message.run === 'string' && lists.every(Array.isArray) ? (read as Snapshot) : null;
    }
    case 'delta':
      return read as Delta;
    case 'beat':
      return read as Beat;
    default:
      return null;
  }
}
