import {
  condition,
  defineSignal,
  ParentClosePolicy,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  startChild,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import { tenureOrganization, tenureState, tenureUntil } from '../../../workflows/contract.ts';
import type { EmptyActivities } from './activities.ts';
import { shapeOnboardingId } from './ids.ts';

const ledger = proxyLocalActivities<EmptyActivities>({ startToCloseTimeout: '10s' });
const target = proxyActivities<EmptyActivities>({ startToCloseTimeout: '60s', heartbeatTimeout: '2s' });
const ending = proxyActivities<EmptyActivities>({
  taskQueue: 'shape-ending',
  startToCloseTimeout: '60s',
  heartbeatTimeout: '2s',
});
const pages = proxyActivities<EmptyActivities>({ startToCloseTimeout: '10m', heartbeatTimeout: '5s' });

/**
 * What somebody would write by hand for the same story and nothing else: wait for an approval, make the access, wait for
 * its end, take it away. It asks nobody for the state of anything, and its activities do nothing.
 */
export async function shape(id: string, periodMs: number): Promise<void> {
  let isApproved = false;
  setHandler(defineSignal<[string]>('approve'), () => {
    isApproved = true;
  });
  await ledger.settle(id);
  await condition(() => isApproved, '2 hours');
  await ledger.settle(id);
  await target.provision(id);
  await ledger.settle(id);
  const until = new Date(Date.now() + periodMs);
  upsertSearchAttributes([
    { key: tenureState, value: 'held' },
    { key: tenureUntil, value: until },
  ]);
  await condition(() => false, periodMs);
  await ending.end(id);
  await ledger.settle(id);
}

/** The same for a customer: takes in what a contract says, has its users begin, and waits for what is next. */
export async function shapeCustomer(id: string): Promise<void> {
  let isWoken = false;
  setHandler(defineSignal<[string]>('nudge'), () => {
    isWoken = true;
  });
  await ledger.settle(id);
  await startChild(shapeOnboarding, {
    workflowId: shapeOnboardingId(id),
    args: [id],
    parentClosePolicy: ParentClosePolicy.ABANDON,
    typedSearchAttributes: [
      { key: tenureOrganization, value: id },
      { key: tenureState, value: 'waiting' },
    ],
  });
  isWoken = false;
  await condition(() => isWoken, '1 day');
}

/** Its users: who they are, what they hold, their welcome, and their word that they are there. */
export async function shapeOnboarding(id: string): Promise<void> {
  let isConfirmed = false;
  setHandler(defineSignal<[string]>('confirm'), () => {
    isConfirmed = true;
  });
  await ledger.settle(id);
  upsertSearchAttributes([{ key: tenureState, value: 'running' }]);
  await pages.drawUp(id);
  await ledger.settle(id);
  await pages.bringAbout(id);
  await ledger.settle(id);
  await pages.welcome(id);
  await ledger.expect(id);
  upsertSearchAttributes([{ key: tenureState, value: 'confirming' }]);
  await condition(() => isConfirmed, '14 days');
  await ledger.settle(id);
}
