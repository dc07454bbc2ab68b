import { type Standing, readStanding, settleWaiting } from '../db/queries/settle.ts';
import { assertNever } from '../domain/errors.ts';
import type { Situation } from '../workflows/activities.ts';
import type { ActivityDeps } from './deps.ts';

/** Where a request stands now. A request that does not exist is over: nothing can be done for it. */
export async function settleRequest(deps: ActivityDeps, requestId: string): Promise<Situation> {
  const { db } = deps.ledger;
  let standing = await readStanding(db, requestId);
  if (!standing) return { phase: 'over', kind: 'access', wakeAt: new Date(0).toISOString() };
  if (standing.state === 'waiting' && (await settleWaiting(db, requestId)) !== 'waiting') {
    standing = (await readStanding(db, requestId)) ?? standing;
  }
  const [phase, wakeAt] = phaseOf(standing);
  return { phase, kind: standing.kind, wakeAt: wakeAt.toISOString() };
}

function phaseOf(standing: Standing): [Situation['phase'], Date] {
  const { grant } = standing;
  // The same activity that would have moved the end puts it back.
  if (standing.unrestored) return ['beginning', new Date(0)];
  const open = grant?.state === 'provisioning' || grant?.state === 'held';
  switch (standing.state) {
    case 'waiting':
      return ['deciding', standing.lapsesAt];
    case 'approved':
      if (grant && !open) return ['over', standing.now];
      // Without a start of its own it begins at once: an instant of the past, so that no timer is set for a few milliseconds.
      return ['beginning', standing.startsAt ?? new Date(0)];
    case 'granted':
    case 'cancelled':
    case 'failed':
    case 'refused':
    case 'denied':
    case 'lapsed':
      return grant && open ? ['holding', grant.dueAt] : ['over', standing.now];
    default:
      return assertNever(standing.state);
  }
}
