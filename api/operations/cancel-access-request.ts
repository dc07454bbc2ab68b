import type { EndingView } from '../../db/queries/ending.ts';
import { TenureError } from '../../domain/errors.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import type { PersonPrincipal } from '../principal.ts';
import { type IdempotencyKey, transact } from '../transact.ts';
import { type Ended, recordEnding } from './record-ending.ts';
import { notFound, refuseAct } from './refusals.ts';
import { findForEnding } from './revoke-access.ts';

/** Withdraws a request before access begins. By whom it is for or who made it. */
export function cancelAccessRequest(
  deps: ApiDeps,
  caller: PersonPrincipal,
  name: string,
  reason: string | null,
  idempotency: IdempotencyKey | null,
): Promise<Outside<EndingView>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const found = await findForEnding(tx, caller, { request: name });
    if (!found.request) throw notFound();
    if (![found.request.personId, found.request.requestedBy].includes(caller.personId)) {
      throw refuseAct(caller, found.request, 'cancellation', 'Only who asked, or for whom, cancels.');
    }
    refuseOnceBegun(found);
    return recordEnding(deps, tx, caller, { kind: 'cancellation', reason }, found);
  });
}

function refuseOnceBegun({ request, grant }: Ended): void {
  if (grant?.state === 'held' || request?.state === 'granted') {
    throw new TenureError('no-longer-waiting', 'Access has begun: return it instead.');
  }
  const isOpen = request?.state === 'waiting' || request?.state === 'approved';
  if (!isOpen) throw new TenureError('no-longer-waiting', `The request is ${request?.state ?? 'over'}.`);
  if (grant && grant.isDue) throw new TenureError('already-ended', 'Access has ended or is ending.');
}
