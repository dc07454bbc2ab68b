import { sql } from 'drizzle-orm';
import { actors } from '../../domain/audit-event.ts';
import { appendAudits, type NewAuditEvent } from '../audit.ts';
import type { Executor } from '../client.ts';
import { lockPeople, readGiven, readScene, type GivenGrant } from './standing.ts';
import { endStanding, orderRollback } from './standing-end.ts';
import { openTask } from './task.ts';
import { anyOf } from './texts.ts';

/**
 * Orders the end of everything that a process has given these people, and returns what of it is not gone. Who has nothing of
 * it is done with at once. Null when the process is not being undone.
 */
export function orderUndo(
  db: Executor,
  processId: string,
  personIds: readonly string[],
): Promise<GivenGrant[] | null> {
  return db.transaction(async (tx) => {
    await lockPeople(tx, personIds);
    // Only now: whoever planned for them waited for this lock, or what they wrote is seen here.
    if ((await readScene(tx, processId))?.state !== 'undoing') return null;
    await appendAudits(tx, [
      ...(await orderRollback(tx, processId, personIds)),
      ...(await takeRoles(tx, processId, personIds)),
    ]);
    const given = await readGiven(tx, processId, personIds);
    const left = new Set(given.map((grant) => grant.personId));
    await noteUndone(
      tx,
      processId,
      personIds.filter((id) => !left.has(id)).map((personId) => ({ personId, error: null })),
    );
    return given;
  });
}

/** A customer's users who are none any more have no roles either. */
export async function takeRoles(
  tx: Executor,
  processId: string,
  personIds: readonly string[],
): Promise<NewAuditEvent[]> {
  const rows = await tx.execute<{ personId: string; organizationId: string; role: string }>(sql`
    update person_role h set until = greatest(h."from", tenure_now()) from role r, organization o, process s
    where s.id = ${processId} and o.id = s.organization_id and o.kind = 'customer' and h.organization_id = o.id and r.id = h.role_id
      and h.person_id = ${anyOf(personIds)} and (h.until is null or h.until > tenure_now())
      and not exists (select 1 from membership m where m.person_id = h.person_id and m.organization_id = o.id and m.until is null)
    returning h.person_id as "personId", o.id as "organizationId", r.key as role`);
  return rows.map(({ personId, organizationId, role }) => ({
    type: 'role.taken',
    actor: actors.engine,
    subject: { kind: 'person', id: personId },
    organizationId,
    holderOrganizationId: organizationId,
    reason: role,
  }));
}

/** What was read back for some people, and why something is still there; null: nobody knows of anything. */
export interface UndoOutcome {
  personId: string;
  gone: readonly string[];
  error: string | null;
}

/**
 * Writes down what has gone. What is still there becomes a task of its resource's owner at once; after a while the process
 * leaves it to them and to the reaper, who goes on for ever. Returns the ids of those who are to be tried again.
 */
export function confirmUndone(
  db: Executor,
  processId: string,
  outcomes: readonly UndoOutcome[],
): Promise<string[]> {
  return db.transaction(async (tx) => {
    const personIds = outcomes.map((one) => one.personId);
    await lockPeople(tx, personIds);
    const gone = outcomes.flatMap((one) => one.gone);
    await appendAudits(tx, await endStanding(tx, gone, actors.engine));
    const stillThere = await readGiven(tx, processId, personIds);
    const people = outcomes.map(({ personId, error }) => {
      const theirs = stillThere.filter((grant) => grant.personId === personId);
      const cause = theirs.length > 0 ? (error ?? 'not-confirmed') : null;
      return { personId, error: cause, left: theirs, isOver: theirs.every((grant) => grant.isLate) };
    });
    for (const { left, error: cause } of people)
      for (const { id: grantId } of left) await noteLeft(tx, grantId, cause);
    await noteUndone(
      tx,
      processId,
      people.filter((one) => one.isOver),
    );
    const again = people.filter((one) => !one.isOver);
    await noteTried(tx, processId, again);
    return again.map((one) => one.personId);
  });
}

async function noteLeft(tx: Executor, grantId: string, cause: string | null): Promise<void> {
  await tx.execute(
    sql`update access_grant set last_error = ${cause} where id = ${grantId} and ended_at is null`,
  );
  await openTask(tx, { kind: 'rollback', grantId, cause, actor: actors.engine });
}

interface Noted {
  personId: string;
  error: string | null;
}

async function noteUndone(tx: Executor, processId: string, people: readonly Noted[]): Promise<void> {
  if (people.length === 0) return;
  await tx.execute(sql`
    update process_person w set state = 'undone', last_error = coalesce(x.error, w.last_error), changed_at = tenure_now()
    from ${recordset(people)} where w.process_id = ${processId} and w.person_id = x."personId" and w.state not in ('undone', 'skipped')`);
}

async function noteTried(tx: Executor, processId: string, people: readonly Noted[]): Promise<void> {
  if (people.length === 0) return;
  await tx.execute(sql`
    update process_person w set last_error = x.error, changed_at = tenure_now(), tries = w.tries + 1,
      tried_at = coalesce(w.tried_at, tenure_now())
    from ${recordset(people)} where w.process_id = ${processId} and w.person_id = x."personId"`);
}

function recordset(people: readonly Noted[]) {
  const lines = JSON.stringify(people.map(({ personId, error }) => ({ personId, error })));
  return sql`jsonb_to_recordset(${lines}::jsonb) as x ("personId" text, error text)`;
}
