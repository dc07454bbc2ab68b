import { type SQL, sql } from 'drizzle-orm';
import type { Executor } from '../client.ts';
import { keyedIs } from './catalog.ts';

/** How an organization, a resource or an entitlement appears inside other answers. */
export interface KeyedView {
  id: string;
  key: string | null;
  name: string | null;
}

/**
 * An organization inside another row's JSON. One that the caller may not see keeps its id only: a record never
 * disappears because of whom it names.
 */
export function organizationJson(organizationId: SQL): SQL {
  return sql`coalesce((select json_build_object('id', o.id, 'key', o.key, 'name', o.name) from organization o
    where o.id = ${organizationId}), json_build_object('id', ${organizationId}, 'key', null, 'name', null))`;
}

/** An organization as far as a path names it. */
export interface KnownOrganization {
  id: string;
  kind: 'vendor' | 'customer';
}

/** The one that an id or a key names; null when there is none that the scope may know. */
export async function findOrganization(tx: Executor, name: string): Promise<KnownOrganization | null> {
  const rows = await tx.execute<KnownOrganization & Record<string, unknown>>(
    sql`select id, kind from organization where ${keyedIs('org', sql`organization`, name)}`,
  );
  return rows[0] ?? null;
}

/** Writes how an organization's panel looks. False when it does already. */
export async function styleOrganization(
  tx: Executor,
  id: string,
  { brandColor, shownName }: { brandColor: string | null; shownName: string | null },
): Promise<boolean> {
  const rows = await tx.execute(sql`
    update organization set brand_color = ${brandColor}::text, shown_name = ${shownName}::text
    where id = ${id} and (brand_color, shown_name) is distinct from (${brandColor}::text, ${shownName}::text) returning 1`);
  return rows.length > 0;
}

/** An organization's key and name. */
export async function readNamed(tx: Executor, id: string): Promise<{ key: string; name: string }> {
  const rows = await tx.execute<{ key: string; name: string }>(
    sql`select key, name from organization where id = ${id}`,
  );
  return rows[0] ?? { key: id, name: id };
}
