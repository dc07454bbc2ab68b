import { appendAudit } from '../../db/audit.ts';
import type { Executor } from '../../db/client.ts';
import { enqueue, type OutboxLine } from '../../db/outbox.ts';
import { moveAccessRequest, type RequestStanding } from '../../db/queries/access-request.ts';
import { type EndingKind, type EndingView, insertEnding } from '../../db/queries/ending.ts';
import { type GrantStanding, orderEnd } from '../../db/queries/grant.ts';
import { TenureError } from '../../domain/errors.ts';
import { newId } from '../../domain/ids.ts';
import type { ApiDeps } from '../deps.ts';
import { actorOf, type PersonPrincipal } from '../principal.ts';
import type { Recorded } from '../transact.ts';

/** What is ended: a request that has not begun, a grant, or both while it is being provisioned. All are locked. */
export interface Ended {
  request: RequestStanding | null;
  grant: GrantStanding | null;
  /** What would have made it longer and is not carried out yet: nobody shall decide on it any more. */
  extensions: { id: string; engineRun: number }[];
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
  ended: Ended,
): Promise<Recorded<EndingView>> {
  const { request, grant, extensions } = ended;
  const about = request ?? grant;
  if (!about) throw new TypeError('An ending of nothing.');
  const { organizationId, holderOrganizationId, policyVersion } = about;
  const owners = { organizationId, holderOrganizationId };
  const ids = { requestId: request?.id ?? null, grantId: grant?.id ?? null };
  const id = newId(forms[wish.kind].prefix);
  const answer = await insertEnding(tx, { id, ...wish, ...ids, ...owners, personId: caller.personId });
  const said = { actor: actorOf(caller), ...owners, ...ids, policyVersion, reason: wish.reason };
  if (wish.kind !== 'cancellation')
    await appendAudit(tx, { ...said, type: forms[wish.kind].event, subject: { kind: wish.kind, id } });
  const isUnbegun = request?.state === 'waiting' || request?.state === 'approved';
  for (const unbegun of [...(isUnbegun ? [request] : []), ...extensions]) {
    const subject = { kind: 'access_request', id: unbegun.id };
    await moveAccessRequest(tx, unbegun.id, 'cancelled');
    await appendAudit(tx, { ...said, type: 'access_request.cancelled', subject, requestId: unbegun.id });
  }
  if (grant) {
    const ordered = await orderEnd(tx, grant.id, { by: wish.kind, personId: caller.personId });
    if (!ordered) throw new TenureError('already-ended', 'Access has ended or is ending.');
    await appendAudit(tx, { ...said, type: 'grant.end_intended', subject: { kind: 'grant', id: grant.id } });
  }
  return { answer, lines: await tellProcesses(deps, tx, answer, ended) };
}

/** Notes that the request's process, and those of its open extensions, must be woken. */
async function tellProcesses(
  deps: ApiDeps,
  tx: Executor,
  { id, kind }: EndingView,
  { request, extensions }: Ended,
): Promise<OutboxLine[]> {
  if (!request) return [];
  const lines: OutboxLine[] = [];
  for (const process of [request, ...extensions]) {
    const signal = process === request ? forms[kind].signal : 'cancel';
    const message = { signal, id, organization: request.organizationId, run: process.engineRun };
    const traceparent = deps.trace?.() ?? null;
    lines.push(await enqueue(tx, { kind: 'engine', subjectId: process.id, message, traceparent }));
  }
  return lines;
}
