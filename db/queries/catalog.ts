import { type SQL, sql } from 'drizzle-orm';
import { isId } from '../../domain/ids.ts';
import type { Executor } from '../client.ts';

/** A resource inside another row's JSON. */
export function resourceJson(resourceId: SQL): SQL {
  return sql`(select json_build_object('id', c.id, 'key', c.key, 'name', c.name) from resource c where c.id = ${resourceId})`;
}

/** An entitlement inside another row's JSON. */
export function entitlementJson(entitlementId: SQL): SQL {
  return sql`(select json_build_object('id', e.id, 'key', e.key, 'name', e.name) from entitlement e where e.id = ${entitlementId})`;
}

/** What a list's filters name: each an id, a key or an e-mail. */
export interface References {
  person?: string | undefined;
  customer?: string | undefined;
  resource?: string | undefined;
  entitlement?: string | undefined;
}

/** The ids behind the names; null where there is no such thing, or none that the caller may know. */
export interface ResolvedReferences {
  person: string | null;
  customer: string | null;
  resource: string | null;
  /** One entitlement by its id, or the same key on every resource. */
  entitlements: string[];
}

// Row-level security binds organizations and not their resources: whoever may not know a customer may not know what it has.
const knownResource = sql`from resource c join organization co on co.id = c.organization_id`;

/** Looks up everything a list's filters name, in one statement. */
export async function resolveReferences(tx: Executor, named: References): Promise<ResolvedReferences> {
  const rows = await tx.execute<{ [K in keyof ResolvedReferences]: ResolvedReferences[K] }>(sql`
    select (select id from person where ${personIs(sql`person`, named.person ?? '')}) as person,
      (select id from organization where kind = 'customer' and ${keyedIs('org', sql`organization`, named.customer ?? '')}) as customer,
      (select c.id ${knownResource} where ${keyedIs('res', sql`c`, named.resource ?? '')}) as resource,
      array(select e.id ${knownResource} join entitlement e on e.resource_id = c.id
        where ${keyedIs('ent', sql`e`, named.entitlement ?? '')}) as entitlements`);
  return rows[0] ?? { person: null, customer: null, resource: null, entitlements: [] };
}

/** Of those keys, the ones that are a role's. */
export async function knownRoles(db: Executor, keys: readonly string[]): Promise<string[]> {
  if (keys.length === 0) return [];
  const rows = await db.execute<{ key: string }>(sql`select key from role where key in ${[...keys]}`);
  return rows.map((row) => row.key);
}

/** The condition that a row is the one that an id or a key names. */
export function keyedIs(prefix: 'org' | 'res' | 'ent', table: SQL, name: string): SQL {
  return isId(prefix, name) ? sql`${table}.id = ${name}` : sql`${table}.key = ${name}`;
}

/** The condition that a person is the one that an id or an e-mail names. */
export function personIs(table: SQL, name: string): SQL {
  return isId('person', name)
    ? sql`${table}.id = ${name}`
    : sql`${table}.id = (select tenure_person_at(${name}))`;
}
