import { eq, sql } from 'drizzle-orm';
import type { Actor } from '../../domain/audit-event.ts';
import { actors } from '../../domain/audit-event.ts';
import type { Ending } from '../../domain/grant.ts';
import { newId } from '../../domain/ids.ts';
import type { Holding } from '../../domain/plan.ts';
import { appendAudit, type NewAuditEvent } from '../audit.ts';
import type { Executor } from '../client.ts';
import { enqueue } from '../outbox.ts';
import { accessRequest } from '../schema/access-request.ts';
import { accessGrant } from '../schema/grant.ts';
import { organization } from '../schema/organization.ts';
import { entitlement, resource, target } from '../schema/resource.ts';
import { lockOpenExtensions, moveAccessRequest } from './access-request.ts';
import { insertEnding } from './ending.ts';
import { closeTasks, openTask } from './task.ts';

/** What must be known to end a grant. */
export interface EndCase {
  grantId: string;
  requestId: string | null;
  state: 'provisioning' | 'held';
  /** Its time has come, by the ledger's clock. */
  due: boolean;
  /** What ends it. */
  by: Ending;
  account: string;
  attempts: number;
  until: Date;
  prior: Holding[];
  entitlementKey: string;
  scope: string | null;
  resourceId: string;
  resourceKey: string;
  targetKey: string;
  connector: string;
  settings: Record<string, unknown>;
  sealedSecret: string;
}

/** Reads an open grant's case; null when it has ended or never was. Nothing is locked and nothing written. */
export async function readEndCase(db: Executor, grantId: string): Promise<EndCase | null> {
  const [row] = await db
    .select({
      grantId: accessGrant.id,
      requestId: accessGrant.requestId,
      state: accessGrant.state,
      due: sql<boolean>`${accessGrant.dueAt} <= tenure_now()`,
      order: accessGrant.endOrder,
      account: accessGrant.account,
      attempts: accessGrant.attempts,
      until: accessGrant.until,
      prior: accessGrant.prior,
      entitlementKey: entitlement.key,
      shared: resource.shared,
      organizationKey: organization.key,
      resourceId: resource.id,
      resourceKey: resource.key,
      targetKey: target.key,
      connector: target.connector,
      endpoint: target.endpoint,
      settings: resource.settings,
      sealedSecret: target.sealedSecret,
    })
    .from(accessGrant)
    .innerJoin(resource, eq(resource.id, accessGrant.resourceId))
    .innerJoin(entitlement, eq(entitlement.id, accessGrant.entitlementId))
    .innerJoin(target, eq(target.key, resource.targetKey))
    .innerJoin(organization, eq(organization.id, accessGrant.organizationId))
    .where(sql`${accessGrant.id} = ${grantId} and ${accessGrant.state} in ('provisioning', 'held')`);
  if (!row || (row.state !== 'provisioning' && row.state !== 'held')) return null;
  const { shared, organizationKey, endpoint, settings, order, prior, state, ...rest } = row;
  return {
    ...rest,
    state,
    by: order ?? 'time',
    prior: prior ?? [],
    scope: shared ? organizationKey : null,
    settings: { ...endpoint, ...settings },
  };
}

/** The open grant of a request, if it has one, and the target that it lies on. */
export async function openGrantOf(
  db: Executor,
  requestId: string,
): Promise<{ grantId: string; targetKey: string } | null> {
  const rows = await db.execute<{ grantId: string; targetKey: string }>(sql`
    select g.id as "grantId", r.target_key as "targetKey" from access_grant g join resource r on r.id = g.resource_id
    where g.request_id = ${requestId} and g.state in ('provisioning', 'held')`);
  return rows[0] ?? null;
}

/**
 * What a grant becomes that was read back to be gone. One that was to be rolled back, or that nothing ended but its time,
 * before access began was no access: it has failed. What was held has ended, whatever ended it.
 */
export const endedState = sql`case when state = 'provisioning' and coalesce(end_order, 'rollback') = 'rollback' then 'failed' else 'ended' end`;
export const endedBy = sql`coalesce(end_order, case when state = 'provisioning' then 'rollback' else 'time' end)`;

/**
 * The target was read back and holds nothing any more: the grant has ended. An intent whose time passed before it was
 * read back never was access: it is rolled back, and its request has failed. False when somebody else has said so already.
 */
export function confirmEnded(db: Executor, subject: EndCase, actor: Actor): Promise<boolean> {
  return db.transaction(async (tx) => {
    // Always before its grant. Once access has begun its request is settled, and nothing is left to say about it.
    if (subject.state === 'provisioning' && subject.requestId) await lockRequest(tx, subject.requestId);
    const [row] = await tx
      .update(accessGrant)
      .set({
        state: endedState,
        endedAt: sql`tenure_now()`,
        endedBy,
        sealedPassword: null,
        sealedNextPassword: null,
        lastError: null,
      })
      .where(
        sql`${accessGrant.id} = ${subject.grantId} and ${accessGrant.state} in ('provisioning', 'held')
          and ${accessGrant.dueAt} <= tenure_now()`,
      )
      .returning();
    if (!row) return false;
    const about = {
      actor,
      organizationId: row.organizationId,
      holderOrganizationId: row.holderOrganizationId,
      requestId: row.requestId,
      grantId: row.id,
      policyVersion: row.policyVersion,
    };
    await appendAudit(tx, {
      ...about,
      type: row.endedBy === 'rollback' ? 'grant.rolled_back' : 'grant.ended',
      subject: { kind: 'grant', id: row.id },
      reason: row.endedBy,
    });
    // Only an end that failed or was late has left a task.
    if (row.overdueAlerted || row.endedBy === 'rollback') await closeTasks(tx, about);
    if (row.state === 'failed' && row.requestId) await failApproved(tx, row.requestId, about);
    return true;
  });
}

async function lockRequest(tx: Executor, requestId: string): Promise<void> {
  await tx
    .select({ id: accessRequest.id })
    .from(accessRequest)
    .where(eq(accessRequest.id, requestId))
    .for('no key update');
}

/** The request of an intent that came to nothing would wait for ever. One that was given up before has failed already. */
async function failApproved(
  tx: Executor,
  requestId: string,
  about: Omit<NewAuditEvent, 'type' | 'subject'>,
): Promise<void> {
  const code = 'not-confirmed';
  const [failed] = await tx
    .update(accessRequest)
    .set({ state: 'failed', settledAt: sql`tenure_now()`, lastError: code })
    .where(sql`${accessRequest.id} = ${requestId} and ${accessRequest.state} = 'approved'`)
    .returning({ id: accessRequest.id });
  if (!failed) return;
  const subject = { kind: 'access_request', id: requestId };
  await appendAudit(tx, { ...about, type: 'access_request.failed', subject, reason: code });
}

/** An attempt to end failed: its closed code is shown, and a rollback that failed becomes a task with an owner at once. */
export function noteEndError(db: Executor, subject: EndCase, code: string, actor: Actor): Promise<void> {
  return db.transaction(async (tx) => {
    const noted = await tx
      .update(accessGrant)
      .set({ lastError: code })
      .where(sql`${accessGrant.id} = ${subject.grantId} and ${accessGrant.state} in ('provisioning', 'held')`)
      .returning({ id: accessGrant.id });
    // Somebody else may have ended it meanwhile: nobody would ever close a task about that.
    if (noted.length > 0 && subject.by === 'rollback')
      await openTask(tx, { kind: 'rollback', grantId: subject.grantId, cause: code, actor });
  });
}

/**
 * The workflow was cancelled in Temporal, or policy refuses now what it had allowed (`reason`). What has not begun is cancelled, what is held is revoked, both by the engine,
 * and both are final, and so are its open extensions. Nothing to do when the request is over or its end was ordered already.
 */
export function orderEngineStop(
  db: Executor,
  requestId: string,
  reason: string | null = null,
): Promise<void> {
  return db.transaction(async (tx) => {
    const [asked] = await tx
      .select()
      .from(accessRequest)
      .where(eq(accessRequest.id, requestId))
      .for('no key update');
    if (!asked) return;
    // As whoever ends it through the API: the request, its extensions, the grant.
    const extensions = await lockOpenExtensions(tx, requestId);
    const about = {
      actor: actors.engine,
      organizationId: asked.organizationId,
      holderOrganizationId: asked.holderOrganizationId,
      requestId,
      policyVersion: asked.policyVersion,
      reason,
    };
    const [ordered] = await tx
      .update(accessGrant)
      .set({ endAt: sql`tenure_now()`, endOrder: 'engine' })
      .where(sql`${accessGrant.requestId} = ${requestId} and ${accessGrant.state} in ('provisioning', 'held')
        and ${accessGrant.endAt} is null and ${accessGrant.until} > tenure_now()`)
      .returning({ id: accessGrant.id });
    const unbegun = asked.state === 'waiting' || asked.state === 'approved';
    if (!ordered && !unbegun) return;
    const grantId = ordered?.id ?? null;
    const revocation = { id: newId('rev'), kind: 'revocation', requestId, grantId } as const;
    await insertEnding(tx, {
      ...revocation,
      organizationId: asked.organizationId,
      holderOrganizationId: asked.holderOrganizationId,
      personId: null,
      reason,
    });
    await appendAudit(tx, {
      ...about,
      type: 'revocation.recorded',
      subject: { kind: 'revocation', id: revocation.id },
      grantId,
    });
    if (ordered)
      await appendAudit(tx, {
        ...about,
        type: 'grant.end_intended',
        subject: { kind: 'grant', id: ordered.id },
        grantId,
      });
    const cancelled = { ...about, grantId };
    if (unbegun) await cancelUnbegun(tx, requestId, cancelled);
    for (const { id, engineRun: run } of extensions) {
      await cancelUnbegun(tx, id, cancelled);
      const message = {
        signal: 'cancel',
        id: revocation.id,
        organization: asked.organizationId,
        run,
      } as const;
      await enqueue(tx, { kind: 'engine', subjectId: id, message, traceparent: null });
    }
  });
}

async function cancelUnbegun(
  tx: Executor,
  requestId: string,
  about: Omit<NewAuditEvent, 'type' | 'subject'>,
): Promise<void> {
  await moveAccessRequest(tx, requestId, 'cancelled');
  const subject = { kind: 'access_request', id: requestId };
  await appendAudit(tx, { ...about, requestId, type: 'access_request.cancelled', subject });
}
