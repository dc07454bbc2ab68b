import type { Executor } from '../../db/client.ts';
import type { AccessRequestView } from '../../db/queries/access-request.ts';
import { TenureError } from '../../domain/errors.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { actorOf, type PersonPrincipal } from '../principal.ts';
import { AuditedRefusal, type IdempotencyKey, transact } from '../transact.ts';
import { passPolicy } from './policy-gate.ts';
import { recordRequest } from './record-request.ts';
import { onceSigned, signatureFor, signedAsk } from './signed.ts';
import { type Weighed, type Wish, weigh } from './wish.ts';

export interface Ask extends Wish {
  justification: string;
  /** The step-up in which they signed this with a passkey. */
  signed?: string | undefined;
}

/** Asks for access. What policy refuses never becomes a request; what it lets through is committed before it is answered. */
export function askAccessRequest(
  deps: ApiDeps,
  caller: PersonPrincipal,
  ask: Ask,
  idempotency: IdempotencyKey | null,
): Promise<Outside<AccessRequestView>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const weighed = await weighOrRefuse(deps, tx, caller, ask);
    const longest = passPolicy(
      { verdict: weighed.verdict, wholeMs: weighed.periodMs },
      aboutAsking(caller, weighed),
    );
    const signature = await signatureFor(tx, caller, ask.signed, signedAsk(caller, ask));
    return onceSigned(signature, () =>
      recordRequest(deps, tx, caller, weighed, {
        signature,
        kind: 'access',
        extendsRequestId: null,
        period: ask.period,
        startsAt: ask.starts_at ?? null,
        justification: ask.justification,
        ticket: ask.ticket ?? null,
        lapsesAtLatest: null,
        longest,
      }),
    );
  });
}

/** Asking for somebody whom one may not ask for is a refusal of authority, and is recorded as one. */
async function weighOrRefuse(
  deps: ApiDeps,
  tx: Executor,
  caller: PersonPrincipal,
  ask: Ask,
): Promise<Weighed> {
  try {
    return await weigh(deps, tx, caller, ask);
  } catch (error) {
    if (!(error instanceof TenureError) || error.code !== 'forbidden') throw error;
    throw new AuditedRefusal(error, {
      type: 'access_request.refused',
      actor: actorOf(caller),
      subject: { kind: 'person', id: caller.personId },
      organizationId: null,
      holderOrganizationId: caller.organization.id,
      reason: `${error.code}: ${error.detail}`,
    });
  }
}

/** What an event about a refused wish is about: there is no request, so it is the resource. */
export function aboutAsking(caller: PersonPrincipal, weighed: Weighed) {
  return {
    actor: actorOf(caller),
    subject: { kind: 'resource', id: weighed.resource.id },
    organizationId: weighed.organization.id,
    holderOrganizationId: caller.organization.id,
  };
}
