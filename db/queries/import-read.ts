import { type SQL, sql } from 'drizzle-orm';
import { openProcessStates } from '../../domain/process.ts';
import type { KnownCustomer } from '../../domain/roster-customers.ts';
import type { KnownPerson } from '../../domain/roster-users.ts';
import type { Executor } from '../client.ts';
import { iso } from './instant.ts';
import { heldNow } from './person.ts';
import { anyOf } from './texts.ts';

/** One of these values, however many: one statement that is planned once. */
function oneOf(values: readonly string[]): SQL {
  return sql`(select jsonb_array_elements_text(${JSON.stringify(values)}::jsonb))`;
}

/** Customers that have one of these keys already, by key. What an import said of a contract counts before its process has begun. */
export async function readKnownCustomers(
  tx: Executor,
  keys: readonly string[],
): Promise<Map<string, KnownCustomer>> {
  const rows = await tx.execute<KnownCustomer & Record<string, unknown>>(sql`
    select o.id, o.key, o.name, o.tier_key as tier, o.region, o.customer_type as "customerType",
      o.offboarded_at is not null or exists (select 1 from process s where s.organization_id = o.id and s.person_id is null
        and s.kind = 'offboarding' and s.state in ('waiting', 'fenced', 'running')) as "isClosed",
      (select count(*)::int from membership m where m.organization_id = o.id and m.until is null) as used, c.seats as agreed,
      case when s.id is null then ${iso(sql`c.until`)} else s.wish #>> '{terms,until}' end as "contractUntil", c.content #>> '{terms,carrier,source}' as "carriedBy",
      coalesce(c.dunning_state = 'restricted', false) as "isRestricted"
    from organization o left join contract c on c.organization_id = o.id
      left join lateral (select s.id, s.wish from process s where s.organization_id = o.id and s.cause = 'roster' and s.wish ? 'terms'
        and s.state in ('waiting', 'fenced') and s.catalog_revision is null order by s.id desc limit 1) s on true
    where o.kind = 'customer' and o.onboarded_at is not null and o.key in ${oneOf(keys)}`);
  return new Map(rows.map((row) => [row.key, row]));
}

/** What the newest import says of a person `p` and is no fact yet; it counts as if it were one, so that nobody says it twice. */
const saidOf = sql`left join lateral (select w.wish from process_person w join process s on s.id = w.process_id
    where w.person_id = p.id and w.wish is not null and w.state in ('waiting', 'fenced') and s.state = ${anyOf(openProcessStates)}
    order by s.id desc limit 1) said on true`;

/** A column of `p`, as far as nothing else is said of it. */
function saidElse(member: string, fact: SQL): SQL {
  return sql`case when said.wish ? ${member}::text then said.wish->>${member}::text else ${fact} end`;
}

const membershipJson = sql`case when said.wish ? 'givenRoles'::text then json_build_object('contractRole', said.wish->>'contractRole',
    'givenRoles', said.wish->'givenRoles')
  else (select json_build_object('contractRole', m.contract_role, 'givenRoles', m.given_roles) from membership m
    where m.person_id = p.id and m.until is null) end as membership`;

const rolesArray = sql`case when said.wish ? 'roles'::text then array(select jsonb_array_elements_text(said.wish->'roles') order by 1)
  else array(select distinct r.key from person_role h join role r on r.id = h.role_id
    where h.person_id = p.id and h.organization_id = p.organization_id and ${heldNow(sql`h`)} order by r.key) end as roles`;

const personColumns = sql`p.id, lower(p.email) as email, p.name, p.organization_id as "organizationId", o.name as "organizationName",
  o.kind = 'vendor' as "isVendor", p.offboarded_at is not null as "hasLeft", p.suspended_at is not null as "isSuspended", p.title,
  ${saidElse('department', sql`p.department`)} as department, (select lower(b.email) from person b where b.id = p.manager_id) as manager,
  ${saidElse('region', sql`p.region`)} as region, ${saidElse('employment', sql`p.employment`)} as employment,
  ${saidElse('startsAt', iso(sql`p.starts_at`))} as "startsAt", ${saidElse('endsAt', iso(sql`p.ends_at`))} as "endsAt",
  ${membershipJson}, ${rolesArray}`;

/** People who have one of these addresses (in small letters) already, by address. */
export async function readKnownPeople(
  tx: Executor,
  addresses: readonly string[],
): Promise<Map<string, KnownPerson>> {
  const rows = await tx.execute<KnownPerson & Record<string, unknown>>(sql`
    select ${personColumns} from person p join organization o on o.id = p.organization_id ${saidOf}
    where lower(p.email) in ${oneOf(addresses)}`);
  return new Map(rows.map((row) => [row.email, row]));
}

/** Locks a customer, by key, which comes before its people. */
export async function lockKnownCustomer(tx: Executor, key: string): Promise<void> {
  await tx.execute(sql`select from organization where kind = 'customer' and key = ${key} for no key update`);
}

/** Keeps whatever else gives to or takes from these people waiting until the transaction ends. In the order of their ids. */
export async function lockKnownPeople(tx: Executor, addresses: readonly string[]): Promise<void> {
  await tx.execute(
    sql`select id from person where lower(email) in ${oneOf(addresses)} order by id for no key update`,
  );
}

/** Somebody who is there and whom a complete list does not name. */
export interface MissingPerson {
  id: string;
  email: string;
  organizationId: string;
  /** Key of the organization. */
  organization: string;
  /** Of a customer's user; null for the vendor's people. */
  membership: { contractRole: string | null; givenRoles: string[] } | null;
  /** Keys of the roles that they have now. */
  roles: string[];
}

/** The users of these customers (by key) whom nobody of these addresses is. */
export function readMissingUsers(
  tx: Executor,
  keys: readonly string[],
  addresses: readonly string[],
): Promise<MissingPerson[]> {
  const isUser = sql`o.kind = 'customer' and o.key in ${oneOf(keys)} and exists (
    select 1 from membership m where m.person_id = p.id and m.until is null)`;
  return readMissing(tx, isUser, addresses);
}

/** The vendor's people whom nobody of these addresses is. Service accounts stand in no roster. */
export function readMissingStaff(tx: Executor, addresses: readonly string[]): Promise<MissingPerson[]> {
  return readMissing(tx, sql`o.kind = 'vendor' and p.employment <> 'service'`, addresses);
}

async function readMissing(tx: Executor, which: SQL, addresses: readonly string[]): Promise<MissingPerson[]> {
  const rows = await tx.execute<MissingPerson & Record<string, unknown>>(sql`
    select p.id, p.email, p.organization_id as "organizationId", o.key as organization,
      (select json_build_object('contractRole', m.contract_role, 'givenRoles', m.given_roles) from membership m
        where m.person_id = p.id and m.until is null) as membership,
      array(select distinct r.key from person_role h join role r on r.id = h.role_id
        where h.person_id = p.id and h.organization_id = p.organization_id and ${heldNow(sql`h`)} order by r.key) as roles
    from person p join organization o on o.id = p.organization_id
    where ${which} and p.offboarded_at is null and lower(p.email) not in ${oneOf(addresses)}
      and not exists (select 1 from process s where s.person_id = p.id and s.kind = 'offboarding'
        and s.state in ('waiting', 'fenced', 'running'))
    order by p.id`);
  return [...rows];
}

/** Users of a customer who have the same roles, as many as there are of them. */
export interface UserGroup {
  /** Key of the customer. */
  customer: string;
  contractRole: string | null;
  givenRoles: string[];
  people: number;
}

/** The users of these customers (by key) whom nobody of these addresses is, in groups. */
export async function readOtherUsers(
  tx: Executor,
  keys: readonly string[],
  addresses: readonly string[],
): Promise<UserGroup[]> {
  if (keys.length === 0) return [];
  const rows = await tx.execute<UserGroup & Record<string, unknown>>(sql`
    select o.key as customer, m.contract_role as "contractRole", m.given_roles as "givenRoles", count(*)::int as people
    from membership m join organization o on o.id = m.organization_id join person p on p.id = m.person_id
    where o.key in ${oneOf(keys)} and m.until is null and p.suspended_at is null and lower(p.email) not in ${oneOf(addresses)}
    group by o.key, m.contract_role, m.given_roles`);
  return [...rows];
}

/** The vendor's id and key. */
export async function readVendor(tx: Executor): Promise<{ id: string; key: string }> {
  const rows = await tx.execute<{ id: string; key: string }>(
    sql`select id, key from organization where id = tenure_vendor()`,
  );
  return rows[0] ?? { id: '', key: '' };
}
