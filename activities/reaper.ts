import { dropLeaving, leavingsTakenBack, offboardAtEnd, peoplePastTheirEnd } from '../db/queries/end-date.ts';
import { purgeExpiredAnswers } from '../db/queries/idempotency.ts';
import { purgeNotices } from '../db/queries/notice.ts';
import { alertOverdue, claimDue, overdueGrants } from '../db/queries/reaper.ts';
import { settleWaiting, silentRequests } from '../db/queries/settle.ts';
import { purgeDelivered } from '../db/outbox.ts';
import { actors } from '../domain/audit-event.ts';
import { limits } from '../domain/limits.ts';
import type { ActivityDeps } from './deps.ts';
import { endGrant } from './end.ts';
import { failureCode } from './failures.ts';

/** Ends what is due without Temporal and without a worker. */
export interface Reaper {
  /**
   * One round: has people leave whose end has come, takes due grants, lapses silent requests, raises alerts. Resolves as soon as
   * the ends are under way.
   */
  round(): Promise<void>;
  /** Waits for the ends that are under way. */
  settled(): Promise<void>;
  /** Deletes what has served its time: expired answers to idempotency keys, and lines and notices of long ago. */
  purge(): Promise<void>;
}

const endTimeoutMs = 30_000;
/** Who leaves by their end in one round; a whole company's contractors on the last day of a year take some of them. */
const leaversAtOnce = 25;
const purgeBatch = 1_000;
/** What is left of a flood after so many batches waits for the next time. */
const purgeBatches = 100;

/**
 * Makes a reaper that ends at most `perTarget` grants at once in each target. A target that hangs keeps only its own grants
 * waiting. What goes wrong with one grant or request is logged and keeps nothing else from being done.
 */
export function createReaper(deps: ActivityDeps, perTarget: number): Reaper {
  const { db } = deps.ledger;
  const underWay = new Map<string, Promise<void>>();

  /** Null when it failed; why is in the log. */
  async function attempt<T>(what: string, about: object, work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      deps.log.warn({ what, ...about, code: failureCode(error) }, 'failed, trying again');
      return null;
    }
  }

  async function end(grantId: string): Promise<void> {
    await attempt('end', { grantId }, () =>
      endGrant(deps, grantId, actors.reaper, AbortSignal.timeout(endTimeoutMs)),
    );
    underWay.delete(grantId);
  }

  async function endDue(): Promise<void> {
    const wish = { graceMs: limits.reaperGraceMs, perTarget, underWay: [...underWay.keys()] };
    for (const grantId of await claimDue(db, wish)) underWay.set(grantId, end(grantId));
  }

  async function leave(): Promise<void> {
    for (const personId of await peoplePastTheirEnd(db, leaversAtOnce))
      await attempt('leave', { personId }, () => offboardAtEnd(db, personId));
    for (const processId of await leavingsTakenBack(db, leaversAtOnce))
      await attempt('stay', { processId }, () => dropLeaving(db, processId));
  }

  async function lapseSilent(): Promise<void> {
    for (const requestId of await silentRequests(db, 50))
      await attempt('lapse', { requestId }, () => settleWaiting(db, requestId));
  }

  async function alert(): Promise<void> {
    for (const grantId of await overdueGrants(db, limits.overdueAlertMs, 100)) {
      if (await attempt('alert', { grantId }, () => alertOverdue(db, grantId)))
        deps.log.error({ grantId }, 'access is past its end and not confirmed gone');
    }
  }

  return {
    async round() {
      await attempt('ends', {}, endDue);
      await attempt('alerts', {}, alert);
      await attempt('lapses', {}, lapseSilent);
      // Last: what it orders to end is the next round's, and what is due already shall not wait for it.
      await attempt('leavers', {}, leave);
    },
    async settled() {
      await Promise.all(underWay.values());
    },
    async purge() {
      for (const purgeSome of [purgeExpiredAnswers, purgeDelivered, purgeNotices])
        for (let batch = 0; batch < purgeBatches; batch++)
          if ((await purgeSome(db, purgeBatch)) < purgeBatch) break;
    },
  };
}
