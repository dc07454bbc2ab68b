import { sql } from 'drizzle-orm';
import { actors } from '../../domain/audit-event.ts';
import type { Executor } from '../client.ts';
import { orderReturn } from './coming-back.ts';
import { lookAnewAt } from './draw-up.ts';
import { iso } from './instant.ts';
import { createProcess, lockProcess, moveProcess, nudgeProcess } from './process.ts';
import { isBackByDirectory } from './scim-leaving.ts';
import { orderOne } from './take-away.ts';

const actor = actors.reaper;

/** Of a row `p` of person: the end that was written down has come, and no offboarding has seen to it, or was dropped for it. */
const isDue = sql`p.ends_at <= (select tenure_now()) and p.offboarded_at is null and not exists (
  select 1 from process s where s.person_id = p.id and s.kind = 'offboarding' and s.cause = 'end-date'
    and (s.wish->>'endsAt')::timestamptz = p.ends_at and s.state not in ('done', 'residue', 'failed'))`;

/** Ids of people who are still here although their end has come, the longest overdue first. */
export async function peoplePastTheirEnd(db: Executor, limit: number): Promise<string[]> {
  const rows = await db.execute<{ id: string }>(
    sql`select p.id from person p where ${isDue} order by p.ends_at, p.id limit ${limit}`,
  );
  return rows.map(({ id }) => id);
}

/**
 * Has somebody leave whose end has come: all that happens at once, and the process that sees to the rest. Of many at once a fence
 * holds those beyond its limit, who are suspended. Nothing when the date was moved or taken back meanwhile, they have left,
 * or somebody else is just at it.
 */
export function offboardAtEnd(db: Executor, personId: string): Promise<void> {
  return db.transaction(async (tx) => {
    // Twice at once waits for nobody: the other one does it.
    const locked = await tx.execute(
      sql`select from person where id = ${personId} for no key update skip locked`,
    );
    if (locked.length === 0) return;
    const rows = await tx.execute<{ organizationId: string; endsAt: string }>(sql`
      select p.organization_id as "organizationId", ${iso(sql`p.ends_at`)} as "endsAt" from person p
      where p.id = ${personId} and ${isDue}`);
    const [person] = rows;
    if (!person) return;
    const { organizationId, endsAt } = person;
    const { id } = await createProcess(tx, {
      kind: 'offboarding',
      organizationId,
      personId,
      cause: 'end-date',
      wish: { why: 'end-date', endsAt },
      actor,
      traceparent: null,
    });
    const process = await lockProcess(tx, id);
    if (process) await orderOne(tx, process, personId);
  });
}

/**
 * Ids of offboardings that a fence holds although what set them off does not hold any more: the end was moved or taken back, or the
 * directory says that they are active after all.
 */
export async function leavingsTakenBack(db: Executor, limit: number): Promise<string[]> {
  const rows = await db.execute<{ id: string }>(sql`
    select s.id from process s join person p on p.id = s.person_id
    where s.state = 'fenced' and s.kind = 'offboarding' and (${isBackByDirectory}
      or s.cause = 'end-date' and p.ends_at is distinct from (s.wish->>'endsAt')::timestamptz) order by s.id limit ${limit}`);
  return rows.map(({ id }) => id);
}

/** Drops such an offboarding, and whom its fence had suspended may sign in again and gets what they shall hold. */
export function dropLeaving(db: Executor, processId: string): Promise<void> {
  return db.transaction(async (tx) => {
    const process = await lockProcess(tx, processId);
    const personId = process?.personId ?? null;
    if (!process || personId === null) return;
    const reason = process.cause === 'end-date' ? 'end-moved' : 'taken-back';
    if (!(await moveProcess(tx, processId, ['fenced'], 'discarded', { lastError: reason, actor }))) return;
    await nudgeProcess(tx, processId, 'discard', null);
    const held = await tx.execute(
      sql`select from fence_item where process_id = ${processId} and person_id = ${personId} and suspended`,
    );
    if (held.length === 0) return;
    await orderReturn(tx, { personIds: [personId], actor, reason, roles: 'none' });
    await lookAnewAt(tx, { organizationId: process.organizationId, personIds: [personId], actor });
  });
}
