import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

const health = z.enum(['up', 'down']);
const answerShape = z.object({ ledger: health, engine: health, worker: health, reaper: health });

/** What `/readyz` speaks of, and `api` itself. */
export type HealthPart = keyof z.infer<typeof answerShape> | 'api';

/** Asks `/readyz` once; the parts that are not up. */
export async function downParts(url: string): Promise<HealthPart[]> {
  try {
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(3_000) });
    const parts = answerShape.parse(await answer.json());
    return answerShape.keyof().options.filter((name) => parts[name] === 'down');
  } catch {
    return ['api'];
  }
}

/** How long to wait, and for what. */
export interface ReadinessOptions {
  /** Where the API listens. */
  readonly url: string;
  /** Parts that are kept down on purpose, asked at each look. */
  readonly excused: () => readonly HealthPart[];
  readonly limitMs: number;
  /** Ends the waiting early when true. */
  readonly isHopeless: () => boolean;
}

/** Waits until all parts are up; the parts that are still not when the limit has passed or waiting has no hope. */
export async function waitUntilReady(options: ReadinessOptions): Promise<HealthPart[]> {
  const deadline = Date.now() + options.limitMs;
  for (;;) {
    const excused = options.excused();
    const down = (await downParts(options.url)).filter((part) => !excused.includes(part));
    if (down.length === 0 || Date.now() > deadline || options.isHopeless()) return down;
    await delay(100);
  }
}
