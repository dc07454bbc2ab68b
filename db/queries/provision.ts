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
import { type ActivationPolicy, endWithin, lockApproved, settleGranted } from './activation.ts';

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
  /** What the target held for it before we came; null where grants share accounts. */
  prior: Holding[] | null;
  policy: ActivationPolicy;
  sealPassword: ((grantId: string) => string) | null;
  grantId: string;
}

/**
 * Writes the intent, or rewrites it for a further attempt: the period counts from now and ends with the person at the
 * latest, and the password is kept. The right to it is derived again here, under the request's lock; null when it has
 * gone.
 */
export function writeIntent(db: Executor, wish: IntentWish): Promise<Intent | null> {
  const { subject } = wish;
  const { policyVersion, policies } = wish.policy;
  return db.transaction(async (tx) => {
    const approved = await lockApproved(tx, subject.requestId);
    if (!approved) return null;
    // One look at the clock: two could lie a millisecond apart and make the span longer than was approved.
    const from = approved.now;
    const until = endWithin(approved, from);
    // Policy will say so the next time that it is asked.
    if (until <= from) return null;
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
        until,
        attempts: 1,
        policyVersion,
        policies,
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
          policies: sql`excluded.policies`,
        },
        setWhere: sql`${accessGrant.state} = 'provisioning' and ${accessGrant.endAt} is null`,
      })
      .returning();
    if (!row) return null;
    await appendAudit(tx, {
      type: 'grant.intended',
      actor: actors.engine,
      ...aboutGrant(subject, row.id, policyVersion),
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
    if (!(await lockApproved(tx, subject.requestId))) return false;
    const [held] = await tx
      .update(accessGrant)
      .set({ state: 'held', lastError: null })
      .where(
        sql`${accessGrant.id} = ${intent.grantId} and ${accessGrant.attempts} = ${intent.attempt}
          and ${accessGrant.state} = 'provisioning' and ${accessGrant.endAt} is null and ${accessGrant.until} > tenure_now()`,
      )
      .returning({ policyVersion: accessGrant.policyVersion });
    if (!held) return false;
    const { isReported } = await settleGranted(tx, subject.requestId);
    await appendAudit(tx, {
      type: 'grant.begun',
      actor: actors.engine,
      ...aboutGrant(subject, intent.grantId, held.policyVersion),
    });
    // The messages about it are written by the ledger itself, with the row.
    if (isReported)
      await appendAudit(tx, {
        type: 'grant.reported',
        actor: actors.engine,
        ...aboutGrant(subject, intent.grantId, held.policyVersion),
        reason: 'to the customer’s administrators and security',
      });
    return true;
  });
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
