import { setTimeout as delay } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { newId } from '../../domain/ids.ts';
import { tenureOrganization, tenureState } from '../../workflows/contract.ts';
import type { Stack } from '../support/stack.ts';
import { type Figure, inParallel, pairs, type Wish } from './harness.ts';
import { eventTypes, type Lifecycles, lifecyclesOf, untilWaiting } from './lifecycle.ts';
import { playedThrough } from './lifecycle-events.ts';
import { onInstallation } from './servers.ts';

const runs = 5;
/** Enough at once that the machine, not a period or an approver, is what everything waits for. */
const parallel = 40;
const periodMs = 2_000;
/** What an approver takes. */
const thinkMs = 500;
/** By how much histories may differ under load, on the average: a signal may come before the timer that it ends. */
const historyTolerance = 0.1;

/** One request from the wish to the end, or what was written by hand in its place. */
type Play = () => Promise<WorkflowHandle>;

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
      return [
        await compare(
          wish,
          () => playReal(lifecycles),
          () => playShape(stack),
        ),
      ];
    }),
};

async function compare({ isFull, say }: Wish, real: Play, byHand: Play): Promise<number[]> {
  const counted = isFull ? 400 : 60;
  const sides = { product: () => rate(real, counted), baseline: () => rate(byHand, counted) };
  const measured = await pairs(runs, sides, (product, baseline) =>
    say(
      `${product.perSecond.toFixed(1)}/s real with ${product.events.toFixed(1)} events, ` +
        `${baseline.perSecond.toFixed(1)}/s by hand with ${baseline.events.toFixed(1)}`,
    ),
  );
  for (const { product, baseline } of measured) {
    if (Math.abs(product.events / baseline.events - 1) > historyTolerance) {
      throw new Error(`Under load the histories differ: ${product.events} and ${baseline.events} events.`);
    }
  }
  return measured.map(({ product, baseline }) => product.perSecond / baseline.perSecond);
}

/**
 * Keeps many going at once and takes the time between two ends: that of the first ones, when everything is under way, and
 * one so long before the last that nothing has run dry yet. Their histories are looked at afterwards.
 */
async function rate(play: Play, counted: number): Promise<{ perSecond: number; events: number }> {
  const ends: { at: number; handle: WorkflowHandle }[] = [];
  await inParallel(parallel, parallel + counted + parallel, async () => {
    const handle = await play();
    ends.push({ at: performance.now(), handle });
  });
  const window = ends.slice(parallel - 1, parallel + counted);
  const [first, last] = [window.at(0), window.at(-1)];
  if (!first || !last) throw new TypeError('Nothing ended.');
  let events = 0;
  for (const { handle } of window) events += (await handle.describe()).historyLength;
  return { perSecond: (counted * 1_000) / (last.at - first.at), events: events / window.length };
}

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
