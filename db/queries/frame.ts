import { sql } from 'drizzle-orm';
import type { Executor } from '../client.ts';
import { waitsFor } from './access-request.ts';
import { iso } from './instant.ts';
import { seesTask, type Viewer } from './viewer.ts';

/** What stands in the frame of a page. */
export interface FrameFacts {
  /** The ledger's clock, ISO 8601 UTC. */
  now: string;
  title: string | null;
  /** How many requests wait for the viewer's decision. */
  waiting: number;
  /** How many tasks are open and accesses past their end, for whoever looks after them. */
  stuck: number;
}

/** One statement, because every page begins with it. */
export async function readFrameFacts(tx: Executor, viewer: Viewer, operates: boolean): Promise<FrameFacts> {
  const stuck = operates
    ? sql`((select count(*) from task t where t.closed_at is null and ${seesTask(viewer, sql`t`)})
        + (select count(*) from access_grant g where g.state in ('provisioning', 'held') and g.due_at <= tenure_now()))::int`
    : sql`0`;
  const rows = await tx.execute<FrameFacts & Record<string, unknown>>(sql`
    select ${iso(sql`tenure_now()`)} as now, (select title from person where id = ${viewer.personId}) as title,
      (select count(*)::int from access_request r where ${waitsFor(viewer.personId)}) as waiting, ${stuck} as stuck`);
  const [row] = rows;
  if (!row) throw new TypeError('A statement without its row.');
  return row;
}

/** The vendor's name. */
export async function readVendor(tx: Executor): Promise<string> {
  const rows = await tx.execute<{ name: string }>(sql`select name from organization where kind = 'vendor'`);
  return rows[0]?.name ?? '';
}
