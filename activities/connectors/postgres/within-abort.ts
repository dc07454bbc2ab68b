import { setTimeout as delay } from 'node:timers/promises';

/** How long work that was aborted may take to come to the end of its step. */
const graceMs = 2_000;

/**
 * Waits for work that watches the signal between its steps. A step in which the target never answers would never end:
 * then this rejects with the signal's reason some seconds after the abort, and `abandon` is called.
 */
export async function withinAbort<T>(signal: AbortSignal, work: Promise<T>, abandon: () => void): Promise<T> {
  const done = new AbortController();
  const stuck = new Promise<never>((_, reject) => {
    const afterAbort = async () => {
      await delay(graceMs, undefined, { signal: done.signal });
      abandon();
      reject(signal.reason);
    };
    // The only way for this to fail is that the work ended first.
    const begin = () => void afterAbort().catch(() => {});
    signal.addEventListener('abort', begin, { once: true, signal: done.signal });
  });
  try {
    return await Promise.race([work, stuck]);
  } finally {
    done.abort();
  }
}
