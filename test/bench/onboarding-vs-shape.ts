import { setTimeout as delay } from 'node:timers/promises';
import { type WorkflowHandle, WorkflowNotFoundError } from '@temporalio/client';
import { newId } from '../../domain/ids.ts';
import { tenureOrganization, tenureState } from '../../workflows/contract.ts';
import type { Stack } from '../support/stack.ts';
import type { Figure } from './harness.ts';
import { onboardedEvents } from './onboarding-events.ts';
import { type Onboarded, onboardingsOf, startApplication } from './onboarding.ts';
import { onInstallation } from './servers.ts';
import { compare } from './throughput.ts';
import { readingMs, shapeOnboardingId } from './shape/ids.ts';

const runs = 5;
/** Enough at once that the machine, not a reader or a pause between two looks, is what everything waits for. */
const parallel = 30;
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
        const contest = {
          parallel,
          counted: wish.isFull ? 300 : 40,
          runs,
          real: onboardings.play,
          byHand: () => playShape(stack),
          lengthOf,
        };
        return [await compare(contest, wish)];
      } finally {
        await onboardings.stop();
      }
    }),
};

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
