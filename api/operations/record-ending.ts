import { appendAudit } from '../../db/audit.ts';
import type { Executor } from '../../db/client.ts';
import { enqueue } from '../../db/outbox.ts';
import { moveAccessRequest, type RequestStanding } from '../../db/queries/access-request.ts';
import { type EndingKind, type EndingView, insertEnding } from '../../db/queries/ending.ts';
import { type GrantStanding, orderEnd } from '../../db/queries/grant.ts';
import type { AuditEventType } from '../../domain/audit-event.ts';
import { TenureError } from '../../domain/errors.ts';
import { newId } from '../../domain/ids.ts';
import type { ApiDeps } from '../deps.ts';
import { actorOf, type PersonPrincipal } from '../principal.ts';
import type { Recorded } from '../transact.ts';

/** What is ended: a request that has not begun, a grant, or both while it is being provisioned. Both are locked. */
export interface Ended {
  request: RequestStanding | null;
  grant: GrantStanding | null;
}

const forms = {
  revocation: { prefix: 'rev', event: 'revocation.recorded', signal: 'revoke' },
  return: { prefix: 'ret', event: 'return.recorded', signal: 'return' },
  cancellation: { prefix: 'can', event: 'access_request.cancelled', signal: 'cancel' },
} as const;

/**
 * Writes that it shall end, orders the end of what is held or being made, cancels what has not begun, and notes whom to
 * tell: from here on no process is needed for the end to come. A grant that no request gave has no process to tell; the reaper
 * ends it.
 */
export async function recordEnding(
  deps: ApiDeps,
  tx: Executor,
  caller: PersonPrincipal,
  wish: { kind: EndingKind; reason: string | null },
  { request, grant }: Ended,
): Promise<Recorded<EndingView>> {
  const about = request ?? grant;
  if (!about) throw new TypeError('An ending of nothing.');
  const { organizationId, holderOrganizationId, policyVersion } = about;
  const form = forms[wish.kind];
  const requestId = request?.id ?? null;
  const grantId = grant?.id ?? null;
  const answer = await insertEnding(tx, {
    id: newId(form.prefix),
    ...wish,
    requestId,
    grantId,
    organizationId,
    holderOrganizationId,
    personId: caller.personId,
  });
  const audit = (type: AuditEventType, subject: { kind: string; id: string }) =>
    appendAudit(tx, {
      type,
      actor: actorOf(caller),
      subject,
      organizationId,
      holderOrganizationId,
      requestId,
      grantId,
      policyVersion,
      reason: wish.reason,
    });
  const cancels = request?.state === 'waiting' || request?.state === 'approved';
  if (wish.kind !== 'cancellation') await audit(form.event, { kind: wish.kind, id: answer.id });
  if (request && cancels) {
    await moveAccessRequest(tx, request.id, 'cancelled');
    await audit('access_request.cancelled', { kind: 'access_request', id: request.id });
  }
  if (grant) {
    const ordered = await orderEnd(tx, grant.id, { by: wish.kind, personId: caller.personId });
    if (!ordered) throw new TenureError('already-ended', 'Access has ended or is ending.');
    await audit('grant.end_intended', { kind: 'grant', id: grant.id });
  }
  if (!request) return { answer, lines: [] };
  const line = await enqueue(tx, {
    kind: 'engine',
    subjectId: request.id,
    message: { signal: form.signal, id: answer.id, organization: organizationId, run: request.engineRun },
    traceparent: deps.trace?.() ?? null,
  });
  return { answer, lines: [line] };
}
