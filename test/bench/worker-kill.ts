import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../support/wait.ts';
import { tell } from '../support/story.ts';
import type { Figure } from './harness.ts';
import { lifecyclesOf } from './lifecycle.ts';
import { type Installation, onInstallation } from './servers.ts';

const runs = 5;
const heartbeatSeconds = 2;
const worker = { script: 'bin/worker.ts', role: 'system' } as const;

/**
 * Seconds from the restart of a worker that was killed inside an activity until the activity goes on. It dies after the
 * intent was written; it goes on when the next attempt is written. The process's own start is a part of it.
 */
export const workerKill: Figure = {
  goals: [{ id: 'worker-kill', bound: '<=', limit: heartbeatSeconds + 2, quote: 'median' }],
  measure: ({ say }) =>
    onInstallation(async (installation) => {
      const seconds: number[] = [];
      for (let run = 0; run < runs; run += 1) {
        const { goesOnMs, readyMs } = await killOnce(installation);
        say(
          `goes on ${goesOnMs.toFixed(0)} ms after the restart; the process was ready after ${readyMs.toFixed(0)} ms`,
        );
        seconds.push(goesOnMs / 1_000);
      }
      return [seconds];
    }),
};

async function killOnce({ stack, crew }: Installation): Promise<{ goesOnMs: number; readyMs: number }> {
  const lifecycles = lifecyclesOf(stack);
  const doomed = await crew.startReady(
    { ...worker, environment: { TENURE_CRASH_AT: 'provision.after-intent' } },
    'worker ready',
  );
  const requestId = await lifecycles.ask('automatic', { period: 'PT10M' });
  await doomed.exited;
  const restarted = performance.now();
  const ready = crew
    .startReady(worker, 'worker ready')
    .then((process) => ({ process, at: performance.now() }));
  await eventually(
    'the next attempt',
    async () => ((await tell(stack.ledger.db, requestId)).grant?.attempts ?? 0) > 1,
    {
      timeoutMs: 60_000,
      everyMs: 20,
    },
  );
  const goesOnMs = performance.now() - restarted;
  const { process, at } = await ready;
  await eventually('access', async () => (await tell(stack.ledger.db, requestId)).state === 'granted');
  await process.end('SIGTERM', 8_000);
  await delay(100);
  return { goesOnMs, readyMs: at - restarted };
}
