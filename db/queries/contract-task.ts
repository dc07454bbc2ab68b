import { sql } from 'drizzle-orm';
import type { Actor } from '../../domain/audit-event.ts';
import type { Executor } from '../client.ts';
import { closeProcessTasks } from './task.ts';

/**
 * The process that last gave a customer's users what ended at this instant (ISO 8601 UTC) with their contract; null when people
 * have been told of it already.
 */
export async function hearsNothing(
  tx: Executor,
  organizationId: string,
  since: string,
): Promise<string | null> {
  const rows = await tx.execute<{ id: string }>(sql`
    select s.id from process s where s.organization_id = ${organizationId} and s.person_id is null
      and s.kind in ('onboarding', 'role-change') and s.state <> 'discarded'
      and not exists (select 1 from process o join task t on t.process_id = o.id
        where o.organization_id = ${organizationId} and t.kind = 'contract' and t.opened_at >= ${since}::timestamptz)
    order by s.id desc limit 1`);
  return rows[0]?.id ?? null;
}

/** Something was said about a customer's contract. */
export async function closeContractTasks(tx: Executor, organizationId: string, actor: Actor): Promise<void> {
  const open = await tx.execute<{ id: string }>(sql`
    select distinct s.id from process s join task t on t.process_id = s.id
    where s.organization_id = ${organizationId} and t.kind = 'contract' and t.closed_at is null`);
  for (const { id: processId } of open)
    await closeProcessTasks(tx, { processId, kinds: ['contract'], actor, comment: null });
}
