import type { RequestStanding } from '../../db/queries/access-request.ts';
import { TenureError } from '../../domain/errors.ts';
import { actorOf, type PersonPrincipal } from '../principal.ts';
import { AuditedRefusal } from '../transact.ts';

/** The same answer for what does not exist and for what the caller may not know. */
export function notFound(): TenureError {
  return new TenureError('not-found', 'There is nothing here that you may see.');
}

/** What may be done to a request or grant beside deciding it; the words of its audit events. */
export type Act =
  | 'decision'
  | 'extension'
  | 'revocation'
  | 'return'
  | 'cancellation'
  | 'credential'
  | 'token';

/** What an act is about, as far as its audit event needs it. */
export type ActSubject = Pick<
  RequestStanding,
  'organizationId' | 'holderOrganizationId' | 'policyVersion'
> & {
  /** The request's id. */
  id: string;
};

/** The caller sees it but may not do this to it: refused, and recorded once. */
export function refuseAct(
  caller: PersonPrincipal,
  subject: ActSubject,
  act: Act,
  detail: string,
): AuditedRefusal {
  return refusedAct(caller, subject, act, new TenureError('forbidden', detail));
}

/** The same for a refusal with a code of its own. */
export function refusedAct(
  caller: PersonPrincipal,
  subject: ActSubject,
  act: Act,
  problem: TenureError,
): AuditedRefusal {
  const isGrant = subject.id.startsWith('grant_');
  return new AuditedRefusal(problem, {
    type: 'decision.refused',
    actor: actorOf(caller),
    subject: { kind: isGrant ? 'grant' : 'access_request', id: subject.id },
    organizationId: subject.organizationId,
    holderOrganizationId: subject.holderOrganizationId,
    requestId: isGrant ? null : subject.id,
    grantId: isGrant ? subject.id : null,
    policyVersion: subject.policyVersion,
    reason: `${act}: ${problem.code}`,
  });
}
