import { eq, sql } from 'drizzle-orm';
import { actors } from '../../domain/audit-event.ts';
import { newId } from '../../domain/ids.ts';
import type { Holding } from '../../domain/plan.ts';
import type { Assurance } from '../../domain/policy.ts';
import { appendAudit } from '../audit.ts';
import type { Executor } from '../client.ts';
import { accessRequest } from '../schema/access-request.ts';
import { accessGrant } from '../schema/grant.ts';
import { organization } from '../schema/organization.ts';
import { entitlement, resource, target } from '../schema/resource.ts';

/** Everything an attempt needs to know before it touches anything. Read only. */
export interface ProvisionCase {
  requestId: string;
  personId: string;
  organizationId: string;
  holderOrganizationId: string;
  resourceId: string;
  resourceKey: string;
  entitlementId: string;
  entitlementKey: string;
  /** The customer's key where the resource is shared by customers, else null. */
  scope: string | null;
  assurance: Assurance;
  hasTicket: boolean;
  periodMs: number;
  connector: string;
  settings: Record<string, unknown>;
  sealedSecret: string;
  targetKey: string;
  grantId: string | null;
}

const caseColumns = {
  requestId: accessRequest.id,
  personId: accessRequest.personId,
  organizationId: accessRequest.organizationId,
  holderOrganizationId: accessRequest.holderOrganizationId,
  resourceId: accessRequest.resourceId,
  resourceKey: resource.key,
  shared: resource.shared,
  organizationKey: organization.key,
  entitlementId: accessRequest.entitlementId,
  entitlementKey: entitlement.key,
  assurance: accessRequest.assurance,
  ticket: accessRequest.ticket,
  periodMs: accessRequest.periodMs,
  connector: target.connector,
  endpoint: target.endpoint,
  settings: resource.settings,
  sealedSecret: target.sealedSecret,
  targetKey: target.key,
};

/** Reads the case of an approved request for access whose time has come; null when there is nothing to provision. */
export async function readProvisionCase(db: Executor, requestId: string): Promise<ProvisionCase | null> {
  const [row] = await db
    .select({ ...caseColumns, grantId: accessGrant.id })
    .from(accessRequest)
    .innerJoin(resource, eq(resource.id, accessRequest.resourceId))
    .innerJoin(entitlement, eq(entitlement.id, accessRequest.entitlementId))
    .innerJoin(target, eq(target.key, resource.targetKey))
    .innerJoin(organization, eq(organization.id, accessRequest.organizationId))
    .leftJoin(accessGrant, eq(accessGrant.requestId, accessRequest.id))
    .where(
      sql`${accessRequest.id} = ${requestId} and ${accessRequest.kind} = 'access' and ${accessRequest.state} = 'approved'
        and coalesce(${accessRequest.startsAt}, ${accessRequest.askedAt}) <= tenure_now()`,
    );
  if (!row) return null;
  const { shared, organizationKey, endpoint, settings, ticket, ...rest } = row;
  return {
    ...rest,
    scope: shared ? organizationKey : null,
    hasTicket: ticket !== null,
    settings: { ...endpoint, ...settings },
  };
}

/** The intent of one attempt, as it stands in the ledger before the target is touched. */
export interface Intent {
  grantId: string;
  attempt: number;
  account: string;
  until: Date;
  sealedPassword: string | null;
}

export interface IntentWish {
  subject: ProvisionCase;
  account: string;
  prior: Holding[];
  policyVersion: string;
  sealPassword: ((grantId: string) => string) | null;
  grantId: string;
}

/**
 * Writes the intent, or rewrites it for a further attempt: the period counts from now, and the password is kept. The
 * right to it is derived again here, under the request's lock; null when it has gone.
 */
export function writeIntent(db: Executor, wish: IntentWish): Promise<Intent | null> {
  const { subject } = wish;
  return db.transaction(async (tx) => {
    const approved = await lockApproved(tx, subject.requestId);
    if (!approved) return null;
    // One look at the clock: two could lie a millisecond apart and make the span longer than was approved.
    const from = approved.now;
    const [row] = await tx
      .insert(accessGrant)
      .values({
        id: wish.grantId,
        requestId: subject.requestId,
        origin: 'request',
        state: 'provisioning',
        personId: subject.personId,
        organizationId: subject.organizationId,
        holderOrganizationId: subject.holderOrganizationId,
        resourceId: subject.resourceId,
        entitlementId: subject.entitlementId,
        from,
        until: new Date(from.getTime() + subject.periodMs),
        attempts: 1,
        policyVersion: wish.policyVersion,
        account: wish.account,
        prior: wish.prior,
        sealedPassword: wish.sealPassword?.(wish.grantId) ?? null,
      })
      .onConflictDoUpdate({
        target: accessGrant.requestId,
        set: {
          from: sql`excluded."from"`,
          until: sql`excluded.until`,
          attempts: sql`${accessGrant.attempts} + 1`,
          policyVersion: sql`excluded.policy_version`,
        },
        setWhere: sql`${accessGrant.state} = 'provisioning' and ${accessGrant.endAt} is null`,
      })
      .returning();
    if (!row) return null;
    await appendAudit(tx, {
      type: 'grant.intended',
      actor: actors.engine,
      ...aboutGrant(subject, row.id, wish.policyVersion),
    });
    return {
      grantId: row.id,
      attempt: row.attempts,
      account: row.account,
      until: row.until,
      sealedPassword: row.sealedPassword,
    };
  });
}

/** The attempt was read back: access has begun. False when a later attempt or an end has overtaken it. */
export function confirmBegun(db: Executor, subject: ProvisionCase, intent: Intent): Promise<boolean> {
  return db.transaction(async (tx) => {
    const approved = await lockApproved(tx, subject.requestId);
    if (!approved) return false;
    const [held] = await tx
      .update(accessGrant)
      .set({ state: 'held', lastError: null })
      .where(
        sql`${accessGrant.id} = ${intent.grantId} and ${accessGrant.attempts} = ${intent.attempt}
          and ${accessGrant.state} = 'provisioning' and ${accessGrant.endAt} is null and ${accessGrant.until} > tenure_now()`,
      )
      .returning({ id: accessGrant.id });
    if (!held) return false;
    await tx
      .update(accessRequest)
      .set({ state: 'granted', settledAt: sql`tenure_now()` })
      .where(eq(accessRequest.id, subject.requestId));
    await appendAudit(tx, {
      type: 'grant.begun',
      actor: actors.engine,
      ...aboutGrant(subject, intent.grantId, approved.policyVersion),
    });
    return true;
  });
}

/** Locks an approved request, always before its grant, and looks at the clock; null when it is not approved any more. */
async function lockApproved(
  tx: Executor,
  requestId: string,
): Promise<{ policyVersion: string; now: Date } | null> {
  const [asked] = await tx
    .select({
      state: accessRequest.state,
      policyVersion: accessRequest.policyVersion,
      nowMs: sql<string>`(extract(epoch from tenure_now()) * 1000)::bigint`,
    })
    .from(accessRequest)
    .where(eq(accessRequest.id, requestId))
    .for('no key update');
  if (asked?.state !== 'approved') return null;
  return { policyVersion: asked.policyVersion, now: new Date(Number(asked.nowMs)) };
}

/** Notes what went wrong with an attempt, as a closed code, so that everybody can see why it takes long. */
export async function noteProvisionError(db: Executor, requestId: string, code: string): Promise<void> {
  await db
    .update(accessGrant)
    .set({ lastError: code })
    .where(sql`${accessGrant.requestId} = ${requestId} and ${accessGrant.state} = 'provisioning'`);
  await db.update(accessRequest).set({ lastError: code }).where(eq(accessRequest.id, requestId));
}

/** Policy, or what has happened meanwhile, says no at activation: the request is refused. */
export function refuseAtActivation(
  db: Executor,
  requestId: string,
  policyVersion: string | null,
): Promise<void> {
  return closeApproved(db, requestId, 'refused', policyVersion, null);
}

/** Provisioning is given up: the request has failed, and what may have been made is ordered to be undone. */
export function giveUp(db: Executor, requestId: string, code: string): Promise<void> {
  return closeApproved(db, requestId, 'failed', null, code);
}

function closeApproved(
  db: Executor,
  requestId: string,
  state: 'refused' | 'failed',
  policyVersion: string | null,
  code: string | null,
): Promise<void> {
  return db.transaction(async (tx) => {
    const [asked] = await tx
      .update(accessRequest)
      .set({ state, settledAt: sql`tenure_now()`, ...(code ? { lastError: code } : {}) })
      .where(sql`${accessRequest.id} = ${requestId} and ${accessRequest.state} = 'approved'`)
      .returning();
    if (!asked) return;
    const about = {
      actor: actors.engine,
      subject: { kind: 'access_request', id: requestId },
      organizationId: asked.organizationId,
      holderOrganizationId: asked.holderOrganizationId,
      requestId,
      policyVersion: policyVersion ?? asked.policyVersion,
    };
    await appendAudit(tx, { ...about, type: `access_request.${state}`, reason: code });
    const [undone] = await tx
      .update(accessGrant)
      .set({ endAt: sql`tenure_now()`, endOrder: 'rollback', lastError: code })
      .where(
        sql`${accessGrant.requestId} = ${requestId} and ${accessGrant.state} = 'provisioning' and ${accessGrant.endAt} is null`,
      )
      .returning({ id: accessGrant.id });
    if (!undone) return;
    await appendAudit(tx, {
      ...about,
      type: 'grant.end_intended',
      subject: { kind: 'grant', id: undone.id },
      grantId: undone.id,
    });
  });
}

/** True when an approved request has been tried for longer than it may be. */
export async function isTriedTooLong(db: Executor, requestId: string, limitMs: number): Promise<boolean> {
  const rows = await db.execute<{ late: boolean }>(sql`
    select greatest(coalesce(settled_at, asked_at), starts_at) + ${limitMs} * interval '1 millisecond' <= tenure_now() as late
    from access_request where id = ${requestId}`);
  return rows[0]?.late ?? false;
}

function aboutGrant(subject: ProvisionCase, grantId: string, policyVersion: string) {
  return {
    subject: { kind: 'grant', id: grantId },
    organizationId: subject.organizationId,
    holderOrganizationId: subject.holderOrganizationId,
    requestId: subject.requestId,
    grantId,
    policyVersion,
  };
}

/** An id for the grant that a first attempt would make. */
export function nextGrantId(subject: ProvisionCase): string {
  return subject.grantId ?? newId('grant');
}
