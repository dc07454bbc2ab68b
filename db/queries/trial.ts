import { sql } from 'drizzle-orm';
import type { Executor } from '../client.ts';
import { installation } from '../schema/installation.ts';

/** Somebody as whom one may try things out. */
export interface TrialPerson {
  id: string;
  /** Whether the API lets them in, and why not. */
  standing: 'active' | 'expected' | 'suspended' | 'left';
}

/** A person by e-mail, whatever the case of its letters; read with the owner's or the system's eyes. */
export async function findPersonByEmail(db: Executor, email: string): Promise<TrialPerson | null> {
  const rows = await db.execute<TrialPerson & Record<string, unknown>>(sql`
    select p.id, case when p.offboarded_at is not null or p.ends_at <= tenure_now() or o.offboarded_at is not null then 'left'
      when p.suspended_at is not null or o.suspended_at is not null then 'suspended'
      when p.starts_at > tenure_now() then 'expected' else 'active' end as standing
    from person p join organization o on o.id = p.organization_id where lower(p.email) = lower(${email})`);
  return rows[0] ?? null;
}

/** Which installation this ledger is. */
export async function readInstallationId(db: Executor): Promise<string> {
  const [row] = await db.select({ id: installation.id }).from(installation);
  if (!row) throw new RangeError('This ledger has not been prepared yet.');
  return row.id;
}
