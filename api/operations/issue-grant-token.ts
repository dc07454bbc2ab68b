import { signGrantToken } from '../../crypto/grant-token.ts';
import { appendAudit } from '../../db/audit.ts';
import type { Executor } from '../../db/client.ts';
import { readWorkingPerson, type UsableGrant, type WorkingPerson } from '../../db/queries/evaluation.ts';
import { type GrantStanding, lockGrant, requestOfGrant } from '../../db/queries/grant.ts';
import type { SigningKeys } from '../../db/signing-keys.ts';
import { TenureError } from '../../domain/errors.ts';
import { limits } from '../../domain/limits.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { actorOf, type PersonPrincipal, viewerOf } from '../principal.ts';
import { transact } from '../transact.ts';
import { baseRequest, stillHeld } from './extend-access-request.ts';
import { notFound, refuseAct, refusedAct } from './refusals.ts';
import { refuseWithoutSecondFactor } from './show-credential.ts';

/** A token that says of a grant, for a few minutes, that it is held. */
export interface GrantToken {
  grantId: string;
  token: string;
  /** ISO 8601 UTC. */
  expiresAt: string;
}

/**
 * Gives the holder of a grant a token for it, which an application checks without asking. It ends within minutes, and never later than
 * the grant as it is now; an end that is ordered afterwards it does not know of.
 * @throws TenureError `not-found`, `forbidden`, `step-up-required`, `not-held`, `already-ended`, `refused-by-policy`
 */
export function issueGrantToken(
  deps: ApiDeps,
  signingKeys: SigningKeys,
  caller: PersonPrincipal,
  grantId: string,
): Promise<Outside<GrantToken>> {
  return transact(deps, caller, null, async (tx) => {
    const standing = await heldByCaller(deps, tx, caller, grantId);
    const { facts, grant } = await usable(deps, caller, standing);
    const { nowMs } = facts;
    const expiresAtMs = Math.min(nowMs + limits.grantTokenMs, grant.untilMs);
    const token = await signGrantToken(await signingKeys.current(nowMs), {
      issuer: deps.publicUrl,
      audience: grant.resource.key,
      personId: caller.personId,
      nowMs,
      expiresAtMs,
      grant: outsideGrant(grant),
    });
    await appendAudit(tx, {
      type: 'grant.token_issued',
      actor: actorOf(caller),
      subject: { kind: 'grant', id: grantId },
      organizationId: standing.organizationId,
      holderOrganizationId: standing.holderOrganizationId,
      requestId: standing.requestId,
      grantId,
      policyVersion: standing.policyVersion,
    });
    // A token's end is in whole seconds.
    const expiresAt = new Date(Math.floor(expiresAtMs / 1_000) * 1_000).toISOString();
    return { answer: { grantId, token, expiresAt }, lines: [] };
  });
}

/** The grant, if the caller holds it and may take it up as they have signed in. It keeps from changing until the transaction ends. */
async function heldByCaller(
  deps: ApiDeps,
  tx: Executor,
  caller: PersonPrincipal,
  grantId: string,
): Promise<GrantStanding> {
  const requestId = await requestOfGrant(tx, viewerOf(caller), grantId);
  if (requestId === undefined) throw notFound();
  if (requestId !== null) {
    const asked = await baseRequest(tx, caller, requestId);
    const standing = stillHeld(caller, asked, await lockGrant(tx, { grantId }), 'token');
    await refuseWithoutSecondFactor(deps, tx, caller, asked);
    return standing;
  }
  const standing = await lockGrant(tx, { grantId });
  if (!standing) throw notFound();
  if (standing.personId !== caller.personId)
    throw refuseAct(caller, standing, 'token', 'Only its holder may do this.');
  if (standing.state === 'ended' || standing.isDue)
    throw new TenureError('already-ended', 'Access has ended or is ending.');
  return standing;
}

/** The grant as it may be used now. */
async function usable(
  deps: ApiDeps,
  caller: PersonPrincipal,
  standing: GrantStanding,
): Promise<{ facts: WorkingPerson; grant: UsableGrant }> {
  const facts = await readWorkingPerson(deps.ledger, caller.personId);
  const grant = facts?.grants.find(({ id }) => id === standing.id);
  if (!facts || !grant) throw new TenureError('not-held', 'Access has not begun, or is over.');
  const { person, signals, nowMs } = facts;
  const { resource, organization, entitlement, origin } = grant;
  const now = new Date(nowMs).toISOString();
  const { amr } = caller;
  const question = { person, resource, organization, entitlement, origin, signals, now, amr };
  const { allowed, policies } = deps.using.mayUse(question);
  if (allowed) return { facts, grant };
  const problem = new TenureError('refused-by-policy', 'Policy does not allow to use this now.', [], {
    policies,
  });
  throw refusedAct(caller, standing, 'token', problem);
}

function outsideGrant({ id, entitlement, resource, organization, untilMs }: UsableGrant) {
  return {
    id,
    entitlement,
    resource: { id: resource.id, key: resource.key },
    organization: { id: organization.id, key: organization.key },
    until: new Date(untilMs).toISOString(),
  };
}
