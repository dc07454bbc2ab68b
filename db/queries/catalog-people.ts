import { type SQL, sql } from 'drizzle-orm';
import { type Catalog, type CatalogProblem, inOrder } from '../../domain/catalog.ts';
import { conflictsAmong } from '../../domain/catalog-conflicts.ts';
import { type Effect, effectOnPeople } from '../../domain/catalog-effect.ts';
import { effectiveEntitlements } from '../../domain/catalog-entitlements.ts';
import { problem } from '../../domain/catalog-problem.ts';
import { type RoleHolder, rolesOf } from '../../domain/catalog-tier.ts';
import type { Executor } from '../client.ts';
import { readNow } from './effective.ts';
import { activeNow, heldNow } from './person.ts';

/** People of one organization for whom a catalog says the same: thousands of them are a few groups. */
export interface PeopleGroup extends RoleHolder {
  organizationId: string;
  /** What their rows have in common, as the ledger finds them again by it. */
  contractRole: string | null;
  people: number;
}

/** What one change of the catalog means for people, each counted once. */
export interface CountedEffect extends Pick<Effect, 'kind' | 'resource' | 'entitlement'> {
  people: number;
  /** How many organizations they are of. */
  organizations: number;
}

export interface CatalogImpact {
  /** First what is lost, each in the order of its names. */
  effects: CountedEffect[];
  /** Groups that gain or lose anything, or whose access policy may see in another light. */
  affected: PeopleGroup[];
}

// Who is suspended, has left or has not come yet holds nothing by roles, whatever the catalog says.
const isHere = sql`${activeNow(sql`p`)} and p.offboarded_at is null`;
const isOpen = sql`o.suspended_at is null and o.offboarded_at is null`;

const members = sql`membership m join organization o on o.id = m.organization_id join person p on p.id = m.person_id
  left join contract t on t.organization_id = o.id
  where m."from" <= tenure_now() and m.until is null and o.kind = 'customer' and ${isOpen} and ${isHere}
    and coalesce(t.dunning_state, 'none') not in ('suspended', 'offboarded')`;

const staff = sql`(select p.id, p.organization_id, array(select r.key from person_role h join role r on r.id = h.role_id
    where h.person_id = p.id and h.organization_id = p.organization_id and ${heldNow(sql`h`)} order by r.key) as roles
  from person p join organization o on o.id = p.organization_id where o.kind = 'vendor' and ${isOpen} and ${isHere}) s`;

/** Everybody who may hold anything by roles, in groups, and the ledger's clock: ISO 8601 UTC. */
export async function readPeopleGroups(tx: Executor): Promise<{ groups: PeopleGroup[]; now: string }> {
  const rows = await tx.execute<PeopleGroup & Record<string, unknown>>(sql`
    select m.organization_id as "organizationId", m.contract_role as "contractRole", m.given_roles as roles, count(*)::int as people,
      json_build_object('key', o.key, 'tier', coalesce(o.tier_key, ''), 'contractRole', m.contract_role,
        'restricted', coalesce(t.dunning_state = 'restricted', false)) as customer
    from ${members} group by m.organization_id, o.key, o.tier_key, m.contract_role, m.given_roles, t.dunning_state
    union all
    select s.organization_id, null, s.roles, count(*)::int, null from ${staff} group by s.organization_id, s.roles`);
  return { groups: [...rows], now: await readNow(tx) };
}

/** Who gains and loses what when the one catalog follows the other, at an instant. Pure; nothing of it is read. */
export function impactOn(
  before: Catalog,
  after: Catalog,
  groups: readonly PeopleGroup[],
  at: string,
): CatalogImpact {
  const byId = new Map(groups.map((group, at) => [String(at), group]));
  const holders = [...byId].map(([person, { roles, customer }]) => ({ person, roles, customer }));
  const found = effectOnPeople(before, after, holders, at);
  const effects = found.map(({ kind, resource, entitlement, people }) => {
    const touched = people.flatMap((id) => byId.get(id) ?? []);
    return {
      kind,
      resource,
      entitlement,
      people: touched.reduce((sum, group) => sum + group.people, 0),
      organizations: new Set(touched.map((group) => group.organizationId)).size,
    };
  });
  const touched = new Set(found.flatMap((one) => one.people));
  const inNewLight = seenAnew(before, after);
  const affected = [...byId].flatMap(([id, group]) =>
    touched.has(id) || differs(before, after, group, { at, inNewLight }) ? [group] : [],
  );
  return { effects, affected };
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

/** Other roles without other entitlements, e.g. ones with a duty alone; or entitlements on a resource that policy sees anew. */
function differs(
  before: Catalog,
  after: Catalog,
  group: PeopleGroup,
  { at, inNewLight }: { at: string; inNewLight: ReadonlySet<string> },
): boolean {
  const roles = inOrder(rolesOf(after, group, at));
  if (roles.join(' ') !== inOrder(rolesOf(before, group, at)).join(' ')) return true;
  return (
    inNewLight.size > 0 && effectiveEntitlements(after, roles).some((one) => inNewLight.has(one.resource))
  );
}

/** Keys of the resources of which something changed that policy looks at. */
function seenAnew(before: Catalog, after: Catalog): ReadonlySet<string> {
  const former = new Map(before.resources.map((one) => [one.key, one]));
  const changed = after.resources.filter((one) => {
    const was = former.get(one.key);
    return (
      was && (was.kind !== one.kind || was.region !== one.region || was.classification !== one.classification)
    );
  });
  return new Set(changed.map((one) => one.key));
}

/** The organizations of those groups with how many people each, by key. */
export async function readOrganizationsOf(
  tx: Executor,
  groups: readonly PeopleGroup[],
): Promise<{ id: string; key: string; name: string; people: number }[]> {
  const people = new Map<string, number>();
  for (const one of groups)
    people.set(one.organizationId, (people.get(one.organizationId) ?? 0) + one.people);
  const rows = await tx.execute<{ id: string; key: string; name: string }>(sql`
    select id, key, name from organization where id in ${json([...people.keys()])} order by key`);
  return rows.map((row) => ({ ...row, people: people.get(row.id) ?? 0 }));
}

/** Writes down whom each process is about: everybody of those groups, as they are now. One statement, however many they are. */
export async function writeAffected(
  tx: Executor,
  groups: readonly PeopleGroup[],
  processes: ReadonlyMap<string, string>,
): Promise<void> {
  const wanted = groups.map((one) => ({
    process: processes.get(one.organizationId),
    organization: one.organizationId,
    contract_role: one.contractRole,
    roles: one.roles,
    vendor: one.customer === null,
  }));
  await tx.execute(sql`
    with wanted as (select * from jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb)
      as w(process text, organization text, contract_role text, roles jsonb, vendor boolean))
    insert into process_person (process_id, person_id, organization_id)
    select w.process, found.id, w.organization from wanted w join (
      select m.person_id as id, m.organization_id, m.contract_role, to_jsonb(m.given_roles) as roles, false as vendor from ${members}
      union all select s.id, s.organization_id, null, to_jsonb(s.roles), true from ${staff}) found
      on found.vendor = w.vendor and found.organization_id = w.organization and found.roles = w.roles
        and found.contract_role is not distinct from w.contract_role`);
}

function json(texts: readonly string[]): SQL {
  return sql`(select value from jsonb_array_elements_text(${JSON.stringify(texts)}::jsonb))`;
}
