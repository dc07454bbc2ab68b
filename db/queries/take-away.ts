import { type SQL, sql } from 'drizzle-orm';
import { actors } from '../../domain/audit-event.ts';
import { appendAudit } from '../audit.ts';
import type { Executor } from '../client.ts';
import { type Difference, passPeopleFence } from './fence.ts';
import { settleFoundAccounts } from './found-account.ts';
import { handOver } from './handover.ts';
import { orderCustomerLeaving, orderLeaving } from './offboarding.ts';
import { lockProcess, moveProcess, type ProcessView } from './process.ts';
import { alertOverdue } from './reaper.ts';
import { isTakenBack } from './scim-leaving.ts';
import { hasLeftovers, openProcessTask } from './task.ts';
import type { LeftAccount } from './whereabouts.ts';
import { anyOf } from './texts.ts';

/** An offboarding that is at work. */
export interface Leaving {
  processId: string;
  organizationId: string;
  /** Null: the customer as a whole. */
  personId: string | null;
  /** Nobody else is to be ordered out. */
  isOrdered: boolean;
}

const actor = actors.engine;

/**
 * Orders the next people of an offboarding out, unless whoever accepted it has done so, or a fence holds them, and hands over
 * what they owned. Whoever has come back meanwhile is left alone. Null when the process is none, or not at work.
 */
export function orderPage(db: Executor, processId: string, limit: number): Promise<Leaving | null> {
  return db.transaction(async (tx) => {
    const process = await lockProcess(tx, processId);
    if (process?.kind !== 'offboarding' || process.state !== 'running') return null;
    const { organizationId, personId } = process;
    const isOrdered =
      personId === null ? await orderUsers(tx, process, limit) : await orderOne(tx, process, personId);
    if (isOrdered === null) return null;
    await tx.execute(sql`
      update process_person w set state = 'skipped', changed_at = tenure_now() from person p
      where p.id = w.person_id and w.process_id = ${processId} and w.state = 'applying' and p.offboarded_at is null`);
    const fresh = await tx.execute<{ id: string }>(sql`
      select person_id as id from process_person where process_id = ${processId} and state = 'applying' and tried_at is null
      order by person_id limit ${limit}`);
    await handOver(tx, { processId, personIds: fresh.map(({ id }) => id), actor });
    return { processId, organizationId, personId, isOrdered };
  });
}

function why({ id, wish }: ProcessView) {
  return { processId: id, actor, why: wish.why ?? 'leaving', traceparent: null };
}

/** Null when the customer was won back meanwhile: then nothing is left to do for this process. */
async function orderUsers(tx: Executor, process: ProcessView, limit: number): Promise<boolean | null> {
  const { id, organizationId } = process;
  const [before] = await tx.execute<{ wonBack: boolean }>(sql`
    select s.tried_at is not null and o.suspended_at is null as "wonBack"
    from process s join organization o on o.id = s.organization_id where s.id = ${id}`);
  if (before?.wonBack) {
    await moveProcess(tx, id, ['running'], 'discarded', { lastError: 'won-back' });
    return null;
  }
  await tx.execute(sql`update process set tried_at = coalesce(tried_at, tenure_now()) where id = ${id}`);
  const { isDone } = await orderCustomerLeaving(tx, { ...why(process), organizationId, limit });
  return isDone;
}

/**
 * Orders the person out whom an offboarding is about; null while a fence holds it, or when it was taken back. Who is written down as waiting has passed, or
 * been let go; who is at work was ordered out by whoever accepted it.
 */
export async function orderOne(
  tx: Executor,
  process: ProcessView,
  personId: string,
): Promise<boolean | null> {
  const { id, organizationId } = process;
  if (process.wish.beyond && (await isTakenBack(tx, id))) {
    await moveProcess(tx, id, ['running'], 'discarded', { lastError: 'taken-back' });
    return null;
  }
  const rows = await tx.execute<{ state: string }>(
    sql`select state from process_person where process_id = ${id} and person_id = ${personId}`,
  );
  const state = rows[0]?.state ?? (await passFence(tx, process, personId));
  if (state === 'fenced') {
    await moveProcess(tx, id, ['waiting', 'running'], 'fenced');
    return null;
  }
  if (state !== 'waiting') return true;
  await tx.execute(sql`
    insert into process_person (process_id, person_id, organization_id, state) values (${id}, ${personId}, ${organizationId}, 'applying')
    on conflict (process_id, person_id) do update set state = 'applying', changed_at = tenure_now()`);
  await orderLeaving(tx, { ...why(process), personIds: [personId] });
  return true;
}

async function passFence(
  tx: Executor,
  { id, organizationId, cause, requestedBy }: ProcessView,
  personId: string,
): Promise<'waiting' | 'fenced' | 'skipped'> {
  await tx.execute(sql`
    insert into process_person (process_id, person_id, organization_id) values (${id}, ${personId}, ${organizationId})
    on conflict do nothing`);
  const people = [{ personId, difference: await readLoss(tx, personId) }];
  const author = cause === 'end-date' ? await lastToSay(tx, personId) : requestedBy;
  const wish = { organizationId, processId: id, cause, author, people };
  const { held, discarded } = await passPeopleFence(tx, wish);
  if (discarded.length === 0) return held.length > 0 ? 'fenced' : 'waiting';
  await tx.execute(sql`
    update process_person set state = 'skipped', changed_at = tenure_now() where process_id = ${id} and person_id = ${personId}`);
  return 'skipped';
}

/** Who said last by a list what somebody is, their end among it; null: no person did. */
async function lastToSay(tx: Executor, personId: string): Promise<string | null> {
  const rows = await tx.execute<{ by: string | null }>(sql`
    select s.requested_by as by from process_person w join process s on s.id = w.process_id
    where w.person_id = ${personId} and s.cause = 'roster' order by s.id desc limit 1`);
  return rows[0]?.by ?? null;
}

/** What somebody who leaves holds by their roles. */
async function readLoss(tx: Executor, personId: string): Promise<Difference> {
  const rows = await tx.execute<{ name: string }>(sql`
    select distinct r.key || ':' || e.key as name from access_grant g join resource r on r.id = g.resource_id
      join entitlement e on e.id = g.entitlement_id
    where g.person_id = ${personId} and g.request_id is null and g.state in ('provisioning', 'held') and g.end_at is null order by 1`);
  return { gain: [], lose: rows.map(({ name }) => name) };
}

/** Of a row `g` of access_grant: it is what this offboarding takes away, and is not gone. */
function isTaken({ processId, organizationId, personId }: Leaving): SQL {
  const ofPeople = sql`g.person_id in (select w.person_id from process_person w where w.process_id = ${processId} and w.state = 'applying')`;
  const onData = sql`g.organization_id = ${organizationId} and g.holder_organization_id <> ${organizationId}`;
  return sql`g.state in ('provisioning', 'held') and g.due_at <= (select tenure_now())
    and ${personId === null ? sql`(${ofPeople} or ${onData})` : ofPeople}`;
}

/** What must go: of every target some, first what has not failed. */
export async function readEnds(
  db: Executor,
  leaving: Leaving,
  perTarget: number,
): Promise<{ grantId: string; targetKey: string }[]> {
  const rows = await db.execute<{ grantId: string; targetKey: string }>(sql`
    select "grantId", "targetKey" from (
      select g.id as "grantId", r.target_key as "targetKey",
        row_number() over (partition by r.target_key order by g.last_error is not null, g.end_tried_at nulls first, g.id) as turn
      from access_grant g join resource r on r.id = g.resource_id where ${isTaken(leaving)}) open
    where turn <= ${perTarget} order by turn`);
  return [...rows];
}

/** People of the process at whom something is still to be taken away; `isGone`: every grant of theirs is. */
export async function readApplying(
  db: Executor,
  processId: string,
  limit: number,
): Promise<{ personId: string; isGone: boolean }[]> {
  const rows = await db.execute<{ personId: string; isGone: boolean }>(sql`
    select w.person_id as "personId", not exists (
      select 1 from access_grant g where g.person_id = w.person_id and g.state in ('provisioning', 'held')) as "isGone"
    from process_person w where w.process_id = ${processId} and w.state = 'applying'
    order by w.tried_at nulls first, w.person_id limit ${limit}`);
  return [...rows];
}

/** What was found out about a page of people. */
export interface Findings {
  /** Nothing is left of them. */
  gone: readonly string[];
  left: readonly LeftAccount[];
  /** All that were looked at. */
  tried: readonly string[];
}

/**
 * Writes down what was found, lists what has been left for `residueAfterMs` with its owner, and settles the process when
 * nothing more is to be done: it is done, or residue is listed.
 */
export async function settlePage(
  db: Executor,
  leaving: Leaving,
  found: Findings,
  residueAfterMs: number,
): Promise<void> {
  // Before the process is locked: whoever holds a process and a grant has locked the process first.
  for (const grantId of await lateGrants(db, leaving, residueAfterMs)) await alertOverdue(db, grantId);
  await db.transaction(async (tx) => {
    const process = await lockProcess(tx, leaving.processId);
    if (process?.state !== 'running') return;
    await tx.execute(sql`
      update process_person set state = 'done', last_error = null, changed_at = tenure_now()
      where process_id = ${process.id} and state = 'applying' and person_id = ${anyOf(found.gone)}`);
    await settleFoundAccounts(tx, process.id, found.gone);
    await noteTries(tx, process.id, found);
    await listResidue(tx, leaving, found, residueAfterMs);
    await finish(tx, leaving);
  });
}

async function noteTries(tx: Executor, processId: string, { tried, left }: Findings): Promise<void> {
  const codes = new Map(left.map(({ personId, code }) => [personId, code]));
  const rows = tried.map((id) => ({ id, code: codes.get(id) ?? null }));
  await tx.execute(sql`
    update process_person w set tries = w.tries + 1, tried_at = tenure_now(), last_error = coalesce(t.code,
      (select g.last_error from access_grant g where g.person_id = w.person_id and g.state in ('provisioning', 'held')
        and g.last_error is not null order by g.id limit 1), w.last_error)
    from json_to_recordset(${JSON.stringify(rows)}::json) as t(id text, code text)
    where w.process_id = ${processId} and w.state = 'applying' and w.person_id = t.id`);
}

/** Grants that were tried and have not gone for so long, of people with whom the process has been busy for as long. */
async function lateGrants(db: Executor, leaving: Leaving, afterMs: number): Promise<string[]> {
  const limit = sql`(select tenure_now()) - ${afterMs} * interval '1 millisecond'`;
  const rows = await db.execute<{ id: string }>(sql`
    select g.id from access_grant g where ${isTaken(leaving)} and g.due_at <= ${limit}
      and (g.last_error is not null or g.end_tries > 0)
      and coalesce((select w.changed_at from process_person w where w.process_id = ${leaving.processId}
        and w.person_id = g.person_id), (select s.started_at from process s where s.id = ${leaving.processId})) <= ${limit}
      and not exists (select 1 from task t where t.kind = 'residue' and t.grant_id = g.id and t.closed_at is null)
    order by g.id limit 500`);
  return rows.map(({ id }) => id);
}

async function listResidue(
  tx: Executor,
  leaving: Leaving,
  { left }: Findings,
  afterMs: number,
): Promise<void> {
  const { processId } = leaving;
  const task = { kind: 'residue', processId, actor } as const;
  for (const grantId of await lateGrants(tx, leaving, afterMs)) {
    const [grant] = await tx.execute<{ code: string | null }>(
      sql`select last_error as code from access_grant where id = ${grantId}`,
    );
    await openProcessTask(tx, { ...task, grantId, cause: grant?.code ?? 'not-confirmed' });
  }
  const late = await lateOf(tx, processId, left, afterMs);
  for (const { personId, resourceId, code } of left)
    if (late.has(personId)) await openProcessTask(tx, { ...task, personId, resourceId, cause: code });
  // What is listed waits for its owner, not for the process. The reaper goes on trying for ever.
  await tx.execute(sql`
    update process_person w set state = 'done', changed_at = tenure_now()
    where w.process_id = ${processId} and w.state = 'applying'
      and exists (select 1 from task t where t.kind = 'residue' and t.person_id = w.person_id and t.closed_at is null)
      and not exists (select 1 from access_grant g where g.person_id = w.person_id and g.state in ('provisioning', 'held')
        and not exists (select 1 from task t where t.kind = 'residue' and t.grant_id = g.id and t.closed_at is null))`);
}

async function lateOf(
  tx: Executor,
  processId: string,
  left: readonly LeftAccount[],
  afterMs: number,
): Promise<Set<string>> {
  const rows = await tx.execute<{ id: string }>(sql`
    select person_id as id from process_person where process_id = ${processId} and state = 'applying'
      and person_id = ${anyOf(left.map(({ personId }) => personId))}
      and changed_at <= tenure_now() - ${afterMs} * interval '1 millisecond'`);
  return new Set(rows.map(({ id }) => id));
}

/** Everybody is done and, of a customer, nothing is held on its data but what is listed. */
async function finish(tx: Executor, leaving: Leaving): Promise<void> {
  const { processId, organizationId, personId, isOrdered } = leaving;
  if (!isOrdered) return;
  const [now] = await tx.execute<{ left: boolean }>(sql`
    select exists (select 1 from process_person where process_id = ${processId} and state in ('waiting', 'applying', 'fenced'))
      or exists (select 1 from access_grant g where ${isTaken(leaving)}
        and not exists (select 1 from task t where t.kind = 'residue' and t.grant_id = g.id and t.closed_at is null)) as left`);
  if (now?.left) return;
  if (personId === null) await closeOrganization(tx, organizationId);
  await tx.execute(
    sql`update process set drawn_up_at = coalesce(drawn_up_at, tenure_now()) where id = ${processId}`,
  );
  const to = (await hasLeftovers(tx, processId)) ? 'residue' : 'done';
  await moveProcess(tx, processId, ['running'], to);
}

async function closeOrganization(tx: Executor, organizationId: string): Promise<void> {
  const rows = await tx.execute(sql`
    update organization set offboarded_at = tenure_now() where id = ${organizationId} and offboarded_at is null returning id`);
  if (rows.length === 0) return;
  const subject = { kind: 'organization', id: organizationId };
  const owners = { organizationId, holderOrganizationId: organizationId };
  await appendAudit(tx, { type: 'organization.offboarded', actor, subject, ...owners });
}
