// One timer for everything that counts on: each reader is woken only where its own text changes.

/** Short enough that no second seems to last longer than another. */
const TICK_MS = 250;

const readers = new Set<() => void>();
let timer: number | null = null;

function tick(): void {
  for (const reader of readers) {
    reader();
  }
}

/** For useSyncExternalStore: the timer runs while somebody reads. */
export function subscribeToTicks(reader: () => void): () => void {
  readers.add(reader);
  timer ??= window.setInterval(tick, TICK_MS);
  return () => {
    readers.delete(reader);
    if (readers.size === 0 && timer !== null) {
      window.clearInterval(timer);
      timer = null;
    }
  };
}
