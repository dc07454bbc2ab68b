import { sql } from 'drizzle-orm';
import type { Actor } from '../../domain/audit-event.ts';
import type { ProcessState } from '../../domain/process.ts';
import type { Executor } from '../client.ts';
import { iso } from './instant.ts';
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

/** What these tasks are about was said about a customer's contract. */
export async function closeContractTasks(
  tx: Executor,
  organizationId: string,
  kind: 'contract' | 'users',
  actor: Actor,
): Promise<void> {
  const open = await tx.execute<{ id: string }>(sql`
    select distinct s.id from process s join task t on t.process_id = s.id
    where s.organization_id = ${organizationId} and t.kind = ${kind} and t.closed_at is null`);
  for (const { id: processId } of open)
    await closeProcessTasks(tx, { processId, kinds: [kind], actor, comment: null });
}

/** The onboarding that a customer's contract led to last. */
export interface LastOnboarding {
  processId: string;
  state: ProcessState;
  /** When it was begun, ISO 8601 UTC. */
  since: string;
  /** People were told that it has no users. */
  isTold: boolean;
}

export async function lastOnboarding(tx: Executor, organizationId: string): Promise<LastOnboarding | null> {
  const rows = await tx.execute<LastOnboarding & Record<string, unknown>>(sql`
    select s.id as "processId", s.state, ${iso(sql`s.created_at`)} as since,
      exists (select 1 from task t where t.process_id = s.id and t.kind = 'users') as "isTold"
    from process s where s.organization_id = ${organizationId} and s.person_id is null and s.kind = 'onboarding'
      and s.cause = 'contract' and s.state <> 'discarded' order by s.id desc limit 1`);
  return rows[0] ?? null;
}
