import { beforeEach, expect, test } from 'vitest';
import { LiveStream, SILENCE_S, type Surroundings } from './stream';

/** A network, a clock and timers of the test's own: time passes only when it says so. */
class World implements Surroundings {
  readonly sockets: { hear: (data: unknown) => void; gone: () => void; closed: boolean }[] = [];
  tokenMissing = false;
  private clock = 10;
  private readonly timers = new Set<{ at: number; work: () => void }>();

  connect(hear: (data: unknown) => void, gone: () => void) {
    const socket = { hear, gone, closed: false };
    this.sockets.push(socket);
    return () => {
      socket.closed = true;
    };
  }
  now = () => this.clock;
  chance = () => 0.5;
  asksForToken = async () => this.tokenMissing;
  later(seconds: number, work: () => void) {
    const timer = { at: this.clock + seconds, work };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  pass(seconds: number) {
    const end = this.clock + seconds;
    for (;;) {
      const next = [...this.timers].sort((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > end) {
        break;
      }
      this.timers.delete(next);
      this.clock = next.at;
      next.work();
    }
    this.clock = end;
  }
  say(message: object) {
    this.sockets.at(-1)?.hear(JSON.stringify(message));
  }
  hangUp() {
    this.sockets.at(-1)?.gone();
  }
}

const up = { up: true, since: 1 };
const snapshot = (seq: number, at: number, run = 'first') => ({
  ...{ type: 'snapshot', run, seq, at, queues: [], agents: [], calls: [] },
  links: { ami: {}, redis: up, mqtt: up },
});
const beat = (seq: number, at: number) => ({ type: 'beat', seq, at });

let world: World;
let stream: LiveStream;

beforeEach(() => {
  world = new World();
  stream = new LiveStream(world);
  stream.connect();
});

test('the first snapshot makes it live', () => {
  expect(stream.read().stream.kind).toBe('connecting');
  world.say(snapshot(1, 1000));
  expect(stream.read().stream).toEqual({ kind: 'live' });
});

test('a closed socket stops it at once, and what is shown is of the last message', () => {
  world.say(snapshot(1, 1000));
  world.pass(2);
  world.say(beat(1, 1002));
  world.hangUp();
  expect(stream.read().stream).toMatchObject({ kind: 'stopped', why: 'closed', unknownSince: 1002 });
  expect(stream.read().board?.seq).toBe(1);
});

test('six seconds of silence stop it, beats keep it', () => {
  world.say(snapshot(1, 1000));
  for (let second = 2; second <= 20; second += 2) {
    world.pass(2);
    world.say(beat(1, 1000 + second));
  }
  expect(stream.read().stream.kind).toBe('live');
  world.pass(SILENCE_S - 0.1);
  expect(stream.read().stream.kind).toBe('live');
  world.pass(0.1);
  expect(stream.read().stream).toMatchObject({ kind: 'stopped', why: 'silence', unknownSince: 1020 });
});

test('a connection that never answers is given up like a silent one', () => {
  world.pass(SILENCE_S);
  expect(stream.read().stream).toMatchObject({ kind: 'stopped', why: 'silence', unknownSince: null });
});

test('a gap stops it, closes the socket and connects again', () => {
  world.say(snapshot(1, 1000));
  world.say(beat(3, 1002));
  expect(stream.read().stream).toMatchObject({ kind: 'stopped', why: 'gap' });
  expect(world.sockets[0]?.closed).toBe(true);
  world.pass(1);
  expect(world.sockets).toHaveLength(2);
  world.say(snapshot(3, 1003));
  expect(stream.read().stream).toEqual({ kind: 'live' });
});

test('what cannot be read stops it', () => {
  world.say({ type: 'snapshot' });
  expect(stream.read().stream).toMatchObject({ kind: 'stopped', why: 'unreadable' });
});

test('attempts come ever more slowly, keep the first reason, and end with the next snapshot', () => {
  world.say(snapshot(1, 1000));
  world.pass(SILENCE_S);
  const attempts: number[] = [];
  for (let attempt = 0; attempt < 6; attempt += 1) {
    const { stream: state } = stream.read();
    const wait = state.kind === 'stopped' && state.retryAt !== null ? state.retryAt - world.now() : Number.NaN;
    attempts.push(Math.round(wait * 10) / 10);
    world.pass(wait + 0.001);
    world.hangUp();
  }
  expect(attempts).toEqual([0.3, 0.6, 1.2, 2.4, 4.8, 5]);
  expect(stream.read().stream).toMatchObject({ kind: 'stopped', why: 'silence', unknownSince: 1000 });
  world.pass(5);
  world.say(snapshot(1, 1040, 'second'));
  expect(stream.read().stream).toEqual({ kind: 'live' });
});

test('after a sound time the waits are short again; a stream that breaks at once keeps them long', () => {
  const waitAfterBreak = () => {
    world.hangUp();
    const { stream: state } = stream.read();
    const wait = state.kind === 'stopped' && state.retryAt !== null ? state.retryAt - world.now() : Number.NaN;
    world.pass(wait + 0.001);
    return Math.round(wait * 10) / 10;
  };
  world.say(snapshot(1, 1000));
  expect(waitAfterBreak()).toBe(0.3);
  world.say(snapshot(1, 1001));
  expect(waitAfterBreak()).toBe(0.6);
  world.say(snapshot(1, 1002));
  for (let second = 2; second <= 12; second += 2) {
    world.pass(2);
    world.say(beat(1, 1002 + second));
  }
  expect(waitAfterBreak()).toBe(0.3);
});

test('the clock counts on by the service while live and stands still while stopped', () => {
  world.say(snapshot(1, 1000));
  world.pass(3);
  expect(stream.serverNow()).toBe(1003);
  world.hangUp();
  world.pass(0.2);
  expect(stream.serverNow()).toBe(1000);
});

test('hurrying connects at once, but only where an attempt is being waited for', () => {
  stream.hurry();
  expect(world.sockets).toHaveLength(1);
  world.hangUp();
  stream.hurry();
  expect(world.sockets).toHaveLength(2);
  stream.hurry();
  expect(world.sockets).toHaveLength(2);
});

test('a service that asks for the token is not tried again until somebody connects', async () => {
  world.tokenMissing = true;
  world.hangUp();
  await Promise.resolve();
  await Promise.resolve();
  expect(stream.read().stream).toEqual({ kind: 'token-needed' });
  world.pass(60);
  expect(world.sockets).toHaveLength(1);
  stream.connect();
  expect(stream.read().stream).toEqual({ kind: 'connecting' });
});

test('a closed stream is silent: no timer and no socket is left', () => {
  world.say(snapshot(1, 1000));
  stream.close();
  expect(world.sockets[0]?.closed).toBe(true);
  world.pass(60);
  expect(world.sockets).toHaveLength(1);
});
