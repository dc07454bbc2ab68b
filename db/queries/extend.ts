import { eq, sql } from 'drizzle-orm';
import { actors } from '../../domain/audit-event.ts';
import type { Assurance } from '../../domain/policy.ts';
import { appendAudit } from '../audit.ts';
import type { Executor } from '../client.ts';
import { enqueue } from '../outbox.ts';
import { accessRequest } from '../schema/access-request.ts';
import { accessGrant, extension } from '../schema/grant.ts';
import {
  type ActivationPolicy,
  type ActivationRefusal,
  endWithin,
  lockApproved,
  settleGranted,
} from './activation.ts';
import { type EndCase, readEndCase } from './end.ts';

/** An extension that may be carried out now: the grant as it is, and the end it shall have. */
export interface ExtendCase {
  grant: EndCase;
  attempt: number;
  formerUntil: Date;
  until: Date;
}

/** An approved extension and the grant it is about, as policy is asked about it once more. */
export interface ExtensionWish {
  requestId: string;
  grantId: string;
  personId: string;
  resourceId: string;
  entitlementId: string;
  organizationId: string;
  assurance: Assurance;
  hasTicket: boolean;
  /** From the beginning of the access to the end it would have, in milliseconds. */
  wholeMs: number;
}

/** Reads an approved extension; null when it is not approved (any more) or has no grant. */
export async function readExtensionWish(db: Executor, requestId: string): Promise<ExtensionWish | null> {
  const rows = await db.execute<ExtensionWish & Record<string, unknown>>(sql`
    select r.id as "requestId", g.id as "grantId", r.person_id as "personId", r.resource_id as "resourceId",
      r.entitlement_id as "entitlementId", r.organization_id as "organizationId", r.assurance, r.ticket is not null as "hasTicket",
      (extract(epoch from g.until - g."from") * 1000 + r.period_ms)::float8 as "wholeMs"
    from access_request r join access_grant g on g.request_id = r.extends_request_id
    where r.id = ${requestId} and r.kind = 'extension' and r.state = 'approved'`);
  return rows[0] ?? null;
}

/**
 * Writes the intent to move the end, under the locks of the extension and the grant. No intent is written, and the reason
 * returned, when the grant is not held any more or its end is ordered (an end always wins), and when the person leaves
 * before anything would be gained. Null when the extension is not approved any more.
 */
export function writeExtensionIntent(
  db: Executor,
  wish: ExtensionWish,
  policy: ActivationPolicy,
): Promise<ExtendCase | ActivationRefusal | null> {
  const { requestId, grantId } = wish;
  return db.transaction(async (tx) => {
    const approved = await lockApproved(tx, requestId);
    if (!approved) return null;
    const [held] = await tx
      .update(accessGrant)
      .set({ attempts: sql`${accessGrant.attempts} + 1` })
      .where(
        sql`${accessGrant.id} = ${grantId} and ${accessGrant.state} = 'held' and ${accessGrant.endAt} is null
          and ${accessGrant.dueAt} > tenure_now()`,
      )
      .returning();
    if (!held) return 'grant-ended';
    const until = endWithin(approved, held.until);
    if (until <= held.until) return 'person-ended';
    const owners = { organizationId: held.organizationId, holderOrganizationId: held.holderOrganizationId };
    const intent = { formerUntil: held.until, until, ...policy };
    await tx
      .insert(extension)
      .values({ requestId, grantId, ...owners, ...intent })
      .onConflictDoUpdate({ target: extension.requestId, set: intent });
    await appendAudit(tx, {
      type: 'grant.intended',
      ...aboutExtension(requestId, held, policy.policyVersion),
    });
    const grant = await readEndCase(tx, grantId);
    return grant && { grant, attempt: held.attempts, formerUntil: held.until, until };
  });
}

/** The target was read back with its new end: the ledger moves `until`, and the grant's own process is woken. */
export function confirmExtended(db: Executor, requestId: string, subject: ExtendCase): Promise<boolean> {
  return db.transaction(async (tx) => {
    if (!(await lockApproved(tx, requestId))) return false;
    const [moved] = await tx
      .update(accessGrant)
      .set({ until: subject.until })
      .where(
        sql`${accessGrant.id} = ${subject.grant.grantId} and ${accessGrant.state} = 'held' and ${accessGrant.endAt} is null
          and ${accessGrant.until} = ${subject.formerUntil.toISOString()} and ${accessGrant.dueAt} > tenure_now()
          and ${accessGrant.attempts} = ${subject.attempt}`,
      )
      .returning();
    if (!moved) return false;
    const [done] = await tx
      .update(extension)
      .set({ doneAt: sql`tenure_now()` })
      .where(eq(extension.requestId, requestId))
      .returning({ policyVersion: extension.policyVersion });
    await settleGranted(tx, requestId);
    const about = aboutExtension(requestId, moved, done?.policyVersion ?? null);
    await appendAudit(tx, { type: 'grant.extended', ...about });
    await wakeGrant(tx, moved.requestId, requestId);
    return true;
  });
}

function aboutExtension(
  requestId: string,
  grant: { id: string; organizationId: string; holderOrganizationId: string },
  policyVersion: string | null,
) {
  const { organizationId, holderOrganizationId } = grant;
  return {
    actor: actors.engine,
    subject: { kind: 'grant', id: grant.id },
    organizationId,
    holderOrganizationId,
    requestId,
    grantId: grant.id,
    policyVersion,
  };
}

async function wakeGrant(tx: Executor, requestId: string | null, extensionId: string): Promise<void> {
  if (!requestId) return;
  const [base] = await tx
    .select({ run: accessRequest.engineRun, organization: accessRequest.organizationId })
    .from(accessRequest)
    .where(eq(accessRequest.id, requestId));
  if (!base) return;
  const message = {
    signal: 'extend',
    id: extensionId,
    organization: base.organization,
    run: base.run,
  } as const;
  await enqueue(tx, { kind: 'engine', subjectId: requestId, message, traceparent: null });
}
