import { sql } from 'drizzle-orm';
import type { Actor, AuditEventType } from '../../domain/audit-event.ts';
import type { ConsentRule } from '../../domain/consent.ts';
import { newId } from '../../domain/ids.ts';
import { appendAudit, appendAudits, type NewAuditEvent } from '../audit.ts';
import type { Executor } from '../client.ts';
import { aboutPeople } from './offboarding.ts';
import { heldNow } from './person.ts';
import { writeGivenRoles } from './review.ts';
import { anyOf } from './texts.ts';

/** By whom and why something is imported. */
export interface ImportedBy {
  actor: Actor;
  reason: string;
}

/** Imports take turns, so that the second of two finds what the first has written. Until the transaction ends. */
export async function takeImportTurn(tx: Executor): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('import', 0))`);
}

/** Writes down that lists were imported, by whom and what was to happen. Returns the run's id. */
export async function recordImport(
  tx: Executor,
  { actor, reason }: ImportedBy,
  { organizationId, summary }: { organizationId: string; summary: Record<string, number> },
): Promise<string> {
  const id = newId('imp');
  await tx.execute(sql`
    insert into import_run (id, author, reason, summary) values (${id}, ${actor.id}, ${reason}, ${JSON.stringify(summary)}::jsonb)`);
  const owners = { organizationId, holderOrganizationId: organizationId };
  await appendAudit(tx, {
    type: 'import.applied',
    actor,
    subject: { kind: 'import', id },
    ...owners,
    reason,
  });
  return id;
}

export interface ImportedCustomer {
  id: string;
  key: string;
  name: string;
  tier: string | null;
  region: string | null;
  customerType: string | null;
  consent: readonly ConsentRule[];
}

/** Writes customers that were not there. Returns those that were there all the same, by key. */
export async function insertCustomers(
  tx: Executor,
  by: ImportedBy,
  customers: readonly ImportedCustomer[],
): Promise<string[]> {
  const made = await tx.execute<{ id: string; key: string }>(sql`
    insert into organization (id, key, kind, name, region, tier_key, approves_vendor_access, consent, customer_type, onboarded_at)
    select c.id, c.key, 'customer', c.name, c.region, c.tier, c.consent <> '[]', c.consent, c."customerType", tenure_now()
    from jsonb_to_recordset(${JSON.stringify(customers)}::jsonb) as c (id text, key text, name text, tier text, region text,
      "customerType" text, consent jsonb)
    on conflict do nothing returning id, key`);
  await appendAudits(tx, aboutCustomers(made, 'organization.onboarded', by));
  const keys = new Set(made.map(({ key }) => key));
  return customers.flatMap(({ key }) => (keys.has(key) ? [] : [key]));
}

/** Changes what lists say of customers that are there. */
export async function updateCustomers(
  tx: Executor,
  by: ImportedBy,
  customers: readonly ImportedCustomer[],
): Promise<void> {
  const changed = await tx.execute<{ id: string }>(sql`
    update organization o set name = c.name, region = c.region, tier_key = c.tier, customer_type = c."customerType"
    from jsonb_to_recordset(${JSON.stringify(customers)}::jsonb) as c (id text, name text, tier text, region text, "customerType" text)
    where o.id = c.id and (o.name, o.region, o.tier_key, o.customer_type)
      is distinct from (c.name, c.region, c.tier, c."customerType") returning o.id`);
  await appendAudits(tx, aboutCustomers(changed, 'organization.changed', by));
}

function aboutCustomers(
  customers: readonly { id: string }[],
  type: AuditEventType,
  { actor, reason }: ImportedBy,
): NewAuditEvent[] {
  return customers.map(({ id }) => ({
    type,
    actor,
    subject: { kind: 'organization', id },
    organizationId: id,
    holderOrganizationId: id,
    reason,
  }));
}

/** A person as lists say them. Instants are ISO 8601 UTC. */
export interface ImportedPerson {
  id: string;
  email: string;
  name: string;
  title: string | null;
  department: string | null;
  region: string | null;
  employment: string;
  startsAt: string | null;
  endsAt: string | null;
}

/** Writes people who were not there, all of one organization. Returns the addresses that somebody has all the same. */
export async function insertPeople(
  tx: Executor,
  by: ImportedBy,
  organizationId: string,
  people: readonly ImportedPerson[],
): Promise<string[]> {
  if (people.length === 0) return [];
  const made = await tx.execute<{ id: string; email: string }>(sql`
    insert into person (id, organization_id, email, name, title, department, region, employment, starts_at, ends_at)
    select p.id, ${organizationId}, p.email, p.name, p.title, p.department, p.region, p.employment, p."startsAt", p."endsAt"
    from jsonb_to_recordset(${JSON.stringify(people)}::jsonb) as p (id text, email text, name text, title text, department text,
      region text, employment text, "startsAt" timestamptz, "endsAt" timestamptz)
    on conflict do nothing returning id, email`);
  await appendAudits(tx, aboutPeople(inside(organizationId, made), 'person.added', by.actor, by.reason));
  const addresses = new Set(made.map(({ email }) => email));
  return people.flatMap(({ email }) => (addresses.has(email) ? [] : [email]));
}

/** Changes the names of customers' users. */
export async function renamePeople(
  tx: Executor,
  people: readonly { id: string; name: string }[],
): Promise<void> {
  if (people.length === 0) return;
  await tx.execute(sql`
    update person p set name = n.name from jsonb_to_recordset(${JSON.stringify(people)}::jsonb) as n (id text, name text)
    where p.id = n.id and p.name <> n.name`);
}

/** Changes what lists say of the vendor's people who are there. Their managers come when everybody is. */
export async function updateStaff(tx: Executor, people: readonly ImportedPerson[]): Promise<void> {
  if (people.length === 0) return;
  await tx.execute(sql`
    update person p set name = n.name, title = n.title, department = n.department, region = n.region, employment = n.employment,
      starts_at = n."startsAt", ends_at = n."endsAt"
    from jsonb_to_recordset(${JSON.stringify(people)}::jsonb) as n (id text, name text, title text, department text, region text,
      employment text, "startsAt" timestamptz, "endsAt" timestamptz)
    where p.id = n.id`);
}

/** The same of what no access depends on. */
export async function renameStaff(
  tx: Executor,
  people: readonly Pick<ImportedPerson, 'id' | 'name' | 'title'>[],
): Promise<void> {
  if (people.length === 0) return;
  await tx.execute(sql`
    update person p set name = n.name, title = n.title
    from jsonb_to_recordset(${JSON.stringify(people)}::jsonb) as n (id text, name text, title text)
    where p.id = n.id and (p.name, p.title) is distinct from (n.name, n.title)`);
}

/** The same of what access depends on, with an audit event for each of whom anything changes. */
export async function changeStaffAccess(
  tx: Executor,
  by: ImportedBy,
  organizationId: string,
  people: readonly Pick<
    ImportedPerson,
    'id' | 'department' | 'region' | 'employment' | 'startsAt' | 'endsAt'
  >[],
): Promise<void> {
  if (people.length === 0) return;
  const changed = await tx.execute<{ id: string }>(sql`
    update person p set department = n.department, region = n.region, employment = n.employment,
      starts_at = n."startsAt", ends_at = n."endsAt"
    from jsonb_to_recordset(${JSON.stringify(people)}::jsonb) as n (id text, department text, region text, employment text,
      "startsAt" timestamptz, "endsAt" timestamptz)
    where p.id = n.id and (p.department, p.region, p.employment, p.starts_at, p.ends_at)
      is distinct from (n.department, n.region, n.employment, n."startsAt", n."endsAt") returning p.id`);
  await appendAudits(tx, aboutPeople(inside(organizationId, changed), 'person.changed', by.actor, by.reason));
}

/** Says who manages whom, by addresses in small letters; null: nobody. */
export async function assignManagers(
  tx: Executor,
  people: readonly { email: string; manager: string | null }[],
): Promise<void> {
  if (people.length === 0) return;
  await tx.execute(sql`
    update person p set manager_id = b.id
    from jsonb_to_recordset(${JSON.stringify(people)}::jsonb) as n (email text, manager text)
      left join person b on lower(b.email) = n.manager
    where lower(p.email) = n.email and p.manager_id is distinct from b.id`);
}

/** What a user is by contract and is given by themselves. */
export interface ImportedMembership {
  personId: string;
  contractRole: string | null;
  givenRoles: readonly string[];
}

/** Begins memberships of one customer: seats are taken, which the caller has made sure of. */
export async function beginMemberships(
  tx: Executor,
  by: ImportedBy,
  organizationId: string,
  members: readonly ImportedMembership[],
): Promise<void> {
  if (members.length === 0) return;
  const begun = await tx.execute<{ id: string }>(sql`
    insert into membership (person_id, organization_id, contract_role, given_roles, origin)
    select m."personId", ${organizationId}, m."contractRole", array(select jsonb_array_elements_text(m."givenRoles")), 'import'
    from jsonb_to_recordset(${JSON.stringify(members)}::jsonb) as m ("personId" text, "contractRole" text, "givenRoles" jsonb)
    returning person_id as id`);
  await appendAudits(tx, aboutPeople(inside(organizationId, begun), 'membership.begun', by.actor, by.reason));
}

/** Changes what open memberships of one customer say. */
export async function changeMemberships(
  tx: Executor,
  by: ImportedBy,
  organizationId: string,
  members: readonly ImportedMembership[],
): Promise<void> {
  if (members.length === 0) return;
  const changed = await tx.execute<{ id: string }>(sql`
    update membership m set contract_role = n."contractRole", given_roles = array(select jsonb_array_elements_text(n."givenRoles"))
    from jsonb_to_recordset(${JSON.stringify(members)}::jsonb) as n ("personId" text, "contractRole" text, "givenRoles" jsonb)
    where m.person_id = n."personId" and m.organization_id = ${organizationId} and m.until is null returning m.person_id as id`);
  await appendAudits(
    tx,
    aboutPeople(inside(organizationId, changed), 'membership.changed', by.actor, by.reason),
  );
}

/** Gives the vendor's people exactly these roles, by keys, with an audit event for each that changes. */
export async function replaceStaffRoles(
  tx: Executor,
  by: ImportedBy,
  organizationId: string,
  people: readonly { personId: string; roles: readonly string[] }[],
): Promise<void> {
  if (people.length === 0) return;
  const wanted = sql`(select w."personId" as person_id, r.id as role_id
    from jsonb_to_recordset(${JSON.stringify(people)}::jsonb) as w ("personId" text, roles jsonb)
    join role r on r.key in (select jsonb_array_elements_text(w.roles)) and r.retired_at is null)`;
  const taken = await tx.execute<{ id: string }>(sql`
    update person_role h set until = tenure_now() where h.person_id = ${anyOf(people.map(({ personId }) => personId))}
      and h.organization_id = ${organizationId} and ${heldNow(sql`h`)}
      and (h.person_id, h.role_id) not in (select person_id, role_id from ${wanted} w) returning h.person_id as id`);
  const given = await tx.execute<{ id: string; role: string }>(sql`
    insert into person_role (person_id, role_id, organization_id)
    select w.person_id, w.role_id, ${organizationId} from ${wanted} w
    where not exists (select 1 from person_role h where h.person_id = w.person_id and h.role_id = w.role_id and ${heldNow(sql`h`)})
    returning person_id as id, (select r.key from role r where r.id = role_id) as role`);
  await writeGivenRoles(
    tx,
    by.actor,
    given.map(({ id: personId, role }) => ({ personId, organizationId, role, reason: by.reason })),
  );
  await appendAudits(tx, [
    ...aboutPeople(inside(organizationId, taken), 'role.taken', by.actor, by.reason),
    ...aboutPeople(inside(organizationId, given), 'role.given', by.actor, by.reason),
  ]);
}

/** Writes down whom processes are about, with what the import says of them that is no fact yet. */
export async function writeProcessPeople(
  tx: Executor,
  people: readonly { processId: string; personId: string; organizationId: string; wish: object | null }[],
): Promise<void> {
  if (people.length === 0) return;
  await tx.execute(sql`
    insert into process_person (process_id, person_id, organization_id, wish)
    select "processId", "personId", "organizationId", nullif(wish, 'null'::jsonb) from jsonb_to_recordset(${JSON.stringify(people)}::jsonb)
      as p ("processId" text, "personId" text, "organizationId" text, wish jsonb)`);
}

function inside(
  organization: string,
  people: readonly { id: string }[],
): { id: string; organization: string }[] {
  return people.map(({ id }) => ({ id, organization }));
}
