import { setTimeout as delay } from 'node:timers/promises';

/**
 * Asks again until the answer is something, and returns it. @throws Error naming what did not come, and the last answer
 * that `describe` gives.
 */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | null | undefined | false>,
  options: { timeoutMs?: number; everyMs?: number; describe?: () => Promise<unknown> } = {},
): Promise<T> {
  const giveUpAt = performance.now() + (options.timeoutMs ?? 20_000);
  for (;;) {
    const answer = await probe();
    if (answer !== null && answer !== undefined && answer !== false) return answer;
    if (performance.now() > giveUpAt) {
      const seen = options.describe ? ` Seen: ${JSON.stringify(await options.describe())}` : '';
      throw new Error(`This did not come: ${what}.${seen}`);
    }
    await delay(options.everyMs ?? 50);
  }
}
