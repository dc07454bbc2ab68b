import { sql } from 'drizzle-orm';
import { type Actor, actors } from '../../domain/audit-event.ts';
import type { Ending } from '../../domain/grant.ts';
import { appendAudits, type NewAuditEvent } from '../audit.ts';
import type { Executor } from '../client.ts';
import { endedBy, endedState } from './end.ts';
import { eventOf, type Written, written } from './standing-event.ts';
import { closeTasks } from './task.ts';
import { anyOf } from './texts.ts';

// Rows are locked in the order of their ids before they are changed: two who change several would else wait for each other.

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
