import {
  condition,
  defineSignal,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import { tenureState, tenureUntil } from '../../../workflows/contract.ts';
import type { EmptyActivities } from './activities.ts';

const ledger = proxyLocalActivities<EmptyActivities>({ startToCloseTimeout: '10s' });
const target = proxyActivities<EmptyActivities>({ startToCloseTimeout: '60s', heartbeatTimeout: '2s' });
const ending = proxyActivities<EmptyActivities>({
  taskQueue: 'shape-ending',
  startToCloseTimeout: '60s',
  heartbeatTimeout: '2s',
});

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
