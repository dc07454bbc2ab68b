import { setTimeout as delay } from 'node:timers/promises';
import { type WorkflowHandle, WorkflowNotFoundError } from '@temporalio/client';
import { newId } from '../../domain/ids.ts';
import { tenureOrganization, tenureState } from '../../workflows/contract.ts';
import type { Stack } from '../support/stack.ts';
import { type Figure, inParallel, pairs, type Wish } from './harness.ts';
import { onboardedEvents } from './onboarding-events.ts';
import { type Onboarded, onboardingsOf, startApplication } from './onboarding.ts';
import { onInstallation } from './servers.ts';
import { readingMs, shapeOnboardingId } from './shape/ids.ts';

const runs = 5;
/** Enough at once that the machine, not a reader or a pause between two looks, is what everything waits for. */
const parallel = 30;
/** By how much histories may differ under load, on the average. */
const historyTolerance = 0.1;

/** One customer from the contract's event until its user has confirmed, or what was written by hand in its place. */
type Play = () => Promise<Onboarded>;

/**
 * Customers onboarded per second over runs of two hand-written workflows of the same shape whose activities are empty. Both
 * have workers of their own in processes of their own, and so has the vendor's application.
 */
export const onboardingVsShape: Figure = {
  goals: [{ id: 'onboarding-vs-shape', bound: '>=', limit: 0.85, quote: 'median' }],
  measure: (wish) =>
    onInstallation(async (installation) => {
      const { stack, crew } = installation;
      await startApplication(installation);
      await crew.startReady({ script: 'bin/worker.ts', role: 'system' }, 'worker ready');
      await crew.startReady({ script: 'test/bench/shape/worker.ts', role: 'system' }, 'shape ready');
      const onboardings = onboardingsOf(stack);
      try {
        await assertSameShape(stack, onboardings.play);
        return [await compare(wish, onboardings.play, () => playShape(stack))];
      } finally {
        await onboardings.stop();
      }
    }),
};

async function compare({ isFull, say }: Wish, real: Play, byHand: Play): Promise<number[]> {
  const counted = isFull ? 300 : 40;
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
  const ends: { at: number; onboarded: Onboarded }[] = [];
  await inParallel(parallel, parallel + counted + parallel, async () => {
    const onboarded = await play();
    ends.push({ at: performance.now(), onboarded });
  });
  const window = ends.slice(parallel - 1, parallel + counted);
  const [first, last] = [window.at(0), window.at(-1)];
  if (!first || !last) throw new TypeError('Nothing ended.');
  let events = 0;
  for (const { onboarded } of window) events += await lengthOf(onboarded);
  return { perSecond: (counted * 1_000) / (last.at - first.at), events: events / window.length };
}

async function lengthOf({ customer, onboarding }: Onboarded): Promise<number> {
  const [parent, child] = await Promise.all([customer.describe(), onboarding.describe()]);
  return parent.historyLength + child.historyLength;
}

async function playShape(stack: Stack): Promise<Onboarded> {
  const id = newId('org');
  const customer: WorkflowHandle = await stack.client.workflow.signalWithStart('shapeCustomer', {
    workflowId: `shape-customer/${id}`,
    taskQueue: 'shape',
    args: [id],
    signal: 'nudge',
    signalArgs: [id],
    typedSearchAttributes: [
      { key: tenureOrganization, value: id },
      { key: tenureState, value: 'open' },
    ],
  });
  const onboarding = stack.client.workflow.getHandle(shapeOnboardingId(id));
  await untilOver(onboarding);
  return { customer, onboarding };
}

/** Waits for the end of a workflow that its parent is about to start. */
async function untilOver(handle: WorkflowHandle): Promise<void> {
  for (;;) {
    await delay(readingMs / 2);
    try {
      await handle.result();
      return;
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  }
}

/** @throws Error naming both histories when they are not of the same events. */
async function assertSameShape(stack: Stack, play: Play): Promise<void> {
  const real = (await onboardedEvents(await play())).join(' ');
  const byHand = (await onboardedEvents(await playShape(stack))).join(' ');
  if (real !== byHand) throw new Error(`The shapes differ.\nreal:    ${real}\nby hand: ${byHand}`);
}
