import { type SQL, sql } from 'drizzle-orm';

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
