import { sql } from 'drizzle-orm';
import { type Actor, actors } from '../../domain/audit-event.ts';
import type { Ending, GrantOrigin } from '../../domain/grant.ts';
import { newId } from '../../domain/ids.ts';
import type { ProcessPersonState } from '../../domain/process.ts';
import { appendAudits, type NewAuditEvent } from '../audit.ts';
import type { Executor } from '../client.ts';
import { endedBy, endedState } from './end.ts';
import { lockPeople } from './standing.ts';
import { closeTasks } from './task.ts';
import { anyOf } from './texts.ts';

/** What a page of people gains and loses, as it is written before any target is touched. Instants are ISO 8601 UTC. */
export interface StandingWrites {
  processId: string;
  holderOrganizationId: string;
  origin: GrantOrigin;
  catalogRevision: number;
  /** When what begins begins. */
  now: string;
  take: { seq: number; personId: string; role: string }[];
  give: { personId: string; role: string }[];
  end: { grantId: string; by: Ending }[];
  renew: { grantId: string; formerUntil: string; until: string }[];
  begin: NewStandingGrant[];
  people: { personId: string; state: ProcessPersonState; error: string | null }[];
}

export interface NewStandingGrant {
  id: string;
  personId: string;
  organizationId: string;
  resourceId: string;
  entitlementId: string;
  until: string;
  policyVersion: string;
  policies: { id: string; title: string }[];
  account: string;
  sealedPassword: string | null;
  /** The way from a role that is held to the one that gives it. */
  because: readonly string[];
}

/** What was written about a grant, for its audit event. */
type Written = {
  id: string;
  organizationId: string;
  holderOrganizationId: string;
  requestId: string | null;
  policyVersion: string;
};

// Rows are locked in the order of their ids before they are changed: two who change several would else wait for each other.
const written = sql`g.id, g.organization_id as "organizationId", g.holder_organization_id as "holderOrganizationId",
  g.request_id as "requestId", g.policy_version as "policyVersion"`;

/**
 * Writes it all, each fact with its audit event, in as many statements for one person as for hundreds. What ends is ordered
 * first, so that what takes its place can begin in the same transaction. The people's rows must have been locked before.
 */
export async function writeStanding(tx: Executor, wish: StandingWrites): Promise<void> {
  const events = [
    ...(await changeRoles(tx, wish)),
    ...(await orderEnds(tx, wish.end)),
    ...(await renewGrants(tx, wish)),
    ...(await beginGrants(tx, wish)),
  ];
  await appendAudits(tx, events);
  await notePeople(tx, wish.processId, wish.people);
}

async function changeRoles(
  tx: Executor,
  { take, give, holderOrganizationId }: StandingWrites,
): Promise<NewAuditEvent[]> {
  if (take.length > 0)
    await tx.execute(sql`
      update person_role h set until = tenure_now() from jsonb_to_recordset(${JSON.stringify(take)}::jsonb) as w (seq bigint)
      where h.seq = w.seq`);
  if (give.length > 0)
    await tx.execute(sql`
      insert into person_role (person_id, role_id, organization_id)
      select w."personId", r.id, ${holderOrganizationId}
      from jsonb_to_recordset(${JSON.stringify(give)}::jsonb) as w ("personId" text, role text) join role r on r.key = w.role`);
  const told = (type: 'role.taken' | 'role.given', list: readonly { personId: string; role: string }[]) =>
    list.map(({ personId, role }) => ({
      type,
      actor: actors.engine,
      subject: { kind: 'person', id: personId },
      organizationId: holderOrganizationId,
      holderOrganizationId,
      reason: role,
    }));
  return [...told('role.taken', take), ...told('role.given', give)];
}

async function orderEnds(tx: Executor, end: StandingWrites['end']): Promise<NewAuditEvent[]> {
  if (end.length === 0) return [];
  const rows = await tx.execute<Written & { by: Ending }>(sql`
    with chosen as materialized (select g.id, w.by from access_grant g
      join jsonb_to_recordset(${JSON.stringify(end)}::jsonb) as w ("grantId" text, by text) on w."grantId" = g.id
      where g.ended_at is null and g.end_at is null order by g.id for no key update of g)
    update access_grant g set end_at = tenure_now(), end_order = w.by from chosen w where g.id = w.id returning ${written}, w.by`);
  return rows.map((row) => eventOf('grant.end_intended', row, actors.engine, row.by));
}

async function renewGrants(tx: Executor, { renew, processId }: StandingWrites): Promise<NewAuditEvent[]> {
  if (renew.length === 0) return [];
  const lines = JSON.stringify(renew.map((one) => ({ ...one, id: newId('renewal') })));
  const wishes = sql`jsonb_to_recordset(${lines}::jsonb)
    as w (id text, "grantId" text, "formerUntil" timestamptz, until timestamptz)`;
  await tx.execute(sql`
    insert into renewal (id, grant_id, process_id, organization_id, holder_organization_id, former_until, until)
    select w.id, g.id, ${processId}, g.organization_id, g.holder_organization_id, w."formerUntil", w.until
    from ${wishes} join access_grant g on g.id = w."grantId"`);
  const rows = await tx.execute<Written>(sql`
    update access_grant g set until = w.until from ${wishes}
    where g.id = w."grantId" and g.until = w."formerUntil" and g.end_at is null returning ${written}`);
  return rows.map((row) => eventOf('grant.renewed', row, actors.engine, processId));
}

async function beginGrants(tx: Executor, wish: StandingWrites): Promise<NewAuditEvent[]> {
  const { begin, processId, catalogRevision, origin, now, holderOrganizationId } = wish;
  if (begin.length === 0) return [];
  const rows = await tx.execute<Written>(sql`
    insert into access_grant as g (id, process_id, catalog_revision, origin, state, person_id, organization_id,
      holder_organization_id, resource_id, entitlement_id, "from", until, policy_version, policies, account, sealed_password)
    select w.id, ${processId}, ${catalogRevision}, ${origin}, 'provisioning', w."personId", w."organizationId",
      ${holderOrganizationId}, w."resourceId", w."entitlementId", ${now}, w.until, w."policyVersion", w.policies, w.account,
      w."sealedPassword"
    from jsonb_to_recordset(${JSON.stringify(begin)}::jsonb) as w (id text, "personId" text, "organizationId" text,
      "resourceId" text, "entitlementId" text, until timestamptz, "policyVersion" text, policies jsonb, account text,
      "sealedPassword" text)
    returning ${written}`);
  const reasons = new Map(begin.map((one) => [one.id, one.because.join(' > ')]));
  return rows.map((row) => eventOf('grant.intended', row, actors.engine, reasons.get(row.id) ?? null));
}

async function notePeople(tx: Executor, processId: string, people: StandingWrites['people']): Promise<void> {
  if (people.length === 0) return;
  await tx.execute(sql`
    update process_person w set state = x.state, last_error = x.error, changed_at = tenure_now()
    from jsonb_to_recordset(${JSON.stringify(people)}::jsonb) as x ("personId" text, state text, error text)
    where w.process_id = ${processId} and w.person_id = x."personId" and w.state in ('waiting', 'applying')`);
}

function eventOf(
  type: NewAuditEvent['type'],
  row: Written,
  actor: Actor,
  reason: string | null,
): NewAuditEvent {
  const { id, organizationId, holderOrganizationId, requestId, policyVersion } = row;
  const subject = { kind: 'grant', id };
  return {
    type,
    actor,
    subject,
    organizationId,
    holderOrganizationId,
    requestId,
    grantId: id,
    policyVersion,
    reason,
  };
}

/** How a try for one person came out. */
export interface PersonOutcome {
  personId: string;
  /** Null: everything is as it shall be. */
  error: string | null;
  /** Trying again cannot help. */
  isFinal: boolean;
}

/** What targets were read back to hold, and what that means for a page's people. */
export interface PageOutcome {
  processId: string;
  /** Whose grants these are. */
  personIds: readonly string[];
  /** Ids of grants. */
  held: readonly string[];
  gone: readonly string[];
  people: readonly PersonOutcome[];
  /** How long a person is tried for before the process gives them up, in milliseconds. */
  limitMs: number;
}

/**
 * Writes down what was read back: what began, what has ended, and who is done. Who failed for good, or for too long, loses
 * again what the process gave them: its end is ordered. Returns their ids.
 */
export function confirmPage(db: Executor, outcome: PageOutcome): Promise<string[]> {
  const { processId, personIds, held, gone, people, limitMs } = outcome;
  return db.transaction(async (tx) => {
    // Before any grant, as whoever plans for them or removes them does.
    await lockPeople(tx, personIds);
    const begun = await confirmHeld(tx, held);
    const ended = await endStanding(tx, gone, actors.engine);
    const failed = await noteOutcomes(tx, processId, people, limitMs);
    const undone = await orderRollback(tx, processId, failed);
    await appendAudits(tx, [...begun, ...ended, ...undone]);
    return failed;
  });
}

async function confirmHeld(tx: Executor, grantIds: readonly string[]): Promise<NewAuditEvent[]> {
  if (grantIds.length === 0) return [];
  const rows = await tx.execute<Written>(sql`
    with chosen as materialized (select id from access_grant where id = ${anyOf(grantIds)}
      and request_id is null and state = 'provisioning' and end_at is null and until > tenure_now() order by id for no key update)
    update access_grant g set state = 'held', last_error = null from chosen where g.id = chosen.id returning ${written}`);
  return rows.map((row) => eventOf('grant.begun', row, actors.engine, null));
}

/** The targets hold nothing of these grants any more: those without a request have ended. The others' processes say it of theirs. */
export async function confirmStandingEnded(
  db: Executor,
  grantIds: readonly string[],
  actor: Actor,
): Promise<void> {
  if (grantIds.length === 0) return;
  await db.transaction(async (tx) => appendAudits(tx, await endStanding(tx, grantIds, actor)));
}

/** The same within a transaction; returns the events that tell of it. */
export async function endStanding(
  tx: Executor,
  grantIds: readonly string[],
  actor: Actor,
): Promise<NewAuditEvent[]> {
  if (grantIds.length === 0) return [];
  const rows = await tx.execute<Written & { endedBy: Ending; overdueAlerted: boolean }>(sql`
    with due as materialized (select id from access_grant where id = ${anyOf(grantIds)} and request_id is null
      and ended_at is null and due_at <= tenure_now() order by id for no key update)
    update access_grant g set state = ${endedState}, ended_at = tenure_now(), ended_by = ${endedBy}, sealed_password = null,
      sealed_next_password = null, last_error = null
    from due where g.id = due.id
    returning ${written}, g.ended_by as "endedBy", g.overdue_alerted as "overdueAlerted"`);
  for (const row of rows) {
    // Only an end that failed or was late has left a task.
    if (row.overdueAlerted || row.endedBy === 'rollback') await closeTasks(tx, { grantId: row.id, actor });
  }
  return rows.map((row) =>
    eventOf(row.endedBy === 'rollback' ? 'grant.rolled_back' : 'grant.ended', row, actor, row.endedBy),
  );
}

/** Returns the ids of those who have failed now. */
async function noteOutcomes(
  tx: Executor,
  processId: string,
  people: readonly PersonOutcome[],
  limitMs: number,
): Promise<string[]> {
  if (people.length === 0) return [];
  const rows = await tx.execute<{ id: string; state: ProcessPersonState }>(sql`
    update process_person w set last_error = x.error, changed_at = tenure_now(),
      tries = w.tries + case when x.error is null then 0 else 1 end,
      tried_at = case when x.error is null then w.tried_at else coalesce(w.tried_at, tenure_now()) end,
      state = case when x.error is null then 'done'
        when x."isFinal" or w.tried_at + ${limitMs} * interval '1 millisecond' <= tenure_now() then 'failed' else w.state end
    from jsonb_to_recordset(${JSON.stringify(people.map(({ personId, error, isFinal }) => ({ personId, error, isFinal })))}::jsonb)
      as x ("personId" text, error text, "isFinal" boolean)
    where w.process_id = ${processId} and w.person_id = x."personId" and w.state = 'applying'
    returning w.person_id as id, w.state`);
  return rows.filter((row) => row.state === 'failed').map((row) => row.id);
}

/** Orders the end of everything that the process has given these people. The people's rows must have been locked before. */
export async function orderRollback(
  tx: Executor,
  processId: string,
  personIds: readonly string[],
): Promise<NewAuditEvent[]> {
  if (personIds.length === 0) return [];
  const rows = await tx.execute<Written>(sql`
    with chosen as materialized (select id from access_grant where process_id = ${processId}
      and person_id = ${anyOf(personIds)} and ended_at is null and end_at is null order by id for no key update)
    update access_grant g set end_at = tenure_now(), end_order = 'rollback' from chosen where g.id = chosen.id returning ${written}`);
  return rows.map((row) => eventOf('grant.end_intended', row, actors.engine, 'rollback'));
}
