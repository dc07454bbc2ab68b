/** Pieces of work that do not meet: those with the same key follow each other; see `createTurns`. */
export interface Turns {
  /** Runs the work when all before it with this key are over. @throws the signal's reason when that takes too long. */
  within<T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T>;
}

/** Keeps what would only overtake each other, again and again, from running at once in this process. */
export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>();
  return {
    async within(key, signal, work) {
      const before = last.get(key);
      const mine = begin(before, signal, work);
      // Whoever gives up waiting leaves its place to the next one, who still waits for those before.
      const over = Promise.allSettled([before, mine]);
      last.set(key, over);
      void over.then(() => {
        if (last.get(key) === over) last.delete(key);
      });
      return mine;
    },
  };
}

async function begin<T>(
  before: Promise<unknown> | undefined,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  if (before) await settledOrAborted(before, signal);
  signal.throwIfAborted();
  return work();
}

async function settledOrAborted(before: Promise<unknown>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const over = new AbortController();
  const aborted = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true, signal: over.signal });
  });
  await Promise.race([before, aborted]);
  over.abort();
}
