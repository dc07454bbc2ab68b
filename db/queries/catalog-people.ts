import { type SQL, sql } from 'drizzle-orm';
import { type Catalog, type CatalogProblem, inOrder } from '../../domain/catalog.ts';
import { conflictsAmong } from '../../domain/catalog-conflicts.ts';
import type { CountedGroup } from '../../domain/catalog-impact.ts';
import { problem } from '../../domain/catalog-problem.ts';
import { rolesOf } from '../../domain/catalog-tier.ts';
import type { PolicyOrganization } from '../../domain/policy.ts';
import type { Executor } from '../client.ts';
import { policyOrganization, readNow } from './effective.ts';
import { activeNow, heldNow } from './person.ts';
import { anyOf } from './texts.ts';
import { fixed } from './fixed.ts';

/** People of one organization for whom catalog and policy say the same: thousands of them are a few groups. */
export interface PeopleGroup extends CountedGroup {
  /** What their rows have in common, as the ledger finds them again by it. */
  id: string;
}

/** Which people: all, or one; and whether policy speaks of single persons, so that each is a group of their own. */
export interface GroupWish {
  singly: boolean;
  person?: string;
}

// Who is suspended, has left or has not come yet holds nothing by roles, whatever the catalog says.
const isHere = fixed(sql`${activeNow(sql`p`)} and p.offboarded_at is null`);
const isOpen = sql`o.suspended_at is null and o.offboarded_at is null`;

/** A customer's user has the customer's region, whatever their own is. */
const everybody = fixed(sql`(
  select p.id, m.organization_id, m.contract_role, m.given_roles as roles, p.employment, p.department, null as region,
    coalesce(t.dunning_state = 'restricted', false) as restricted
  from membership m join organization o on o.id = m.organization_id join person p on p.id = m.person_id
    left join contract t on t.organization_id = o.id
  where m."from" <= tenure_now() and m.until is null and o.kind = 'customer' and ${isOpen} and ${isHere}
    and coalesce(t.dunning_state, 'none') not in ('suspended', 'offboarded')
  union all
  select p.id, p.organization_id, null, array(select r.key from person_role h join role r on r.id = h.role_id
    where h.person_id = p.id and h.organization_id = p.organization_id and ${heldNow(sql`h`)} order by r.key),
    p.employment, p.department, p.region, false
  from person p join organization o on o.id = p.organization_id where o.kind = 'vendor' and ${isOpen} and ${isHere}) e`);

const common = sql`e.organization_id, e.contract_role, e.roles, e.employment, e.department, e.region, e.restricted`;

/** Of the rows that are grouped by them, and of each single row the same. */
const commonId = (singly: boolean): SQL =>
  sql`jsonb_build_array(${common}, ${singly ? sql`e.id` : sql`null::text`})::text`;

/** Everybody who may hold anything by roles, in groups, and the ledger's clock: ISO 8601 UTC. */
export async function readPeopleGroups(
  tx: Executor,
  { singly, person }: GroupWish,
): Promise<{ groups: PeopleGroup[]; now: string }> {
  const rows = await tx.execute<PeopleGroup & Record<string, unknown>>(sql`
    select ${commonId(singly)} as id, e.roles, count(*)::int as people,
      case when o.kind = 'customer' then json_build_object('key', o.key, 'tier', coalesce(o.tier_key, ''),
        'contractRole', e.contract_role, 'restricted', e.restricted) end as customer,
      json_build_object('id', min(e.id), 'employment', e.employment, 'department', e.department,
        'region', case when o.kind = 'customer' then o.region else e.region end) as person,
      ${policyOrganization(sql`o`)} as organization
    from ${everybody} join organization o on o.id = e.organization_id
    where ${person === undefined ? sql`true` : sql`e.id = ${person}`}
    group by o.id, ${common}${singly ? sql`, e.id` : sql``}`);
  return { groups: [...rows], now: await readNow(tx) };
}

/** What the ledger knows beside these catalogs for a question to policy. */
export async function readPolicyFacts(
  tx: Executor,
  catalogs: readonly Catalog[],
): Promise<{ resourceIds: Map<string, string>; organizations: Map<string, PolicyOrganization> }> {
  const resources = catalogs.flatMap((one) => one.resources);
  const rows = await tx.execute<{ key: string; id: string; organization: PolicyOrganization | null }>(sql`
    select r.key, r.id, null::json as organization from resource r where r.key = ${anyOf(keysOf(resources, 'key'))}
    union all select o.key, o.id, ${policyOrganization(sql`o`)} from organization o
      where o.key = ${anyOf(keysOf(resources, 'organization'))}`);
  return {
    resourceIds: new Map(rows.flatMap(({ key, id, organization }) => (organization ? [] : [[key, id]]))),
    organizations: new Map(
      rows.flatMap(({ key, organization }) => (organization ? [[key, organization]] : [])),
    ),
  };
}

function keysOf<Key extends string>(all: readonly Record<Key, string>[], key: Key): string[] {
  return [...new Set(all.map((one) => one[key]))];
}

/**
 * What is wrong with a catalog because people would have two roles that nobody may have together, and have not now: they could
 * be given nothing more. Pure.
 */
export function conflictsOfPeople(
  before: Catalog,
  after: Catalog,
  groups: readonly PeopleGroup[],
  at: string,
): CatalogProblem[] {
  if (after.roles.every((role) => role.conflictsWith.length === 0)) return [];
  const pairsUnder = (catalog: Catalog, group: PeopleGroup) =>
    conflictsAmong(catalog, rolesOf(catalog, group, at)).map((pair) => pair.join(' '));
  const people = new Map<string, number>();
  for (const group of groups) {
    const former = pairsUnder(before, group);
    for (const pair of pairsUnder(after, group))
      if (!former.includes(pair)) people.set(pair, (people.get(pair) ?? 0) + group.people);
  }
  return inOrder(people.keys()).map((pair) => {
    const [one = '', other = ''] = pair.split(' ');
    const named = after.roles.findIndex(
      ({ key, conflictsWith }) =>
        (key === one && conflictsWith.includes(other)) || (key === other && conflictsWith.includes(one)),
    );
    const count = people.get(pair) ?? 0;
    const who = count === 1 ? '1 person' : `${count} people`;
    const detail = `${who} would have both ${one} and ${other}: nobody may have both.`;
    return problem(['roles', named, 'conflicts_with'], detail);
  });
}

/** The organizations of those groups with how many people each, by key. */
export async function readOrganizationsOf(
  tx: Executor,
  groups: readonly PeopleGroup[],
): Promise<{ id: string; key: string; name: string; people: number }[]> {
  const people = new Map<string, number>();
  for (const one of groups)
    people.set(one.organization.id, (people.get(one.organization.id) ?? 0) + one.people);
  const rows = await tx.execute<{ id: string; key: string; name: string }>(
    sql`select id, key, name from organization where id = ${anyOf([...people.keys()])} order by key`,
  );
  return rows.map((row) => ({ ...row, people: people.get(row.id) ?? 0 }));
}

/** Somebody by whom a change can be pictured. */
export interface TouchedPerson {
  id: string;
  email: string;
  name: string;
  organization: { id: string; key: string; name: string };
}

/** The first by name of those groups, so many of each; they are told apart by whatever their lists are called. */
export async function readSomeOf(
  tx: Executor,
  lists: ReadonlyMap<string, readonly PeopleGroup[]>,
  { singly, each }: Pick<GroupWish, 'singly'> & { each: number },
): Promise<Map<string, TouchedPerson[]>> {
  if (lists.size === 0) return new Map();
  const wanted = [...lists].flatMap(([list, groups]) => groups.map(({ id }) => ({ list, id })));
  const rows = await tx.execute<TouchedPerson & { list: string } & Record<string, unknown>>(sql`
    with wanted as (select * from jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb) as w(list text, id text)),
      ranked as (select w.list, p.id, p.email, p.name, e.organization_id,
          row_number() over (partition by w.list order by p.name, p.id) as place
        from ${everybody} join person p on p.id = e.id join wanted w on w.id = ${commonId(singly)})
    select r.list, r.id, r.email, r.name, json_build_object('id', o.id, 'key', o.key, 'name', o.name) as organization
    from ranked r join organization o on o.id = r.organization_id where r.place <= ${each} order by r.list, r.place`);
  const found = new Map<string, TouchedPerson[]>();
  for (const { list, ...person } of rows) found.set(list, [...(found.get(list) ?? []), person]);
  return found;
}

/** Writes down whom each process is about: everybody of those groups, as they are now. One statement, however many they are. */
export async function writeAffected(
  tx: Executor,
  groups: readonly PeopleGroup[],
  processes: ReadonlyMap<string, string>,
  { singly }: Pick<GroupWish, 'singly'>,
): Promise<void> {
  const wanted = groups.map(({ id, organization }) => ({
    id,
    organization: organization.id,
    process: processes.get(organization.id),
  }));
  await tx.execute(sql`
    with wanted as (select * from jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb)
      as w(id text, organization text, process text))
    insert into process_person (process_id, person_id, organization_id)
    select w.process, e.id, e.organization_id from wanted w join ${everybody}
      on e.organization_id = w.organization and ${commonId(singly)} = w.id`);
}
