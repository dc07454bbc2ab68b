/** How much at once. */
export interface LaneLimits<T> {
  /** What shall not take up everything by itself, e.g. a target. */
  keyOf: (item: T) => string;
  perKey: number;
  overall: number;
}

/**
 * Does the work for all items, in their order as far as the limits allow: at most so many at once for one key, and so many
 * altogether. What waits for a key keeps no other one waiting. Rejects with the first failure, when all that began is over.
 */
export async function inLanes<T>(
  items: readonly T[],
  { keyOf, perKey, overall }: LaneLimits<T>,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = new Map<string, T[]>();
  for (const item of items.toReversed()) {
    const list = waiting.get(keyOf(item));
    if (list) list.push(item);
    else waiting.set(keyOf(item), [item]);
  }
  const running = new Map<string, number>();
  const underWay = new Set<Promise<void>>();
  const failures: unknown[] = [];

  function next(): { key: string; item: T } | null {
    for (const [key, list] of waiting) {
      if ((running.get(key) ?? 0) >= perKey) continue;
      const item = list.pop();
      if (item !== undefined) return { key, item };
      waiting.delete(key);
    }
    return null;
  }

  async function run(key: string, item: T): Promise<void> {
    try {
      await work(item);
    } catch (error) {
      failures.push(error);
    } finally {
      running.set(key, (running.get(key) ?? 1) - 1);
    }
  }

  for (;;) {
    const found = underWay.size < overall && failures.length === 0 ? next() : null;
    if (found) {
      running.set(found.key, (running.get(found.key) ?? 0) + 1);
      const begun = run(found.key, found.item).finally(() => underWay.delete(begun));
      underWay.add(begun);
    } else if (underWay.size > 0) await Promise.race(underWay);
    else break;
  }
  if (failures.length > 0) throw failures[0];
}
