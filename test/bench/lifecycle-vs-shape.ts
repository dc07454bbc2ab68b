import { setTimeout as delay } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { newId } from '../../domain/ids.ts';
import { tenureOrganization, tenureState } from '../../workflows/contract.ts';
import type { Stack } from '../support/stack.ts';
import type { Figure } from './harness.ts';
import { eventTypes, type Lifecycles, lifecyclesOf, untilWaiting } from './lifecycle.ts';
import { playedThrough } from './lifecycle-events.ts';
import { onInstallation } from './servers.ts';
import { compare } from './throughput.ts';

const runs = 5;
/** Enough at once that the machine, not a period or an approver, is what everything waits for. */
const parallel = 40;
const periodMs = 2_000;
/** What an approver takes. */
const thinkMs = 500;

/**
 * Whole lifecycles per second with an approval, each with a real role in a real PostgreSQL, over those of a hand-written
 * workflow of the same shape whose activities are empty. Both have workers of their own in processes of their own.
 */
export const lifecycleVsShape: Figure = {
  goals: [{ id: 'lifecycle-vs-shape', bound: '>=', limit: 0.85, quote: 'median' }],
  measure: (wish) =>
    onInstallation(async ({ stack, crew }) => {
      await crew.startReady({ script: 'bin/worker.ts', role: 'system' }, 'worker ready');
      await crew.startReady({ script: 'test/bench/shape/worker.ts', role: 'system' }, 'shape ready');
      const lifecycles = lifecyclesOf(stack);
      await assertSameShape(stack, lifecycles);
      const contest = {
        parallel,
        counted: wish.isFull ? 400 : 60,
        runs,
        real: () => playReal(lifecycles),
        byHand: () => playShape(stack),
        lengthOf: async (handle: WorkflowHandle) => (await handle.describe()).historyLength,
      };
      return [await compare(contest, wish)];
    }),
};

async function playReal(lifecycles: Lifecycles): Promise<WorkflowHandle> {
  const requestId = await lifecycles.ask('approval', { period: `PT${periodMs / 1_000}S` });
  await delay(thinkMs);
  await lifecycles.approve(requestId);
  const handle = lifecycles.handle(requestId);
  await handle.result();
  return handle;
}

async function playShape(
  stack: Stack,
  untilReady: (handle: WorkflowHandle) => Promise<unknown> = () => delay(thinkMs),
) {
  const id = newId('req');
  const handle = await stack.client.workflow.start('shape', {
    workflowId: `shape/${id}`,
    taskQueue: 'shape',
    args: [id, periodMs],
    typedSearchAttributes: [
      { key: tenureOrganization, value: 'org_bench' },
      { key: tenureState, value: 'asked' },
    ],
  });
  await untilReady(handle);
  await handle.signal('approve', newId('dec'));
  await handle.result();
  return handle;
}

/** @throws Error naming both histories when they are not of the same events. */
async function assertSameShape(stack: Stack, lifecycles: Lifecycles): Promise<void> {
  const real = (await playedThrough(lifecycles, 'approval')).join(' ');
  const byHand = (await eventTypes(await playShape(stack, untilWaiting))).join(' ');
  if (real !== byHand) throw new Error(`The shapes differ.\nreal:    ${real}\nby hand: ${byHand}`);
}
