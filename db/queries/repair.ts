import { sql } from 'drizzle-orm';
import type { Executor } from '../client.ts';
import { isUnrestored } from './restore.ts';

const unrestored = isUnrestored(sql`r.id`, sql`r.state`);

/** A request that is not over, and the run of the workflow that should be carrying it. */
export interface OpenRequest {
  id: string;
  run: number;
  organization: string;
}

/** Takes some requests that are not over and whose workflow nobody has looked at lately; concurrent callers get others. */
export async function claimUnchecked(
  db: Executor,
  olderThanMs: number,
  limit: number,
): Promise<OpenRequest[]> {
  const rows = await db.execute<{ id: string; run: number; organization: string }>(sql`
    update access_request set engine_checked_at = tenure_now()
    where id in (
      select r.id from access_request r
      where (r.state in ('waiting', 'approved')
          or r.id in (select request_id from access_grant where state in ('provisioning', 'held'))
          or r.kind = 'extension' and ${unrestored})
        and r.engine_checked_at <= tenure_now() - ${olderThanMs} * interval '1 millisecond'
      order by r.engine_checked_at limit ${limit} for no key update skip locked)
    returning id, engine_run as run, organization_id as organization`);
  return [...rows];
}

/** The request as the repair needs it, or null when it is over and nothing must run. */
export async function readOpenRequest(db: Executor, requestId: string): Promise<OpenRequest | null> {
  const known = await readCarriedRequest(db, requestId);
  return known?.isOpen ? known : null;
}

/** The same for any request; `isOpen` says whether anything is left to do for it. Null when there is none of that id. */
export async function readCarriedRequest(
  db: Executor,
  requestId: string,
): Promise<(OpenRequest & { isOpen: boolean }) | null> {
  const rows = await db.execute<{ id: string; run: number; organization: string; isOpen: boolean }>(sql`
    select r.id, r.engine_run as run, r.organization_id as organization, (r.state in ('waiting', 'approved')
      or exists (select 1 from access_grant g where g.request_id = r.id and g.state in ('provisioning', 'held'))
      or ${unrestored}) as "isOpen"
    from access_request r where r.id = ${requestId}`);
  return rows[0] ?? null;
}

/** Moves on to the next run, unless somebody else has done so. Returns the run that counts now. */
export async function nextRun(db: Executor, requestId: string, closedRun: number): Promise<number> {
  const rows = await db.execute<{ run: number }>(sql`
    update access_request set engine_run = greatest(engine_run, ${closedRun} + 1) where id = ${requestId} returning engine_run as run`);
  return rows[0]?.run ?? closedRun + 1;
}
