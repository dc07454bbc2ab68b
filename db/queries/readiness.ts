import { sql } from 'drizzle-orm';
import type { Executor, Ledger } from '../client.ts';

/** A process counts as alive when it was seen this recently. */
const freshForMs = 10_000;

/** Which kinds of process were seen lately: `worker`, `reaper`, …. Fails when the ledger does not answer. */
export async function readHeartbeats(ledger: Ledger): Promise<Set<string>> {
  const rows = await ledger.db.execute<{ process: string }>(sql`
    select distinct process from heartbeat where seen_at > tenure_now() - ${freshForMs} * interval '1 millisecond'`);
  return new Set(rows.map((row) => row.process));
}

/** Figures that must be watched, over all tenants. */
export interface LedgerGauges {
  overdueGrants: number;
  openGrants: number;
  openTasks: number;
  waitingOutbox: number;
  /** Age of the oldest line that nobody was told of yet, in seconds. */
  oldestOutboxSeconds: number;
}

/** Counts without reading anything else. The transaction's reach is the whole ledger, of which only sums leave it. */
export function readGauges(ledger: Ledger): Promise<LedgerGauges> {
  return ledger.db.transaction(async (tx: Executor) => {
    await tx.execute(sql`select set_config('tenure.reach', 'all', true)`);
    const rows = await tx.execute<LedgerGauges & Record<string, unknown>>(sql`
      select (select count(*)::int from access_grant where state in ('provisioning', 'held') and due_at <= tenure_now()) as "overdueGrants",
        (select count(*)::int from access_grant where state in ('provisioning', 'held')) as "openGrants",
        (select count(*)::int from task where closed_at is null) as "openTasks",
        count(*)::int as "waitingOutbox",
        coalesce(extract(epoch from tenure_now() - min(created_at)), 0)::float8 as "oldestOutboxSeconds"
      from outbox where delivered_at is null`);
    return (
      rows[0] ?? { overdueGrants: 0, openGrants: 0, openTasks: 0, waitingOutbox: 0, oldestOutboxSeconds: 0 }
    );
  });
}

/**
 * Whether row-level security binds the role we are signed in as. It does not bind a superuser, nor the owner and the system
 * role, whose eyes see every tenant, nor any role that has their rights by inheritance.
 */
export async function isConfined(db: Executor): Promise<boolean> {
  const rows = await db.execute<{ confined: boolean }>(sql`
    select not (r.rolsuper or r.rolbypassrls or pg_has_role(r.oid, c.relowner, 'USAGE')
      or exists (select from installation i join pg_roles s on s.rolname = i.system_role where pg_has_role(r.oid, s.oid, 'USAGE')))
      as confined
    from pg_roles r, pg_class c where r.rolname = current_user and c.oid = 'access_request'::regclass`);
  return rows[0]?.confined ?? false;
}
