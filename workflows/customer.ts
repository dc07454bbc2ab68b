import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  CancellationScope,
  ChildWorkflowCancellationType,
  continueAsNew,
  ParentClosePolicy,
  startChild,
  workflowInfo,
  WorkflowIdReusePolicy,
} from '@temporalio/workflow';
import { limits } from '../domain/limits.ts';
import { type CustomerSituation, ledger } from './activities.ts';
import { processSignals, tenureOrganization, tenureState, workflowId, workflowTypes } from './contract.ts';
import { listenForWakeUps, type WakeUps } from './lib/wake-ups.ts';

/** Steps after which a history is left behind for a fresh one, however short it still is. */
const stepsPerRun = 50;

/**
 * A customer, for as long as its contract has something to say: takes its events one at a time, in their order, and has the
 * stories told that follow from them, each by a workflow of its own.
 *
 * What keeps it honest:
 * 1. It knows only an organization's id. Events, what was folded of them and what is due when are rows; `customerStep` takes
 *    the next of them in one transaction, so nothing is lost or done twice when this run is followed by another: after
 *    many steps by itself, after a terminate or a reset by the repair.
 * 2. It never waits for a story, and a story goes on without it. One that has been started already is left alone.
 * 3. With nothing planned and no event for a day it closes, and the next event starts its next run: an open workflow costs
 *    the engine memory, and what a customer is stands in the ledger.
 */
export async function customer(organizationId: string): Promise<void> {
  if (!workflowInfo().workflowId.startsWith(`customer/${organizationId}/`)) return;
  const wakeUps = listenForWakeUps(processSignals);
  for (let step = 1; ; step += 1) {
    wakeUps.takenIn();
    const now = await ledger.customerStep(organizationId);
    if (now.phase === 'start') await begin(now, organizationId);
    if (!(await rest(now.wakeAt, wakeUps))) return;
    // The next run begins with a step: what woke this one in its last moment is taken in there.
    if (step >= stepsPerRun || workflowInfo().continueAsNewSuggested)
      await continueAsNew<typeof customer>(organizationId);
  }
}

/** Until the next event, or what happens by itself; false when there has been nothing for so long that it may close. */
async function rest(wakeAt: string | null, wakeUps: WakeUps): Promise<boolean> {
  if (wakeAt === null) return (await wakeUps.pause(limits.customerIdleMs)) === 'signal';
  await wakeUps.until(wakeAt, limits.timerMarginMs);
  return true;
}

async function begin(
  { processId, kind }: Extract<CustomerSituation, { phase: 'start' }>,
  organizationId: string,
): Promise<void> {
  try {
    // A cancellation that comes while a child is being started would never let go of it: the next step notices it.
    await CancellationScope.nonCancellable(() =>
      startChild(workflowTypes[kind], {
        workflowId: workflowId(kind, processId, 1),
        args: [processId],
        workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
        parentClosePolicy: ParentClosePolicy.ABANDON,
        cancellationType: ChildWorkflowCancellationType.ABANDON,
        typedSearchAttributes: [
          { key: tenureOrganization, value: organizationId },
          { key: tenureState, value: 'waiting' },
        ],
      }),
    );
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
