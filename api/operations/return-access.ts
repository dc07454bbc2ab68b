import type { EndingView } from '../../db/queries/ending.ts';
import { TenureError } from '../../domain/errors.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import type { PersonPrincipal } from '../principal.ts';
import { type IdempotencyKey, transact } from '../transact.ts';
import { type Ended, recordEnding } from './record-ending.ts';
import { notFound, refuseAct } from './refusals.ts';
import { type AccessName, findForEnding } from './revoke-access.ts';

/** Gives access back before its end. By its holder alone. */
export function returnAccess(
  deps: ApiDeps,
  caller: PersonPrincipal,
  name: AccessName,
  reason: string | null,
  idempotency: IdempotencyKey | null,
): Promise<Outside<EndingView>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const found = await findForEnding(tx, caller, name);
    const about = found.request ?? found.grant;
    if (!about) throw notFound();
    if (about.personId !== caller.personId) {
      throw refuseAct(caller, about, 'return', 'Only its holder gives access back.');
    }
    refuseUnlessHeld(found);
    return recordEnding(deps, tx, caller, { kind: 'return', reason }, found);
  });
}

function refuseUnlessHeld({ grant }: Ended): void {
  if (!grant || grant.state === 'provisioning') throw new TenureError('not-held', 'Access has not begun.');
  if (grant.state === 'failed') throw new TenureError('not-held', 'Access never began.');
  if (grant.state === 'ended' || grant.isDue)
    throw new TenureError('already-ended', 'Access has ended or is ending.');
}
