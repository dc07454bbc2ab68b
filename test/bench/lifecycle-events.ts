import type { Figure, Goal } from './harness.ts';
import { eventTypes, type Kind, type Lifecycles, lifecyclesOf, untilWaiting } from './lifecycle.ts';
import { onInstallation } from './servers.ts';

const runs = 5;
const goal = (id: string, limit: number): Goal => ({ id, bound: '<=', limit, quote: 'worst' });

/** Events in Temporal's history of a request from the wish to the end, one approved by a person and one by nobody. */
export const lifecycleEvents: Figure = {
  goals: [goal('lifecycle-events-approval', 34), goal('lifecycle-events-automatic', 26)],
  measure: ({ say }) =>
    onInstallation(async ({ stack, crew }) => {
      await crew.startReady({ script: 'bin/worker.ts', role: 'system' }, 'worker ready');
      const lifecycles = lifecyclesOf(stack);
      const counts: Record<Kind, number[]> = { approval: [], automatic: [] };
      for (let run = 0; run < runs; run += 1) {
        for (const kind of ['approval', 'automatic'] as const) {
          counts[kind].push((await playedThrough(lifecycles, kind)).length);
        }
      }
      say(`approved ${counts.approval.join(', ')}; automatic ${counts.automatic.join(', ')}`);
      return [counts.approval, counts.automatic];
    }),
};

/** Plays one request with nothing else going on; its event types, sorted. */
export async function playedThrough(lifecycles: Lifecycles, kind: Kind): Promise<string[]> {
  const requestId = await lifecycles.ask(kind, { period: 'PT1S' });
  const handle = lifecycles.handle(requestId);
  if (kind === 'approval') {
    await untilWaiting(handle);
    await lifecycles.approve(requestId);
  }
  await handle.result();
  return eventTypes(handle);
}
