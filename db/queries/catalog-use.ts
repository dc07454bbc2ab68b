import { type SQL, sql } from 'drizzle-orm';
import { type Catalog, type CatalogProblem, entitlementName, type Json } from '../../domain/catalog.ts';
import type { CatalogUse, Surroundings } from '../../domain/catalog-problems.ts';
import { problem } from '../../domain/catalog-problem.ts';
import type { Executor } from '../client.ts';

/**
 * What of the catalog's rows is used and stands no more in the catalog that shall follow: by whom, the first of them by name
 * and how many there are. It is read with all eyes: what others hold must not be taken away because the author does not see it.
 */
export async function readLostUses(tx: Executor, after: Catalog): Promise<CatalogUse[]> {
  const statements = [
    lostRoles(after.roles.map((one) => one.key)),
    lostTiers(after.tiers.map((one) => one.key)),
    lostCustomerTypes(after.customerTypes.map((one) => one.key)),
    lostEntitlements(
      after.resources.flatMap((one) => one.entitlements.map(({ key }) => entitlementName(one.key, key))),
    ),
  ];
  const rows = await tx.execute<{ kind: CatalogUse['kind']; key: string; by: string[]; total: number }>(sql`
    select kind, key, (array_agg(who order by who))[1:${sql.raw(String(namedAtMost))}] as by, count(*)::int as total
    from (${sql.join(statements, sql` union `)}) used group by kind, key order by kind, key`);
  // Whoever is beyond those that are named only counts.
  return rows.map(({ kind, key, by, total }) => ({ kind, key, by: [...by, ...others(total - by.length)] }));
}

/** A refusal names three and counts the others; of four it names all. */
const namedAtMost = 4;

function others(count: number): string[] {
  return Array.from({ length: Math.max(0, count) }, () => '');
}

function lostRoles(keys: readonly string[]): SQL {
  return sql`select 'role' as kind, r.key, p.email as who from role r join person_role h on h.role_id = r.id
      join person p on p.id = h.person_id
    where r.retired_at is null and (h.until is null or h.until > tenure_now()) and r.key not in ${listed(keys)}
    union select 'role', given.key, p.email from membership m join person p on p.id = m.person_id
      cross join lateral unnest(m.given_roles) given(key)
    where m.until is null and given.key not in ${listed(keys)}
      and exists (select 1 from role r where r.key = given.key and r.retired_at is null)`;
}

/**
 * A tier is used by customers, by processes that will move one to it, by contracts that name it although nothing follows from
 * them yet, and by sources whose mapping names it.
 */
function lostTiers(keys: readonly string[]): SQL {
  return sql`select 'tier', t.key, o.key from tier t join organization o on o.tier_key = t.key
    where t.retired_at is null and o.offboarded_at is null and t.key not in ${listed(keys)}
    union select 'tier', t.key, o.key from tier t join process s on s.wish #>> '{terms,tier}' = t.key
      join organization o on o.id = s.organization_id
    where t.retired_at is null and (s.state in ('waiting', 'fenced') or s.state = 'running' and s.catalog_revision is null)
      and t.key not in ${listed(keys)}
    union select 'tier', t.key, case when o.key <> o.id then o.key else coalesce(c.content #>> '{terms,name}', o.name) end
    from tier t join contract c on c.content #>> '{terms,tier}' = t.key and c.content #>> '{terms,state}' not in ('none', 'ended')
      join organization o on o.id = c.organization_id
    where t.retired_at is null and o.offboarded_at is null and t.key not in ${listed(keys)}
    union select 'tier', t.key, 'the event source ' || e.key from tier t join event_source e
      on jsonb_path_exists(e.mapping, '$.prices.* ? (@ == $tier)', jsonb_build_object('tier', t.key))
        or jsonb_path_exists(e.mapping, '$.tiers.* ? (@ == $tier)', jsonb_build_object('tier', t.key))
    where t.retired_at is null and t.key not in ${listed(keys)}`;
}

function lostCustomerTypes(keys: readonly string[]): SQL {
  return sql`select 'customer type', o.customer_type, o.key from organization o
    where o.customer_type is not null and o.offboarded_at is null and o.customer_type not in ${listed(keys)}`;
}

function lostEntitlements(names: readonly string[]): SQL {
  const lost = sql`c.retired_at is null and e.retired_at is null and c.key || ':' || e.key not in ${listed(names)}`;
  const entitlement = sql`entitlement e join resource c on c.id = e.resource_id`;
  return sql`select 'entitlement', c.key || ':' || e.key, p.email from ${entitlement} join access_grant g on g.entitlement_id = e.id
      join person p on p.id = g.person_id where g.ended_at is null and g.state <> 'failed' and ${lost}
    union select 'entitlement', c.key || ':' || e.key, r.reference from ${entitlement} join access_request r on r.entitlement_id = e.id
    where r.state in ('waiting', 'approved') and ${lost}`;
}

function listed(texts: readonly string[]): SQL {
  return sql`(select value from jsonb_array_elements_text(${JSON.stringify(texts)}::jsonb))`;
}

/** What a catalog names outside of itself, as far as the ledger has it: all organizations and targets, and of people those named. */
export async function readSurroundings(tx: Executor, catalog: Catalog): Promise<Required<Surroundings>> {
  const named = [
    ...catalog.resources.map((one) => one.owner),
    ...catalog.overrides.map((one) => one.approver),
    ...(catalog.settings.handover === null ? [] : [catalog.settings.handover]),
  ].map((email) => email.toLowerCase());
  const rows = await tx.execute<{ kind: string; key: string; connector: string | null }>(sql`
    select 'organization' as kind, key, null as connector from organization
    union all select 'person', lower(email), null from person where lower(email) in ${listed([...new Set(named)])}
    union all select 'target', key, connector from target`);
  const keysOf = (kind: string) => new Set(rows.flatMap((row) => (row.kind === kind ? [row.key] : [])));
  return {
    organizations: keysOf('organization'),
    people: keysOf('person'),
    targets: new Map(rows.flatMap((row) => (row.connector === null ? [] : [[row.key, row.connector]]))),
  };
}

/**
 * Resources on which access is held and that would be looked for elsewhere: what is held where they are now could then not be
 * taken away. Settings may gain members, which moves nothing.
 */
export async function moveProblems(tx: Executor, before: Catalog, after: Catalog): Promise<CatalogProblem[]> {
  const former = new Map(before.resources.map((one) => [one.key, one]));
  const moved = after.resources.flatMap((one, at) => {
    const was = former.get(one.key);
    const field = was ? movingFields.find((name) => !isKept(was[name], one[name])) : undefined;
    return field === undefined ? [] : [{ key: one.key, at, field }];
  });
  if (moved.length === 0) return [];
  const rows = await tx.execute<{ key: string; people: number }>(sql`
    select c.key, count(distinct g.person_id)::int as people from resource c join access_grant g on g.resource_id = c.id
    where g.ended_at is null and g.state <> 'failed' and c.key in ${listed(moved.map((one) => one.key))} group by c.key`);
  const holders = new Map(rows.map((row) => [row.key, row.people]));
  return moved.flatMap(({ key, at, field }) => {
    const people = holders.get(key);
    if (people === undefined) return [];
    const who = people === 1 ? '1 person holds' : `${people} people hold`;
    const detail = `${who} access on ${key}: end that first, or it could not be taken away where it is.`;
    return [problem(['resources', at, field], detail)];
  });
}

const movingFields = ['organization', 'connector', 'target', 'shared', 'settings'] as const;

/** Whether everything that the one value says, the other says too. */
function isKept(was: Json | undefined, is: Json | undefined): boolean {
  if (typeof was !== 'object' || was === null || Array.isArray(was))
    return JSON.stringify(was) === JSON.stringify(is);
  if (typeof is !== 'object' || is === null || Array.isArray(is)) return false;
  return Object.entries(was).every(([name, value]) => isKept(value, is[name]));
}
