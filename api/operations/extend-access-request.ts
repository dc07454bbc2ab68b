import type { Executor } from '../../db/client.ts';
import {
  type AccessRequestView,
  lockAccessRequest,
  pendingExtensionMs,
  type RequestStanding,
} from '../../db/queries/access-request.ts';
import { type GrantStanding, lockGrant } from '../../db/queries/grant.ts';
import { readPolicyQuestion } from '../../db/queries/policy-question.ts';
import { TenureError } from '../../domain/errors.ts';
import { periodMsOrThrow } from '../../domain/period.ts';
import type { PolicyVerdict } from '../../domain/policy.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { type PersonPrincipal, viewerOf } from '../principal.ts';
import { type IdempotencyKey, transact } from '../transact.ts';
import { aboutAsking } from './ask-access-request.ts';
import { type Act, notFound, refuseAct } from './refusals.ts';
import { passPolicy } from './policy-gate.ts';
import { recordRequest } from './record-request.ts';
import { onceSigned, signatureFor, signedExtension } from './signed.ts';
import { ageOf, provenAnew, questionOf, type Weighed } from './wish.ts';

export interface ExtensionWish {
  /** ISO 8601: the length that is added. */
  period: string;
  justification: string;
  ticket?: string | undefined;
  /** The step-up in which they signed this with a passkey. */
  signed?: string | undefined;
}

/**
 * Asks for a later end of access that is held: a request of its own, decided anew by policy on the whole span and by people
 * on its own stages. The old end holds until it is approved.
 */
export function extendAccessRequest(
  deps: ApiDeps,
  caller: PersonPrincipal,
  name: string,
  wish: ExtensionWish,
  idempotency: IdempotencyKey | null,
): Promise<Outside<AccessRequestView>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const asked = await baseRequest(tx, caller, name);
    const grant = await lockGrant(tx, { requestId: asked.id });
    const held = stillHeld(caller, asked, grant, 'extension');
    const ticket = wish.ticket ?? asked.ticket;
    const weighed = await weighAnew(deps, tx, caller, asked, wish.period, ticket !== null);
    // Extensions that are not applied yet count, so that several short ones cannot outlast policy together.
    const wholeMs = held.spanMs + (await pendingExtensionMs(tx, asked.id)) + weighed.periodMs;
    const longest = passPolicy(
      { verdict: weighed.verdict, wholeMs },
      { ...aboutAsking(caller, weighed), requestId: asked.id, grantId: held.id },
    );
    const signature = await signatureFor(tx, caller, wish.signed, signedExtension(asked.id, wish));
    return onceSigned(signature, () =>
      recordRequest(deps, tx, caller, weighed, {
        signature,
        kind: 'extension',
        extendsRequestId: asked.id,
        period: wish.period,
        startsAt: null,
        justification: wish.justification,
        ticket,
        lapsesAtLatest: held.dueAt,
        longest,
      }),
    );
  });
}

/** The request that a name stands for; for an extension, the one that it extends. */
export async function baseRequest(
  tx: Executor,
  caller: PersonPrincipal,
  name: string,
): Promise<RequestStanding> {
  const named = await lockAccessRequest(tx, viewerOf(caller), name);
  if (!named) throw notFound();
  if (named.extendsRequestId === null) return named;
  const base = await lockAccessRequest(tx, viewerOf(caller), named.extendsRequestId);
  if (!base) throw notFound();
  return base;
}

/** The grant, when the caller holds it now. */
export function stillHeld(
  caller: PersonPrincipal,
  asked: RequestStanding,
  grant: GrantStanding | null,
  act: Act,
): GrantStanding {
  if (asked.personId !== caller.personId) throw refuseAct(caller, asked, act, 'Only its holder may do this.');
  if (!grant || grant.state === 'provisioning') throw new TenureError('not-held', 'Access has not begun.');
  if (grant.state === 'failed') throw new TenureError('not-held', 'Access never began.');
  if (grant.state === 'ended' || grant.isDue)
    throw new TenureError('already-ended', 'Access has ended or is ending.');
  return grant;
}

async function weighAnew(
  deps: ApiDeps,
  tx: Executor,
  caller: PersonPrincipal,
  asked: RequestStanding,
  period: string,
  hasTicket: boolean,
): Promise<Weighed> {
  const known = await readHeld(tx, asked);
  if (!known) {
    const detail = 'Its resource or its customer is not there any more.';
    throw new TenureError('unknown-reference', detail, [{ pointer: 'id', detail }]);
  }
  const { signals, nowMs } = known;
  const brought = { amr: caller.amr, ageMs: ageOf(caller, nowMs), signals, hasTicket, nowMs };
  // Who holds it is who asks for more of it.
  const verdict = provenAnew(deps.decide(questionOf(known, known.entitlement.key, brought)), caller, known);
  return { ...known, periodMs: periodMsOrThrow(period), replacesRequestId: null, verdict };
}

/** What policy says now about access that is held; null when its resource or its customer is not there any more. */
export async function weighHeld(
  deps: ApiDeps,
  tx: Executor,
  caller: PersonPrincipal,
  asked: RequestStanding,
): Promise<PolicyVerdict | null> {
  const known = await readHeld(tx, asked);
  if (!known) return null;
  const { signals, nowMs } = known;
  const brought = { amr: caller.amr, signals, hasTicket: asked.ticket !== null, nowMs };
  return deps.decide(questionOf(known, known.entitlement.key, brought));
}

async function readHeld(tx: Executor, asked: RequestStanding) {
  const { person, resource, organization, entitlement, ...parts } = await readPolicyQuestion(tx, {
    person: asked.personId,
    resource: asked.resourceId,
    entitlement: asked.entitlementId,
    organization: asked.organizationId,
  });
  const isKnown = person && resource && organization && entitlement;
  return isKnown ? { ...parts, person, resource, organization, entitlement } : null;
}
