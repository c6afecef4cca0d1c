// The live stream in a browser: its real socket, clock and timers.

import { createContext, useContext, useEffect, useState, useSyncExternalStore } from 'react';
import { liveStateAsksForToken } from '../api/session';
import { LiveStream, type Surroundings } from './stream';

export const browser: Surroundings = {
  connect(hear, gone) {
    const address = new URL('/api/v1/live', window.location.href);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(address);
    socket.onmessage = (message) => hear(message.data);
    socket.onclose = gone;
    return () => {
      socket.onmessage = null;
      socket.onclose = null;
      socket.close();
    };
  },
  now: () => performance.now() / 1000,
  later(seconds, work) {
    const timer = window.setTimeout(work, seconds * 1000);
    return () => window.clearTimeout(timer);
  },
  chance: Math.random,
  asksForToken: liveStateAsksForToken,
};

/** A stream that lives as long as the component, and hurries when the network or the page comes back. */
export function useLiveStream(): LiveStream {
  const [stream] = useState(() => new LiveStream(browser));
  useEffect(() => {
    const hurryWhenSeen = () => {
      if (document.visibilityState === 'visible') {
        stream.hurry();
      }
    };
    window.addEventListener('online', stream.hurry);
    document.addEventListener('visibilitychange', hurryWhenSeen);
    stream.connect();
    return () => {
      window.removeEventListener('online', stream.hurry);
      document.removeEventListener('visibilitychange', hurryWhenSeen);
      stream.close();
    };
  }, [stream]);
  return stream;
}

export const useLiveState = (stream: LiveStream) => useSyncExternalStore(stream.subscribe, stream.read);

/** The service's clock for everything on the board that counts on, in Unix seconds. */
export const ServerNow = createContext<() => number>(() => Date.now() / 1000);
export const useServerNow = () => useContext(ServerNow);
