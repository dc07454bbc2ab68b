import { eq, sql } from 'drizzle-orm';
import { actors } from '../../domain/audit-event.ts';
import { appendAudit } from '../audit.ts';
import type { Executor } from '../client.ts';
import { accessRequest } from '../schema/access-request.ts';
import { accessGrant } from '../schema/grant.ts';
import { person } from '../schema/person.ts';

/** How many approvals a stage of a request has, by the role and the side whose people gave them. */
export interface ApprovedNeed {
  roleKey: string;
  of: 'vendor' | 'customer';
  approvals: number;
}

/** The approvals of a request, stage by stage, of the vendor's people and of those whose data it is about. Those of people who were suspended or have left since no longer count. */
export async function readApprovedNeeds(db: Executor, requestId: string): Promise<ApprovedNeed[]> {
  const rows = await db.execute<ApprovedNeed & Record<string, unknown>>(sql`
    select r.key as "roleKey", case when s.organization_id = tenure_vendor() then 'vendor' else 'customer' end as "of",
      (select count(*)::int from decision d join person p on p.id = d.person_id where d.stage_id = s.id
        and d.decision = 'approve' and p.suspended_at is null and p.offboarded_at is null) as approvals
    from stage s join role r on r.id = s.role_id join access_request a on a.id = s.request_id
    where s.request_id = ${requestId} and s.organization_id in (a.organization_id, tenure_vendor())`);
  return [...rows];
}

/** What policy said at activation: kept with what it allowed. */
export interface ActivationPolicy {
  policyVersion: string;
  /** The policies that decided. */
  policies: { id: string; title: string }[];
}

/** An approved request under its lock, and the ledger's clock at that moment. */
export interface Approved {
  periodMs: number;
  /** When the person leaves; nothing of theirs lasts longer. */
  personEndsAt: Date | null;
  now: Date;
}

/** Locks an approved request or extension, always before its grant; null when it is not approved (any more). */
export async function lockApproved(tx: Executor, requestId: string): Promise<Approved | null> {
  const [asked] = await tx
    .select({
      state: accessRequest.state,
      periodMs: accessRequest.periodMs,
      personEndsAt: person.endsAt,
      nowMs: sql<string>`(extract(epoch from tenure_now()) * 1000)::bigint`,
    })
    .from(accessRequest)
    .innerJoin(person, eq(person.id, accessRequest.personId))
    .where(eq(accessRequest.id, requestId))
    .for('no key update', { of: accessRequest });
  if (asked?.state !== 'approved') return null;
  const { periodMs, personEndsAt, nowMs } = asked;
  return { periodMs, personEndsAt, now: new Date(Number(nowMs)) };
}

/** The approved period from that instant on, or less where the person leaves before. */
export function endWithin(approved: Approved, start: Date): Date {
  const { periodMs, personEndsAt } = approved;
  return new Date(Math.min(start.getTime() + periodMs, personEndsAt?.getTime() ?? Infinity));
}

/** It has become real: nothing is wrong with it any more. Says whether policy wants it reported. */
export async function settleGranted(tx: Executor, requestId: string): Promise<{ isReported: boolean }> {
  const [settled] = await tx
    .update(accessRequest)
    .set({ state: 'granted', settledAt: sql`tenure_now()`, lastError: null })
    .where(eq(accessRequest.id, requestId))
    .returning({ isReported: accessRequest.reported });
  return { isReported: settled?.isReported ?? false };
}

/**
 * Notes what went wrong with an attempt, as a closed code, so that everybody can see why it takes long. True when it has
 * failed for longer than `limitMs`, counted from its first failure, which stays the first whatever happens between: the
 * first failure after a long standstill may be too late. Time before anything was tried does not count.
 */
export async function noteFailedAttempt(
  db: Executor,
  requestId: string,
  code: string,
  limitMs: number,
): Promise<boolean> {
  await db
    .update(accessGrant)
    .set({ lastError: code })
    .where(sql`${accessGrant.requestId} = ${requestId} and ${accessGrant.state} = 'provisioning'`);
  const rows = await db.execute<{ late: boolean }>(sql`
    update access_request set last_error = ${code}, tried_at = coalesce(tried_at, tenure_now())
    where id = ${requestId} and state = 'approved'
    returning tried_at + ${limitMs} * interval '1 millisecond' <= tenure_now() as late`);
  return rows[0]?.late ?? false;
}

/** Why an approved request is refused after all: a closed code. */
export type ActivationRefusal =
  /** Policy does not allow any more what was approved. */
  | 'policy'
  /** The access that should last longer has ended, or its end is ordered. */
  | 'grant-ended'
  /** The person leaves before anything would be gained. */
  | 'person-ended';

/** Policy, or what has happened meanwhile, says no at activation: the request is refused. */
export function refuseAtActivation(
  db: Executor,
  requestId: string,
  reason: ActivationRefusal,
  policyVersion: string,
): Promise<void> {
  return closeApproved(db, requestId, 'refused', reason, policyVersion);
}

/** Provisioning is given up: the request has failed, and what may have been made is ordered to be undone. */
export function giveUp(db: Executor, requestId: string, code: string): Promise<void> {
  return closeApproved(db, requestId, 'failed', code, null);
}

function closeApproved(
  db: Executor,
  requestId: string,
  state: 'refused' | 'failed',
  code: string,
  policyVersion: string | null,
): Promise<void> {
  return db.transaction(async (tx) => {
    const [asked] = await tx
      .update(accessRequest)
      .set({ state, settledAt: sql`tenure_now()`, lastError: code })
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
