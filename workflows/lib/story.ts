import {
  CancellationScope,
  continueAsNew,
  isCancellation,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { limits } from '../../domain/limits.ts';
import { ledger, type ProcessSituation } from '../activities.ts';
import { processSignals, tenureState } from '../contract.ts';
import { listenForWakeUps, type WakeUps } from './wake-ups.ts';

/** How long to wait when a step has been taken and nothing went on, in milliseconds. */
const standstillMs = 1_000;

/**
 * What is done in each phase, one piece at a time. A phase that is not named is waited through: its end is a row or the clock.
 */
export type Chapters = Partial<Record<ProcessSituation['phase'], (processId: string) => Promise<void>>>;

/**
 * Tells the story of one process: look where it stands, do the next piece of it, look again, until it is over. Which piece is
 * next stands in the rows alone, so it may be started twice, woken for nothing, reset or replayed. A process of another
 * kind, or one under another's workflow id, is none of its business.
 *
 * A cancellation in Temporal is written down. What begins people's access is then taken back, before the workflow closes;
 * what changes or ends it cannot be stopped from there: the repair starts the next run.
 */
export async function tell(
  kind: ProcessSituation['kind'],
  chapters: Chapters,
  processId: string,
): Promise<void> {
  if (!workflowInfo().workflowId.startsWith(`process/${processId}/`)) return;
  const wakeUps = listenForWakeUps(processSignals);
  try {
    await play(kind, chapters, processId, wakeUps);
  } catch (error) {
    if (!isCancellation(error)) throw error;
    await CancellationScope.nonCancellable(async () => {
      await ledger.stopProcess(processId);
      if (kind === 'onboarding') await play(kind, chapters, processId, wakeUps);
    });
    throw error;
  }
}

async function play(
  kind: ProcessSituation['kind'],
  chapters: Chapters,
  processId: string,
  wakeUps: WakeUps,
): Promise<void> {
  let now = await ledger.assess(processId);
  let listed = 'waiting';
  while (now.kind === kind && now.phase !== 'over') {
    listed = list(now, listed);
    const isDue = Date.parse(now.wakeAt) <= Date.now();
    const woken = isDue ? 'time' : await wakeUps.until(now.wakeAt, limits.timerMarginMs);
    if (woken === 'time') await chapters[now.phase]?.(processId);
    const before = now;
    now = await next(processId);
    if (isDue && stoodStill(before, now)) await wakeUps.pause(standstillMs);
  }
}

/** Where it stands now. A history that has become long is left behind for a fresh one. */
async function next(processId: string): Promise<ProcessSituation> {
  if (workflowInfo().continueAsNewSuggested) await continueAsNew(processId);
  return ledger.assess(processId);
}

/** It was its time, and still is, for as many people as before. */
function stoodStill(before: ProcessSituation, now: ProcessSituation): boolean {
  return before.phase === now.phase && before.left === now.left && before.wakeAt === now.wakeAt;
}

/** For Temporal's own list; returns what stands there. While reminders are sent it still waits for people. */
function list({ phase }: ProcessSituation, listed: string): string {
  if (phase === 'welcoming') return listed;
  const isQuiet = phase === 'waiting' || phase === 'fenced' || phase === 'confirming';
  const state = isQuiet ? phase : 'running';
  if (state !== listed) upsertSearchAttributes([{ key: tenureState, value: state }]);
  return state;
}
