// The live stream: keeps a WebSocket to the service, watches it, and says the moment it can no longer be trusted.

import { delayBefore } from './backoff';
import { type Board, type Break, receive } from './board';
import { readMessage } from './message';
import { heard, offset, type ServerClock, UNKNOWN_CLOCK } from './serverClock';

/** Beats come every 2 s: after three missed ones the stream has stopped, whatever the socket says. */
export const SILENCE_S = 6;
/** A stream that held this long was sound: the next interruption starts with short waits again. */
const SOUND_AFTER_S = 10;

export type StopReason = Break | 'closed' | 'silence' | 'unreadable';

export type StreamState =
  /** Nothing was heard yet. */
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** What the board shows is of `unknownSince` (the service's clock; null: nothing was ever known). */
  | {
      readonly kind: 'stopped';
      readonly why: StopReason;
      readonly unknownSince: number | null;
      /** When the next attempt is made, on the page's clock; null while one is under way. */
      readonly retryAt: number | null;
    }
  | { readonly kind: 'token-needed' };

export interface LiveState {
  readonly board: Board | null;
  readonly stream: StreamState;
}

/** What the stream needs of the world. */
export interface Surroundings {
  /** Open a WebSocket; the answer closes it, after which neither `hear` nor `gone` is called. */
  connect(hear: (data: unknown) => void, gone: () => void): () => void;
  /** Seconds on a clock that never jumps. */
  now(): number;
  /** Run `work` after `seconds`; the answer cancels it. */
  later(seconds: number, work: () => void): () => void;
  chance(): number;
  asksForToken(): Promise<boolean>;
}

export class LiveStream {
  private readonly world: Surroundings;
  private readonly readers = new Set<() => void>();
  private state: LiveState = { board: null, stream: { kind: 'connecting' } };
  private clock: ServerClock = UNKNOWN_CLOCK;
  private disconnect: () => void = () => {};
  private cancelTimer: () => void = () => {};
  private attempt = 0;
  private liveSince: number | null = null;

  constructor(world: Surroundings) {
    this.world = world;
  }

  // Handed to useSyncExternalStore, which calls them without `this`.
  readonly subscribe = (reader: () => void): (() => void) => {
    this.readers.add(reader);
    return () => this.readers.delete(reader);
  };
  readonly read = (): LiveState => this.state;

  /** The service's clock in Unix seconds; it stands still while the stream is stopped, because nothing is known of later. */
  readonly serverNow = (): number => {
    const { board, stream } = this.state;
    return stream.kind === 'live' || board === null ? this.world.now() + offset(this.clock) : board.at;
  };

  /** Connect, now: at the start, and when somebody does not want to wait for the next attempt. */
  readonly connect = (): void => {
    this.letGo();
    this.disconnect = this.world.connect(
      (data) => this.hear(data),
      () => this.stop('closed'),
    );
    const { stream } = this.state;
    if (stream.kind === 'stopped') {
      this.become({ board: this.state.board, stream: { ...stream, retryAt: null } });
    } else if (stream.kind === 'token-needed') {
      this.become({ board: this.state.board, stream: { kind: 'connecting' } });
    }
    this.watchForSilence();
  };

  /** Connect at once where an attempt is being waited for: the network or the page came back. */
  readonly hurry = (): void => {
    const { stream } = this.state;
    if (stream.kind === 'stopped' && stream.retryAt !== null) {
      this.connect();
    }
  };

  readonly close = (): void => this.letGo();

  private hear(data: unknown): void {
    const message = typeof data === 'string' ? readMessage(data) : null;
    if (message === null) {
      this.stop('unreadable');
      return;
    }
    const board = receive(this.state.board, message);
    if (typeof board === 'string') {
      this.stop(board);
      return;
    }
    const now = this.world.now();
    this.clock = heard(this.clock, message.at, now);
    this.liveSince ??= now;
    this.watchForSilence();
    this.become({ board, stream: this.state.stream.kind === 'live' ? this.state.stream : { kind: 'live' } });
  }

  private watchForSilence(): void {
    this.cancelTimer();
    this.cancelTimer = this.world.later(SILENCE_S, () => this.stop('silence'));
  }

  private stop(why: StopReason): void {
    this.letGo();
    const now = this.world.now();
    if (this.liveSince !== null && now - this.liveSince >= SOUND_AFTER_S) {
      this.attempt = 0;
    }
    this.liveSince = null;
    const wait = delayBefore(this.attempt, this.world.chance());
    this.attempt += 1;
    const { board, stream } = this.state;
    this.become({
      board,
      stream: {
        kind: 'stopped',
        // The first reason is the telling one: the attempts that follow can only say that they failed.
        why: stream.kind === 'stopped' ? stream.why : why,
        unknownSince: board?.at ?? null,
        retryAt: now + wait,
      },
    });
    this.cancelTimer = this.world.later(wait, this.connect);
    void this.askWhetherATokenIsMissing();
  }

  /** A refused WebSocket does not say why, so the API is asked. */
  private async askWhetherATokenIsMissing(): Promise<void> {
    if ((await this.world.asksForToken()) && this.state.stream.kind === 'stopped') {
      this.letGo();
      this.become({ board: this.state.board, stream: { kind: 'token-needed' } });
    }
  }

  private letGo(): void {
    this.cancelTimer();
    this.cancelTimer = () => {};
    this.disconnect();
    this.disconnect = () => {};
  }

  private become(state: LiveState): void {
    this.state = state;
    for (const reader of this.readers) {
      reader();
    }
  }
}
