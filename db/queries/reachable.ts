import { sql } from 'drizzle-orm';
import type { Executor } from '../client.ts';

/** Something that access can be asked for. */
export interface ReachableView {
  key: string;
  name: string;
  /** Whose it is; null of what customers share. */
  customer: string | null;
  shared: boolean;
  region: string;
  classification: string;
  owner: string | null;
  entitlements: { key: string; name: string }[];
}

const shown = sql`c.key, c.name, case when o.kind = 'customer' then o.name end as customer, c.shared, c.region, c.classification,
  (select p.name from person p where p.id = c.owner_person_id) as owner,
  (select coalesce(json_agg(json_build_object('key', e.key, 'name', e.name) order by e.key), '[]') from entitlement e
    where e.resource_id = c.id and e.retired_at is null) as entitlements`;

const known = sql`from resource c join organization o on o.id = c.organization_id where c.retired_at is null and o.offboarded_at is null`;

/** What can be asked for, found by every word that was typed, by name; the first twenty. */
export async function findReachable(tx: Executor, typed: string): Promise<ReachableView[]> {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean).slice(0, 5);
  const conditions = words.map(
    (word) => sql`and strpos(lower(c.key || ' ' || c.name || ' ' || o.key || ' ' || o.name), ${word}) > 0`,
  );
  const rows = await tx.execute<ReachableView & Record<string, unknown>>(sql`
    select ${shown} ${known} ${sql.join(conditions, sql` `)} order by c.name, c.id limit 20`);
  return [...rows];
}

/** The one with this key or name; null when there is none that the caller may know. */
export async function readReachable(tx: Executor, named: string): Promise<ReachableView | null> {
  const rows = await tx.execute<ReachableView & Record<string, unknown>>(sql`
    select ${shown} ${known} and (c.key = ${named} or lower(c.name) = lower(${named})) order by (c.key = ${named}) desc, c.id limit 1`);
  return rows[0] ?? null;
}

/** The customers whose data may be asked for on what those of a region (null: of any) share, by name. */
export async function readCustomersOf(
  tx: Executor,
  region: string | null,
): Promise<{ key: string; name: string }[]> {
  const rows = await tx.execute<{ key: string; name: string }>(sql`
    select key, name from organization where kind = 'customer' and (${region}::text is null or region = ${region}) and onboarded_at is not null and offboarded_at is null order by name limit 500`);
  return [...rows];
}
