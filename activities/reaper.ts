import { alertOverdue, claimDue } from '../db/queries/end.ts';
import { settleWaiting, silentRequests } from '../db/queries/settle.ts';
import { actors } from '../domain/audit-event.ts';
import { limits } from '../domain/limits.ts';
import type { ActivityDeps } from './deps.ts';
import { endGrant } from './end.ts';
import { failureCode } from './failures.ts';

/** Ends what is due without Temporal and without a worker. */
export interface Reaper {
  /** One round: takes due grants, lapses silent requests, raises alerts. Resolves as soon as the ends are under way. */
  round(): Promise<void>;
  /** Waits for the ends that are under way. */
  settled(): Promise<void>;
}

const endTimeoutMs = 30_000;

/**
 * Makes a reaper that ends at most `parallel` grants at once. One target that hangs keeps only its own grants waiting:
 * the others are taken in the next round.
 */
export function createReaper(deps: ActivityDeps, parallel: number): Reaper {
  const { db } = deps.ledger;
  const underWay = new Map<string, Promise<void>>();

  async function end(grantId: string): Promise<void> {
    try {
      await endGrant(deps, grantId, actors.reaper, AbortSignal.timeout(endTimeoutMs));
    } catch (error) {
      deps.log.warn({ grantId, code: failureCode(error) }, 'not ended yet');
    } finally {
      underWay.delete(grantId);
    }
  }

  return {
    async round() {
      const free = parallel - underWay.size;
      if (free > 0) {
        const due = await claimDue(db, limits.reaperGraceMs, free);
        for (const grantId of due) if (!underWay.has(grantId)) underWay.set(grantId, end(grantId));
      }
      for (const requestId of await silentRequests(db, 50)) await settleWaiting(db, requestId);
      const overdue = await alertOverdue(db, limits.overdueAlertMs, 100);
      for (const grantId of overdue)
        deps.log.error({ grantId }, 'access is past its end and not confirmed gone');
    },
    async settled() {
      await Promise.all(underWay.values());
    },
  };
}
