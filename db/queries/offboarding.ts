import { type SQL, sql } from 'drizzle-orm';
import type { Actor, AuditEventType } from '../../domain/audit-event.ts';
import { appendAudit, appendAudits, type NewAuditEvent } from '../audit.ts';
import type { Executor } from '../client.ts';
import { enqueue, type OutboxLine } from '../outbox.ts';
import { iso } from './instant.ts';
import type { ProcessWish } from './process.ts';
import { revokePasskeys } from './passkey.ts';
import { endSessions } from './session.ts';
import { withdrawWelcomes } from './welcome.ts';
import { anyOf } from './texts.ts';

/** Why people leave. */
export type LeavingWhy = NonNullable<ProcessWish['why']>;

interface Ordered {
  /** Null where no process follows, and the reaper alone takes away. */
  processId: string | null;
  actor: Actor;
  why: LeavingWhy;
  /** W3C trace context of what caused it. */
  traceparent: string | null;
}

/** Who leaves: at most some hundreds at a time, all of one organization. */
export interface LeavingOrder extends Ordered {
  personIds: readonly string[];
}

/**
 * Everything that happens at once when people leave for good, in the caller's transaction: they are signed out, their passkeys
 * are revoked, the end of all that they hold or are about to hold is ordered, what they have asked for is cancelled, and they
 * stop being members, holders of roles and invited. From here on the reaper alone takes everything away, with Temporal and every worker down.
 * A second time it changes nothing. Works for the application, within what its person may see and manage, and for the
 * system; nobody can order it for themselves with the application's eyes, for the first of these steps takes the right to
 * the rest. Returns the lines that wake what waited for those requests and for them to confirm.
 */
export function orderLeaving(tx: Executor, order: LeavingOrder): Promise<OutboxLine[]> {
  const { personIds } = order;
  if (personIds.length === 0) return Promise.resolve([]);
  return withVendorReach(tx, async () => {
    // People in the order of their ids, before requests and grants: as everybody who gives or takes does.
    const people = await tx.execute<{ id: string }>(
      sql`select id from person where id = ${anyOf(personIds)} order by id for no key update`,
    );
    const ids = people.map(({ id }) => id);
    if (order.processId !== null) await writeDown(tx, order.processId, ids);
    const end = { by: 'offboarding', actor: order.actor, reason: order.why } as const;
    await endSessions(tx, { personIds: ids }, end);
    await revokePasskeys(tx, { personIds: ids }, end);
    const lines = await stopAccess(tx, order, {
      requests: sql`(person_id = ${anyOf(ids)} or requested_by = ${anyOf(ids)})`,
      grants: sql`person_id = ${anyOf(ids)}`,
    });
    lines.push(...(await withdrawWelcomes(tx, ids, order.traceparent)));
    await endPlaces(tx, order, ids);
    return lines;
  });
}

/** A whole customer leaves; so many of its users in one transaction. */
export interface CustomerLeavingOrder extends Ordered {
  organizationId: string;
  processId: string;
  limit: number;
}

/**
 * The same for a customer: at once none of its people signs in and nobody of the vendor's holds anything on its data, and its
 * users leave page by page. `isDone` when none is left to be ordered out.
 */
export async function orderCustomerLeaving(
  tx: Executor,
  order: CustomerLeavingOrder,
): Promise<{ lines: OutboxLine[]; isDone: boolean }> {
  const { organizationId, processId, limit } = order;
  return withVendorReach(tx, async () => {
    await suspendOrganization(tx, organizationId, order.actor, order.why);
    const foreign = sql`organization_id = ${organizationId} and holder_organization_id <> ${organizationId}`;
    const lines = await stopAccess(tx, order, { requests: foreign, grants: foreign });
    const page = await tx.execute<{ id: string }>(sql`
      select p.id from person p where p.organization_id = ${organizationId} and p.offboarded_at is null
        and not exists (select 1 from process_person w where w.process_id = ${processId} and w.person_id = p.id)
      order by p.id limit ${limit}`);
    lines.push(...(await orderLeaving(tx, { ...order, personIds: page.map(({ id }) => id) })));
    return { lines, isDone: page.length < limit };
  });
}

/** Keeps the people of an organization from signing in, reversibly. False when they could not already. */
export async function suspendOrganization(
  tx: Executor,
  organizationId: string,
  actor: Actor,
  reason: string,
): Promise<boolean> {
  const rows = await tx.execute(sql`
    update organization set suspended_at = tenure_now() where id = ${organizationId} and suspended_at is null returning id`);
  if (rows.length === 0) return false;
  await endSessions(tx, { organizationId }, { by: 'suspension', actor, reason });
  const subject = { kind: 'organization', id: organizationId };
  const owners = { organizationId, holderOrganizationId: organizationId };
  await appendAudit(tx, { type: 'organization.suspended', actor, subject, ...owners, reason });
  return true;
}

/** The same for people, whose sign-in, decisions and new access stop at once. Returns who was suspended by this. */
export async function suspendPeople(
  tx: Executor,
  personIds: readonly string[],
  actor: Actor,
  reason: string,
): Promise<string[]> {
  const rows = await tx.execute<{ id: string; organization: string }>(sql`
    update person set suspended_at = tenure_now() where suspended_at is null and id in (
      select id from person where id = ${anyOf(personIds)} order by id for no key update)
    returning id, organization_id as organization`);
  await appendAudits(tx, aboutPeople(rows, 'person.suspended', actor, reason));
  await endSessions(tx, { personIds: rows.map(({ id }) => id) }, { by: 'suspension', actor, reason });
  return rows.map(({ id }) => id);
}

/** An event for each of these people. */
export function aboutPeople(
  people: readonly { id: string; organization: string }[],
  type: AuditEventType,
  actor: Actor,
  reason: string | null,
): NewAuditEvent[] {
  return people.map(({ id, organization }) => ({
    type,
    actor,
    subject: { kind: 'person', id },
    organizationId: organization,
    holderOrganizationId: organization,
    reason,
  }));
}

/**
 * The vendor runs its customers' directory, but its people see requests and grants of others only where they read all records.
 * What must be ended must be found, whoever orders it: for as long as the work takes, all of it is seen. A customer's
 * administrator sees what is held by its own people anyway, and no more than that.
 */
async function withVendorReach<T>(tx: Executor, work: () => Promise<T>): Promise<T> {
  const [before] = await tx.execute<{ reach: string }>(sql`
    select coalesce(current_setting('tenure.reach', true), '') as reach,
      case when tenure_organization() = tenure_vendor() then set_config('tenure.reach', 'all', true) end`);
  const answer = await work();
  await tx.execute(sql`select set_config('tenure.reach', ${before?.reach ?? ''}, true)`);
  return answer;
}

/** From here on the process takes away; that somebody comes back while it does, it sees in the person's row. */
async function writeDown(tx: Executor, processId: string, ids: readonly string[]): Promise<void> {
  await tx.execute(sql`
    insert into process_person (process_id, person_id, organization_id, state)
    select ${processId}, id, organization_id, 'applying' from person where id = ${anyOf(ids)} on conflict do nothing`);
}

interface Stopped {
  /** Which requests, of table `access_request`, and which grants, of table `access_grant`. */
  requests: SQL;
  grants: SQL;
}

type OpenRequest = {
  id: string;
  organizationId: string;
  holderOrganizationId: string;
  policyVersion: string;
  run: number;
};

/** Cancels what has not begun and orders the end of what has, in the order of locks of every ending: requests, extensions, grants. */
export async function stopAccess(tx: Executor, order: Ordered, which: Stopped): Promise<OutboxLine[]> {
  const open = await tx.execute<OpenRequest>(sql`
    select id, organization_id as "organizationId", holder_organization_id as "holderOrganizationId",
      policy_version as "policyVersion", engine_run as run
    from access_request where ${which.requests} and state in ('waiting', 'approved') order by kind, id for no key update`);
  const cancelled = open.map(({ id }) => id);
  if (cancelled.length > 0)
    await tx.execute(sql`
      update access_request set state = 'cancelled', settled_at = tenure_now() where id = ${anyOf(cancelled)}`);
  await appendAudits(
    tx,
    open.map(({ id, organizationId, holderOrganizationId, policyVersion }) => ({
      type: 'access_request.cancelled',
      actor: order.actor,
      subject: { kind: 'access_request', id },
      organizationId,
      holderOrganizationId,
      requestId: id,
      policyVersion,
      reason: order.why,
    })),
  );
  const held = await orderEnds(tx, order, { ...which, cancelled });
  const lines: OutboxLine[] = [];
  for (const [waiting, signal] of [
    [open, 'cancel'],
    [held, 'revoke'],
  ] as const)
    for (const { id, organizationId, run } of waiting) {
      const message = { signal, id: order.processId ?? id, organization: organizationId, run };
      const { traceparent } = order;
      lines.push(await enqueue(tx, { kind: 'engine', subjectId: id, message, traceparent }));
    }
  return lines;
}

/**
 * Orders the end of those grants, and of what was being made for requests that are cancelled here. Returns the requests of
 * the others, whose workflows wait for the end.
 */
async function orderEnds(
  tx: Executor,
  { actor, why }: Ordered,
  { grants, cancelled }: { grants: SQL; cancelled: readonly string[] },
): Promise<Omit<OpenRequest, 'policyVersion' | 'holderOrganizationId'>[]> {
  const by = actor.kind === 'person' ? actor.id : null;
  const ended = await tx.execute<{
    id: string;
    requestId: string | null;
    organizationId: string;
    holderOrganizationId: string;
    policyVersion: string;
  }>(sql`
    update access_grant set end_at = tenure_now(), end_order = 'offboarding', end_ordered_by = ${by}
    where id in (
      select id from access_grant where (${grants} or request_id = ${anyOf(cancelled)}) and state in ('provisioning', 'held')
        and end_at is null order by id for no key update)
    returning id, request_id as "requestId", organization_id as "organizationId",
      holder_organization_id as "holderOrganizationId", policy_version as "policyVersion"`);
  await appendAudits(
    tx,
    ended.map(({ id, ...grant }) => ({
      ...grant,
      type: 'grant.end_intended',
      actor,
      subject: { kind: 'grant', id },
      grantId: id,
      reason: why,
    })),
  );
  const told = new Set(cancelled);
  const waiting = ended.flatMap(({ requestId }) => (requestId && !told.has(requestId) ? [requestId] : []));
  if (waiting.length === 0) return [];
  const rows = await tx.execute<{ id: string; organizationId: string; run: number }>(sql`
    select id, organization_id as "organizationId", engine_run as run from access_request where id = ${anyOf(waiting)} order by id`);
  return [...rows];
}

/** All at one instant, by which a return finds what ended with the leaving. */
async function endPlaces(tx: Executor, { actor, why }: Ordered, ids: readonly string[]): Promise<void> {
  const [clock] = await tx.execute<{ now: string }>(sql`select ${iso(sql`tenure_now()`)} as now`);
  const now = sql`${clock?.now ?? null}::timestamptz`;
  const members = await tx.execute<{ id: string; organization: string }>(sql`
    update membership set until = greatest("from", ${now}) where person_id = ${anyOf(ids)} and until is null
    returning person_id as id, organization_id as organization`);
  await tx.execute(sql`
    update person_role set until = greatest("from", ${now}) where person_id = ${anyOf(ids)} and (until is null or until > ${now})`);
  const gone = await tx.execute<{ id: string; organization: string }>(sql`
    update person set suspended_at = coalesce(suspended_at, ${now}), offboarded_at = ${now}
    where id = ${anyOf(ids)} and offboarded_at is null returning id, organization_id as organization`);
  await appendAudits(tx, [
    ...aboutPeople(members, 'membership.ended', actor, why),
    ...aboutPeople(gone, 'person.offboarded', actor, why),
  ]);
}
