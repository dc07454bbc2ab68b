import { sql } from 'drizzle-orm';
import type { Executor } from '../client.ts';
import { waitsFor } from './access-request.ts';
import { iso } from './instant.ts';

/** What stands in the frame of a page. */
export interface FrameFacts {
  /** The ledger's clock, ISO 8601 UTC. */
  now: string;
  title: string | null;
  /** How many requests wait for the person's decision. */
  waiting: number;
}

/** One statement, because every page begins with it. */
export async function readFrameFacts(tx: Executor, personId: string): Promise<FrameFacts> {
  const rows = await tx.execute<FrameFacts & Record<string, unknown>>(sql`
    select ${iso(sql`tenure_now()`)} as now, (select title from person where id = ${personId}) as title,
      (select count(*)::int from access_request r where ${waitsFor(personId)}) as waiting`);
  const [row] = rows;
  if (!row) throw new TypeError('A statement without its row.');
  return row;
}

/** The vendor's name. */
export async function readVendor(tx: Executor): Promise<string> {
  const rows = await tx.execute<{ name: string }>(sql`select name from organization where kind = 'vendor'`);
  return rows[0]?.name ?? '';
}
