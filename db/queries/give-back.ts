import { sql } from 'drizzle-orm';
import { actors } from '../../domain/audit-event.ts';
import type { NewAuditEvent } from '../audit.ts';
import type { Executor } from '../client.ts';
import { iso } from './instant.ts';
import { orderRollback } from './standing-end.ts';
import { eventOf, type Written, written } from './standing-event.ts';
import { openProcessTask } from './task.ts';
import { anyOf } from './texts.ts';

/**
 * A grant that ended so that what excludes it could begin, by a process of which that came to nothing: nobody has given the
 * same since. Instants are ISO 8601 UTC.
 */
export interface FormerGrant {
  id: string;
  personId: string;
  resourceId: string;
  resource: string;
  entitlement: string;
  /** Key of the organization whose data it reaches. */
  organization: string;
  until: string;
}

/** What a process has ended for these people to make room, and what can be given back of it. */
export async function readFormer(
  tx: Executor,
  processId: string,
  personIds: readonly string[],
): Promise<FormerGrant[]> {
  // What it ended for this reason its record alone says: in a grant's row it is like any other end by a role change.
  const rows = await tx.execute<FormerGrant & Record<string, unknown>>(sql`
    select g.id, g.person_id as "personId", g.resource_id as "resourceId", r.key as resource, e.key as entitlement,
      o.key as organization, ${iso(sql`g.until`)} as until
    from access_grant g join resource r on r.id = g.resource_id join entitlement e on e.id = g.entitlement_id
      join organization o on o.id = g.organization_id
    where g.person_id = ${anyOf(personIds)} and g.request_id is null and g.end_order = 'role-change' and g.begun_at is not null
      and g.until > tenure_now()
      and exists (select 1 from audit_event a where a.grant_id = g.id and a.type = 'grant.end_intended'
        and a.subject_kind = 'process' and a.subject_id = ${processId})
      and not exists (select 1 from access_grant n where n.person_id = g.person_id and n.request_id is null and n.id > g.id
        and (n.resource_id, n.entitlement_id, n.organization_id) = (g.resource_id, g.entitlement_id, g.organization_id))
    order by g.id`);
  return [...rows];
}

/** An open grant whose end a process has moved to a later instant, and nobody since. Instants are ISO 8601 UTC. */
export interface ProlongedGrant {
  id: string;
  personId: string;
  until: string;
  /** What it was before the process. The same as `until`: it has it back. */
  formerUntil: string;
}

/** Those of these people. */
export async function readProlonged(
  tx: Executor,
  processId: string,
  personIds: readonly string[],
): Promise<ProlongedGrant[]> {
  const rows = await tx.execute<ProlongedGrant & Record<string, unknown>>(sql`
    select g.id, g.person_id as "personId", ${iso(sql`g.until`)} as until, ${iso(sql`n.former`)} as "formerUntil"
    from access_grant g cross join lateral (
      select (array_agg(former_until order by id))[1] as former, (array_agg(until order by id desc))[1] as last
      from renewal where grant_id = g.id and process_id = ${processId}) n
    where g.person_id = ${anyOf(personIds)} and g.request_id is null and g.ended_at is null and g.end_at is null
      and g.until = n.last and n.former <= n.last
    order by g.id`);
  return [...rows];
}

/** What others have done, or do, for somebody since a process took something from them. */
export type Meanwhile = 'at work' | 'through';

/**
 * Whose access another process is changing, or has changed since: what is given back might exclude what that gives, or undo
 * what it took. People of whom neither is so are not in the answer.
 */
export async function readMeanwhile(
  tx: Executor,
  processId: string,
  personIds: readonly string[],
): Promise<Map<string, Meanwhile>> {
  const rows = await tx.execute<{ personId: string; isAtWork: boolean }>(sql`
    select person_id as "personId", bool_or(at_work) as "isAtWork" from (
      select n.person_id, n.state in ('waiting', 'applying') as at_work
      from process_person n join process s on s.id = n.process_id
      where n.person_id = ${anyOf(personIds)} and n.process_id > ${processId} and s.started_at is not null
        and (n.state = 'done' or n.state in ('waiting', 'applying') and s.state in ('running', 'undoing'))
      union all
      select g.person_id, g.state = 'provisioning' from access_grant g join process s on s.id = ${processId}
      where g.person_id = ${anyOf(personIds)} and g.request_id is null and g.process_id <> s.id and g.ended_at is null
        and g.end_at is null and g."from" >= s.started_at) m
    group by person_id`);
  return new Map(rows.map((row) => [row.personId, row.isAtWork ? 'at work' : 'through']));
}

/** For whom a process came to nothing, and why, as a closed code. */
export interface GivenUp {
  personId: string;
  error: string;
}

/**
 * People who were noted as failed: the end of all that the process gave them is ordered. Whoever is to get something back
 * from a role change is not through with it: its task is opened now, and says from here on that they are brought back
 * to what they had (`isTakenBack`). The people's rows must have been locked before.
 */
export async function giveUp(
  tx: Executor,
  { processId, givesBack }: { processId: string; givesBack: boolean },
  people: readonly GivenUp[],
): Promise<NewAuditEvent[]> {
  if (people.length === 0) return [];
  const ids = people.map((one) => one.personId);
  const events = await orderRollback(tx, processId, ids);
  if (!givesBack) return events;
  const former = await readFormer(tx, processId, ids);
  const prolonged = (await readProlonged(tx, processId, ids)).filter((one) => one.formerUntil < one.until);
  const back = new Set([...former, ...prolonged].map((one) => one.personId));
  const turned: string[] = [];
  for (const { personId, error: cause } of people) {
    if (!back.has(personId)) continue;
    const about = { kind: 'role-change', processId, personId, cause, actor: actors.engine } as const;
    // Where nobody could own it there is nobody to bring it about for.
    if ((await openProcessTask(tx, about)) !== null) turned.push(personId);
  }
  if (turned.length > 0)
    await tx.execute(sql`
      update process_person set state = 'applying', tries = 0, tried_at = null, changed_at = tenure_now()
      where process_id = ${processId} and person_id = ${anyOf(turned)}`);
  return events;
}

/** Something that somebody has not got back. */
export interface NotGivenBack {
  personId: string;
  resourceId: string;
  cause: string;
}

/** A task for each says so, to the resource's owner. */
export async function noteNotGivenBack(
  tx: Executor,
  processId: string,
  lost: readonly NotGivenBack[],
): Promise<void> {
  for (const { personId, resourceId, cause } of lost)
    await openProcessTask(tx, {
      kind: 'role-change',
      processId,
      personId,
      resourceId,
      cause,
      actor: actors.engine,
    });
}

/** Giving back has failed for good: what of it has not begun ends, and what is missing is listed. */
export async function stopGivingBack(
  tx: Executor,
  processId: string,
  people: readonly GivenUp[],
): Promise<NewAuditEvent[]> {
  if (people.length === 0) return [];
  const ids = people.map((one) => one.personId);
  const former = await readFormer(tx, processId, ids);
  const rows = await tx.execute<Written & { personId: string; resourceId: string }>(sql`
    with chosen as materialized (select id from access_grant where process_id = ${processId} and person_id = ${anyOf(ids)}
      and state = 'provisioning' and end_at is null order by id for no key update)
    update access_grant g set end_at = tenure_now(), end_order = 'rollback' from chosen where g.id = chosen.id
    returning ${written}, g.person_id as "personId", g.resource_id as "resourceId"`);
  const causes = new Map(people.map((one) => [one.personId, one.error]));
  const lost = [...rows, ...former].map(({ personId, resourceId }) => ({
    personId,
    resourceId,
    cause: causes.get(personId) ?? 'internal-error',
  }));
  await noteNotGivenBack(tx, processId, lost);
  return rows.map((row) => eventOf('grant.end_intended', row, actors.engine, 'rollback'));
}
