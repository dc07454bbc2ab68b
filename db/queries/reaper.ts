import { sql } from 'drizzle-orm';
import { actors } from '../../domain/audit-event.ts';
import { appendAudit } from '../audit.ts';
import type { Executor } from '../client.ts';
import { openTask } from './task.ts';

/** Looked at once for all rows: no index helps to compare with a clock that could say something else for each. */
const now = sql`(select tenure_now())`;

/** Which due grants a reaper takes. */
export interface DueWish {
  /** A grant is left to its workflow for this long after its end; one whose holder has left is not. */
  graceMs: number;
  /** So many ends may be under way in one target, those below included. */
  perTarget: number;
  /** Ids of the grants that the caller is ending now. */
  underWay: readonly string[];
}

/**
 * Takes grants that are past their end by more than the grace and not confirmed gone: per target those that were never
 * tried before those tried longest ago, so that neither a target nor a resource that hangs keeps another one waiting. A
 * claim holds no lock: it moves the next try away, further with each failure, at most five seconds.
 */
export async function claimDue(db: Executor, wish: DueWish): Promise<string[]> {
  const grace = sql`case when g.end_order = 'offboarding' then 0 else ${wish.graceMs} end * interval '1 millisecond'`;
  const isDue = sql`g.state in ('provisioning', 'held') and g.due_at <= ${now} and g.due_at <= ${now} - ${grace}
    and (g.end_tried_at is null or g.end_tried_at <= ${now} - least(power(2, g.end_tries), 5) * interval '1 second')`;
  const underWay = sql`(select value from jsonb_array_elements_text(${JSON.stringify(wish.underWay)}::jsonb))`;
  const rows = await db.execute<{ id: string }>(sql`
    with busy as (
      select r.target_key, count(*) as ends from access_grant g join resource r on r.id = g.resource_id
      where g.id in ${underWay} group by r.target_key),
    due as (
      select g.id, r.target_key, row_number() over (partition by r.target_key order by g.end_tried_at nulls first, g.due_at) as turn
      from access_grant g join resource r on r.id = g.resource_id where ${isDue} and g.id not in ${underWay})
    update access_grant set end_tries = end_tries + 1, end_tried_at = tenure_now()
    where id in (
      select g.id from access_grant g
      where ${isDue} and g.id in (
        select due.id from due left join busy on busy.target_key = due.target_key
        where due.turn <= ${wish.perTarget} - coalesce(busy.ends, 0))
      for update skip locked)
    returning id`);
  return rows.map((row) => row.id);
}

/** Ids of grants that are overdue for longer than the limit and that nobody was alerted about, the latest ones last. */
export async function overdueGrants(db: Executor, afterMs: number, limit: number): Promise<string[]> {
  const rows = await db.execute<{ id: string }>(sql`
    select id from access_grant
    where state in ('provisioning', 'held') and due_at <= ${now} - ${afterMs} * interval '1 millisecond' and not overdue_alerted
    order by due_at limit ${limit}`);
  return rows.map((row) => row.id);
}

/** Raises the alert for an overdue grant, once: an audit event and a task with an owner. False when somebody else has. */
export function alertOverdue(db: Executor, grantId: string): Promise<boolean> {
  return db.transaction(async (tx) => {
    const rows = await tx.execute<{
      organization_id: string;
      holder_organization_id: string;
      request_id: string | null;
      last_error: string | null;
    }>(sql`
      update access_grant set overdue_alerted = true
      where id = ${grantId} and state in ('provisioning', 'held') and due_at <= tenure_now() and not overdue_alerted
      returning organization_id, holder_organization_id, request_id, last_error`);
    const row = rows[0];
    if (!row) return false;
    await appendAudit(tx, {
      type: 'grant.overdue',
      actor: actors.reaper,
      subject: { kind: 'grant', id: grantId },
      organizationId: row.organization_id,
      holderOrganizationId: row.holder_organization_id,
      requestId: row.request_id,
      grantId,
      reason: row.last_error,
    });
    await openTask(tx, { kind: 'overdue', grantId, cause: row.last_error, actor: actors.reaper });
    return true;
  });
}
