import { sql } from 'drizzle-orm';
import type { Executor } from '../client.ts';
import { kept } from '../kept.ts';
import { waitsFor } from './access-request.ts';
import { iso } from './instant.ts';

/** What stands in the frame of a page. */
export interface FrameFacts {
  /** The ledger's clock, ISO 8601 UTC. */
  now: string;
  title: string | null;
  /** How many requests wait for the person's decision. */
  waiting: number;
  /** How the pages of the person's organization look, where that is its own choice. */
  look: { color: string | null; name: string | null };
}

const frameFacts = kept<FrameFacts, 'person'>(
  (given) => sql`
    select ${iso(sql`tenure_now()`)} as now, (select title from person where id = ${given('person')}) as title,
      (select json_build_object('color', o.brand_color, 'name', o.shown_name) from person p join organization o on o.id = p.organization_id
        where p.id = ${given('person')}) as look,
      (select count(*)::int from access_request r where ${waitsFor(given('person'))}) as waiting`,
);

/** One statement, because every page begins with it. */
export async function readFrameFacts(tx: Executor, personId: string): Promise<FrameFacts> {
  const [row] = await frameFacts(tx, { person: personId });
  if (!row) throw new TypeError('A statement without its row.');
  return row;
}

/** Whose product it is. */
export async function readVendorFacts(tx: Executor): Promise<{ id: string; name: string }> {
  const rows = await tx.execute<{ id: string; name: string }>(
    sql`select id, name from organization where kind = 'vendor'`,
  );
  const [vendor] = rows;
  if (!vendor) throw new TypeError('An installation without a vendor.');
  return vendor;
}

/** The vendor's name. */
export async function readVendor(tx: Executor): Promise<string> {
  const rows = await tx.execute<{ name: string }>(sql`select name from organization where kind = 'vendor'`);
  return rows[0]?.name ?? '';
}
