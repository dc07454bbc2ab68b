import {
  CancellationScope,
  continueAsNew,
  isCancellation,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { limits } from '../domain/limits.ts';
import { ending, ledger, type Situation, target } from './activities.ts';
import { tenureState, tenureUntil } from './contract.ts';
import { listenForWakeUps, type WakeUps } from './lib/wake-ups.ts';

// Everything in this folder replays: no clock, no chance, no input or output but through activities.

/**
 * Temporary access, from the wish to the end: asked → decided → begun → held → ended.
 *
 * What keeps it honest:
 * 1. It knows only a request's id. Policy, decisions, ends and extensions are rows; `settle` reads them after every
 *    step and every wake-up, and what an activity returns is never believed.
 * 2. Every wait has an end of its own: silence lapses, access is due.
 * 3. It may be started twice, woken for nothing, reset or replayed: each step derives its right from the rows again.
 * 4. A cancellation fails safe: it is recorded as a revocation and carried out before the workflow closes.
 * 5. If it is gone altogether, the reaper ends what is due and the repair starts the next run.
 */
export async function elevatedAccess(requestId: string): Promise<void> {
  if (!workflowInfo().workflowId.startsWith(`request/${requestId}/`)) return;
  const wakeUps = listenForWakeUps();
  try {
    await play(requestId, wakeUps);
  } catch (error) {
    if (!isCancellation(error)) throw error;
    await CancellationScope.nonCancellable(() => stop(requestId, wakeUps));
    throw error;
  }
}

async function play(requestId: string, wakeUps: WakeUps): Promise<void> {
  const decided = await decide(requestId, wakeUps);
  const begun = await begin(requestId, decided, wakeUps);
  await hold(requestId, begun, wakeUps);
}

/** People decide; silence lets the request lapse. Policy has spoken before, when it was asked. */
async function decide(requestId: string, wakeUps: WakeUps): Promise<Situation> {
  let now = await ledger.settle(requestId);
  while (now.phase === 'deciding') {
    await wakeUps.until(now.wakeAt, limits.timerMarginMs);
    now = await next(requestId);
  }
  return now;
}

/** At its start, and when policy still allows it: plan, gates, apply, read back; or everything as it was before. */
async function begin(requestId: string, decided: Situation, wakeUps: WakeUps): Promise<Situation> {
  let now = decided;
  while (now.phase === 'beginning') {
    const woken = await wakeUps.until(now.wakeAt, limits.timerMarginMs);
    if (woken === 'time') await makeReal(requestId, now.kind);
    now = await next(requestId);
  }
  return now;
}

/** Until the end, whichever comes first: the time, a return, a revocation. Then it is taken away and read back. */
async function hold(requestId: string, begun: Situation, wakeUps: WakeUps): Promise<void> {
  let now = begun;
  let listed = '';
  while (now.phase === 'holding') {
    if (listed !== now.wakeAt) list(now);
    listed = now.wakeAt;
    const woken = await wakeUps.until(now.wakeAt, limits.timerMarginMs);
    if (woken === 'time') await takeAway(requestId);
    now = await next(requestId);
  }
}

/** The workflow itself was cancelled: nothing may stay behind, and it stays ended. */
async function stop(requestId: string, wakeUps: WakeUps): Promise<void> {
  await ledger.stop(requestId);
  const now = await ledger.settle(requestId);
  // An extension that was under way may have moved the target's end already.
  if (now.kind === 'extension') await makeReal(requestId, now.kind);
  await hold(requestId, now, wakeUps);
}

/** A failure is not an answer either: whether it was given up stands in the rows. */
async function makeReal(requestId: string, kind: Situation['kind']): Promise<void> {
  try {
    if (kind === 'extension') await target.extend(requestId);
    else await target.provision(requestId);
  } catch (error) {
    if (isCancellation(error)) throw error;
  }
}

async function takeAway(requestId: string): Promise<void> {
  try {
    await ending.end(requestId);
  } catch (error) {
    if (isCancellation(error)) throw error;
  }
}

/** Where it stands now. A history that somebody filled with signals is left behind for a fresh one. */
async function next(requestId: string): Promise<Situation> {
  if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof elevatedAccess>(requestId);
  return ledger.settle(requestId);
}

function list(now: Situation): void {
  upsertSearchAttributes([
    { key: tenureState, value: 'held' },
    { key: tenureUntil, value: new Date(now.wakeAt) },
  ]);
}
