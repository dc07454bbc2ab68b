import { eq, sql } from 'drizzle-orm';
import { actors } from '../../domain/audit-event.ts';
import type { Assurance } from '../../domain/policy.ts';
import { appendAudit } from '../audit.ts';
import type { Executor } from '../client.ts';
import { enqueue } from '../outbox.ts';
import { accessRequest } from '../schema/access-request.ts';
import { accessGrant, extension } from '../schema/grant.ts';
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
 * Writes the intent to move the end, under the locks of the extension and the grant. Null, and nothing written, when
 * the grant is not held any more or its end is ordered: an end always wins.
 */
export function writeExtensionIntent(
  db: Executor,
  requestId: string,
  grantId: string,
): Promise<ExtendCase | null> {
  return db.transaction(async (tx) => {
    const [asked] = await tx
      .select()
      .from(accessRequest)
      .where(eq(accessRequest.id, requestId))
      .for('no key update');
    if (asked?.state !== 'approved') return null;
    const [held] = await tx
      .update(accessGrant)
      .set({ attempts: sql`${accessGrant.attempts} + 1` })
      .where(
        sql`${accessGrant.id} = ${grantId} and ${accessGrant.state} = 'held' and ${accessGrant.endAt} is null
          and ${accessGrant.dueAt} > tenure_now()`,
      )
      .returning();
    if (!held) return null;
    const until = new Date(held.until.getTime() + asked.periodMs);
    const owners = { organizationId: held.organizationId, holderOrganizationId: held.holderOrganizationId };
    await tx
      .insert(extension)
      .values({ requestId, grantId, ...owners, formerUntil: held.until, until })
      .onConflictDoUpdate({ target: extension.requestId, set: { formerUntil: held.until, until } });
    await appendAudit(tx, {
      type: 'grant.intended',
      actor: actors.engine,
      subject: { kind: 'grant', id: grantId },
      ...owners,
      requestId,
      grantId,
      policyVersion: asked.policyVersion,
    });
    const grant = await readEndCase(tx, grantId);
    return grant && { grant, attempt: held.attempts, formerUntil: held.until, until };
  });
}

/**
 * An extension that was begun and came to nothing: the grant as it is, whose target may have the end that was wished. A
 * new attempt, so that whatever is still under way is refused. Null when nothing was begun or the grant is ending anyway.
 */
export function writeRestoringIntent(db: Executor, requestId: string): Promise<ExtendCase | null> {
  return db.transaction(async (tx) => {
    const [held] = await tx
      .update(accessGrant)
      .set({ attempts: sql`${accessGrant.attempts} + 1` })
      .where(
        sql`${accessGrant.id} = (
            select e.grant_id from extension e join access_request r on r.id = e.request_id
            where e.request_id = ${requestId} and e.done_at is null and r.state in ('cancelled', 'refused', 'failed'))
          and ${accessGrant.state} = 'held' and ${accessGrant.endAt} is null and ${accessGrant.dueAt} > tenure_now()`,
      )
      .returning();
    const grant = held && (await readEndCase(tx, held.id));
    return grant ? { grant, attempt: held.attempts, formerUntil: held.until, until: held.until } : null;
  });
}

/** The target was read back with its new end: the ledger moves `until`, and the grant's own process is woken. */
export function confirmExtended(db: Executor, requestId: string, subject: ExtendCase): Promise<boolean> {
  return db.transaction(async (tx) => {
    const [asked] = await tx
      .select()
      .from(accessRequest)
      .where(eq(accessRequest.id, requestId))
      .for('no key update');
    if (asked?.state !== 'approved') return false;
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
    await tx.update(extension).set({ doneAt: sql`tenure_now()` }).where(eq(extension.requestId, requestId));
    await tx
      .update(accessRequest)
      .set({ state: 'granted', settledAt: sql`tenure_now()` })
      .where(eq(accessRequest.id, requestId));
    await appendAudit(tx, {
      type: 'grant.extended',
      actor: actors.engine,
      subject: { kind: 'grant', id: moved.id },
      organizationId: moved.organizationId,
      holderOrganizationId: moved.holderOrganizationId,
      requestId,
      grantId: moved.id,
      policyVersion: asked.policyVersion,
    });
    await wakeGrant(tx, moved.requestId, requestId);
    return true;
  });
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
