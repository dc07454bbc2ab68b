import { setTimeout as delay } from 'node:timers/promises';

/** How long an answer serves everybody who asks, in milliseconds. */
const freshForMs = 1_000;
/** A question that has no answer for so long is asked once more, in milliseconds. */
const hangsForMs = 10_000;

/**
 * Asks at most once a second, however many want to know: what anybody may ask for without signing in must not become a load
 * on the ledger. While a question has no answer everybody waits for that one.
 */
export function recently<T>(ask: () => Promise<T>, nowMs = () => performance.now()): () => Promise<T> {
  let last: { answer: Promise<T>; at: number; isSettled: boolean } | null = null;
  return () => {
    if (last && nowMs() - last.at < (last.isSettled ? freshForMs : hangsForMs)) return last.answer;
    const asked = { answer: ask(), at: nowMs(), isSettled: false };
    const settle = () => {
      asked.isSettled = true;
    };
    asked.answer.then(settle, settle);
    last = asked;
    return asked.answer;
  };
}

/** The answer, or null when there is none after so many milliseconds, or none at all. */
export async function soon<T>(answer: Promise<T>, withinMs: number): Promise<T | null> {
  const given = new AbortController();
  const late = delay(withinMs, null, { signal: given.signal }).catch(() => null);
  try {
    return await Promise.race([answer.catch(() => null), late]);
  } finally {
    given.abort();
  }
}
