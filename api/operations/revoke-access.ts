import type { Executor } from '../../db/client.ts';
import {
  lockAccessRequest,
  lockOpenExtensions,
  type RequestStanding,
} from '../../db/queries/access-request.ts';
import type { EndingView } from '../../db/queries/ending.ts';
import { lockGrant, requestOfGrant } from '../../db/queries/grant.ts';
import { TenureError } from '../../domain/errors.ts';
import { isId } from '../../domain/ids.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { hasDuty, type PersonPrincipal, viewerOf } from '../principal.ts';
import { type IdempotencyKey, transact } from '../transact.ts';
import { type Ended, recordEnding } from './record-ending.ts';
import { notFound, refuseAct } from './refusals.ts';

/** Whose end is asked for: a request (id or reference), or a grant. */
export type AccessName = { request: string } | { grant: string };

/**
 * Ends access by somebody else's will: who could approve it, security, and the administrators of the customer whose data it
 * is. What has not begun is cancelled by it.
 */
export function revokeAccess(
  deps: ApiDeps,
  caller: PersonPrincipal,
  name: AccessName,
  reason: string,
  idempotency: IdempotencyKey | null,
): Promise<Outside<EndingView>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const found = await findForEnding(tx, caller, name);
    const about = found.request ?? found.grant;
    if (!about || !mayRevoke(caller, found)) {
      if (!about) throw notFound();
      throw refuseAct(
        caller,
        about,
        'revocation',
        'Approvers, security and the customer’s administrators revoke.',
      );
    }
    return recordEnding(deps, tx, caller, { kind: 'revocation', reason }, endable(found));
  });
}

/** Locks what a name stands for, always the request before its grant, so that two endings cannot block each other. */
export async function findForEnding(tx: Executor, caller: PersonPrincipal, name: AccessName): Promise<Ended> {
  if ('grant' in name) return findGrant(tx, caller, name.grant);
  const named = await lockAccessRequest(tx, viewerOf(caller), name.request);
  if (!named) throw notFound();
  const isOpenExtension = named.kind === 'extension' && named.state !== 'granted';
  if (isOpenExtension) return { request: named, grant: null, extensions: [] };
  // An extension that was granted is part of the access that it extended.
  const request = named.extendsRequestId
    ? await lockAccessRequest(tx, viewerOf(caller), named.extendsRequestId)
    : named;
  if (!request) throw notFound();
  return lockWithGrant(tx, request, { requestId: request.id });
}

async function findGrant(tx: Executor, caller: PersonPrincipal, grantId: string): Promise<Ended> {
  if (!isId('grant', grantId)) throw notFound();
  const requestId = await requestOfGrant(tx, viewerOf(caller), grantId);
  if (requestId === undefined) throw notFound();
  const request = requestId === null ? null : await lockAccessRequest(tx, viewerOf(caller), requestId);
  return lockWithGrant(tx, request, { grantId });
}

async function lockWithGrant(
  tx: Executor,
  request: RequestStanding | null,
  by: Parameters<typeof lockGrant>[1],
): Promise<Ended> {
  // Whoever carries out an extension locks it before the grant, too. One connection keeps the order of what is sent together.
  const [extensions, grant] = await Promise.all([
    request ? lockOpenExtensions(tx, request.id) : [],
    lockGrant(tx, by),
  ]);
  return { request, grant, extensions };
}

function mayRevoke(caller: PersonPrincipal, { request, grant }: Ended): boolean {
  if (hasDuty(caller, 'end-any-access')) return true;
  const organizationId = request?.organizationId ?? grant?.organizationId;
  if (hasDuty(caller, 'administer-customer') && organizationId === caller.organization.id) return true;
  return request !== null && couldApprove(caller, request);
}

function couldApprove(caller: PersonPrincipal, request: RequestStanding): boolean {
  return request.viewerDecides && ![request.personId, request.requestedBy].includes(caller.personId);
}

/** What there is to end. Says so when there is nothing left. */
function endable(found: Ended): Ended {
  const { request, grant } = found;
  if (grant && (grant.state === 'held' || grant.state === 'provisioning') && !grant.isDue) return found;
  if (grant) throw new TenureError('already-ended', 'Access has ended or is ending.');
  if (request?.state === 'waiting' || request?.state === 'approved') return found;
  throw new TenureError('no-longer-waiting', `The request is ${request?.state ?? 'over'}.`);
}
