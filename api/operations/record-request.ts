import { digestOf } from '../../crypto/digest.ts';
import { appendAudit } from '../../db/audit.ts';
import { type Executor, together } from '../../db/client.ts';
import { enqueue } from '../../db/outbox.ts';
import {
  type AccessRequestView,
  insertAccessRequest,
  type NewAccessRequest,
  type NewStage,
  readAccessRequest,
} from '../../db/queries/access-request.ts';
import type { AuditEventType } from '../../domain/audit-event.ts';
import { newId } from '../../domain/ids.ts';
import { limits } from '../../domain/limits.ts';
import type { ApiDeps } from '../deps.ts';
import { actorOf, type PersonPrincipal, viewerOf } from '../principal.ts';
import type { Recorded } from '../transact.ts';
import { signedReason } from './signed.ts';
import { deciderOrganization, type Weighed } from './wish.ts';

/** A request's process begins with this run; a repair starts the next ones. */
const firstRun = 1;

/** What a request says beyond what was weighed. */
export interface RequestWords {
  /** With what its requester signed it, if they did. */
  signature: { id: string; passkeyId: string } | null;
  kind: 'access' | 'extension';
  extendsRequestId: string | null;
  period: string;
  startsAt: string | null;
  justification: string;
  ticket: string | null;
  lapsesAtLatest: string | null;
  longest: string;
}

/**
 * Writes a request with its stages, its audit events and the line that starts its process. Without stages it is approved
 * as it is asked.
 */
export async function recordRequest(
  deps: ApiDeps,
  tx: Executor,
  caller: PersonPrincipal,
  weighed: Weighed,
  words: RequestWords,
): Promise<Recorded<AccessRequestView>> {
  const request = newRequest(caller, weighed, words);
  // One connection carries them in this order; sent together, they cost one wait instead of five.
  const [line, , , , answer] = await together([
    enqueue(tx, startOf(deps, request)),
    insertAccessRequest(tx, request),
    audit(tx, caller, request, 'access_request.asked', words.signature),
    request.state === 'approved' ? audit(tx, caller, request, 'access_request.approved', null) : null,
    readAccessRequest(tx, viewerOf(caller), request.id),
  ]);
  if (!answer) throw new TypeError('A request that its requester cannot see.');
  return { answer, lines: [line] };
}

/** The line that starts the request's process. */
function startOf(deps: ApiDeps, request: NewAccessRequest) {
  const { id, organizationId: organization } = request;
  return {
    kind: 'engine',
    subjectId: id,
    message: { signal: null, id, organization, run: firstRun },
    traceparent: deps.trace?.() ?? null,
  } as const;
}

function newRequest(caller: PersonPrincipal, weighed: Weighed, words: RequestWords): NewAccessRequest {
  const { verdict, person, resource, organization, entitlement } = weighed;
  const stages: NewStage[] = verdict.stages.map((stage) => ({
    id: newId('stage'),
    name: stage.name,
    roleKey: stage.roleKey,
    organizationId: deciderOrganization(weighed, stage),
    needed: stage.needed,
    text: stage.text,
    withinMs: stage.withinMs ?? null,
  }));
  const { signature, ...said } = words;
  return {
    ...said,
    id: newId('req'),
    state: stages.length === 0 ? 'approved' : 'waiting',
    replacesRequestId: weighed.replacesRequestId,
    personId: person.id,
    requestedBy: caller.personId,
    organizationId: organization.id,
    holderOrganizationId: person.organization.id,
    resourceId: resource.id,
    entitlementId: entitlement.id,
    periodMs: weighed.periodMs,
    assurance: { amr: caller.amr, signals: weighed.signals },
    silenceMs: limits.silenceMs,
    policyVersion: verdict.policyVersion,
    policies: verdict.policies,
    reported: verdict.reported,
    needsMfa: verdict.needs.some(({ kind }) => kind === 'mfa'),
    freshMs: verdict.freshMs,
    signedBy: signature?.id ?? null,
    digest: requestDigest(weighed, words, stages),
    stages,
  };
}

/** What approvers approve; each decision repeats it, so that it cannot be about anything else. */
function requestDigest(weighed: Weighed, words: RequestWords, stages: readonly NewStage[]): string {
  return digestOf({
    person: weighed.person.id,
    resource: weighed.resource.id,
    entitlement: weighed.entitlement.id,
    organization: weighed.organization.id,
    period: words.period,
    starts_at: words.startsAt,
    extends: words.extendsRequestId,
    justification: words.justification,
    ticket: words.ticket,
    stages: stages.map(({ id, roleKey, organizationId, needed }) => ({
      id,
      roleKey,
      organizationId,
      needed,
    })),
    policy_version: weighed.verdict.policyVersion,
  });
}

function audit(
  tx: Executor,
  caller: PersonPrincipal,
  request: NewAccessRequest,
  type: AuditEventType,
  signature: RequestWords['signature'],
): Promise<void> {
  return appendAudit(tx, {
    type,
    actor: actorOf(caller),
    subject: { kind: 'access_request', id: request.id },
    organizationId: request.organizationId,
    holderOrganizationId: request.holderOrganizationId,
    requestId: request.id,
    policyVersion: request.policyVersion,
    reason: signedReason(request.justification, signature),
  });
}
