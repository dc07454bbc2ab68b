import { type SQL, sql } from 'drizzle-orm';
import { type Actor, actors } from '../../domain/audit-event.ts';
import type { CustomerType } from '../../domain/catalog.ts';
import { type Contract, type ContractTerms, emptyContract } from '../../domain/contract.ts';
import { keyMaxLength, keyPattern } from '../../domain/keys.ts';
import type { ProcessState } from '../../domain/process.ts';
import { keyBase, keyFor } from '../../domain/slug.ts';
import { appendAudit, appendAudits } from '../audit.ts';
import { type Executor, together } from '../client.ts';
import type { ActiveCatalog } from './catalog-revision.ts';
import { restoreOrganization } from './coming-back.ts';
import { overtakeWishes } from './import-wish.ts';
import { aboutPeople } from './offboarding.ts';
import { createProcess, type ProcessView, type WishedTerms } from './process.ts';
import { anyOf } from './texts.ts';

/** A customer before its contract's terms become facts. */
export interface Customer {
  id: string;
  key: string;
  name: string;
  kind: 'vendor' | 'customer';
  tier: string | null;
  region: string | null;
  type: string | null;
  isOnboarded: boolean;
  /** It has left, or is suspended. */
  isAway: boolean;
  /** What the contract says; null where none was ever heard of. */
  terms: ContractTerms | null;
}

/** Reads it under the locks on its contract and on itself, which come after a process's and before any person's. */
export async function lockCustomer(tx: Executor, organizationId: string): Promise<Customer | null> {
  const [, , [row]] = await together([
    tx.execute(sql`select 1 from contract where organization_id = ${organizationId} for no key update`),
    tx.execute(sql`select 1 from organization where id = ${organizationId} for no key update`),
    tx.execute<Omit<Customer, 'terms'> & { content: Contract | null }>(sql`
    select o.id, o.key, o.name, o.kind, o.tier_key as tier, o.region, o.customer_type as type,
      o.onboarded_at is not null as "isOnboarded", o.suspended_at is not null or o.offboarded_at is not null as "isAway", c.content
    from organization o left join contract c on c.organization_id = o.id where o.id = ${organizationId}`),
  ]);
  if (!row) return null;
  const { content, ...customer } = row;
  return { ...customer, terms: content?.terms ?? null };
}

/**
 * Makes facts of what the contract agrees on: tier, region, seats and end; of a customer that is new also its key, its name
 * and what its type says; one that is won back, or has paid, is suspended no more.
 */
export async function applyTerms(
  tx: Executor,
  { customer, terms, type }: { customer: Customer; terms: WishedTerms; type: CustomerType | null },
): Promise<void> {
  const { id } = customer;
  const name = customer.terms?.name ?? (customer.name === id ? customer.key : customer.name);
  const hasKey = customer.isOnboarded || customer.key !== id;
  const [, key] = await together([
    // A customer of which no system has said anything, e.g. one that was imported, has no row yet.
    tx.execute(sql`
    insert into contract (organization_id, content, seats, until, wake_at)
    values (${id}, ${JSON.stringify(emptyContract())}::jsonb, ${terms.seats}, ${terms.until}::timestamptz, ${terms.until}::timestamptz)
    on conflict (organization_id) do update set seats = excluded.seats, until = excluded.until,
      wake_at = least(contract.wake_at, excluded.wake_at)`),
    hasKey ? customer.key : freeKey(tx, customer, name),
  ]);
  const changed = await tx.execute(sql`
    update organization o set tier_key = ${terms.tier ?? customer.tier}, region = ${terms.region ?? customer.region ?? type?.region ?? null},
      name = ${name === id ? key : name}, key = ${key}, customer_type = coalesce(o.customer_type, ${type?.key ?? null}::text),
      approves_vendor_access = case when ${customer.isOnboarded}::boolean then o.approves_vendor_access
        else ${(type?.consent.length ?? 0) > 0}::boolean end,
      consent = case when ${customer.isOnboarded}::boolean then o.consent else ${JSON.stringify(type?.consent ?? [])}::jsonb end,
      onboarded_at = coalesce(o.onboarded_at, tenure_now())
    from organization b where b.id = o.id and o.id = ${id}
    returning (o.tier_key, o.region, o.name, o.key) is distinct from (b.tier_key, b.region, b.name, b.key) as changed`);
  if (customer.isOnboarded && changed[0]?.['changed'] !== true) return;
  await appendAudit(tx, {
    type: customer.isOnboarded ? 'organization.changed' : 'organization.onboarded',
    actor: actors.engine,
    subject: { kind: 'organization', id },
    organizationId: id,
    holderOrganizationId: id,
    reason: `tier ${terms.tier ?? customer.tier ?? 'none'}`,
  });
}

/** The key that a source has said is ours, else one made of the name; the next free one where it is taken. */
async function freeKey(tx: Executor, customer: Customer, name: string): Promise<string> {
  const made = keyBase(name === customer.id ? 'customer' : name);
  const isTaken = (key: SQL) => sql`exists (select from organization o where o.key = ${key})`;
  const [row] = await tx.execute<{ said: string; isSaidTaken: boolean; isMadeTaken: boolean }>(sql`
    select s.said, ${isTaken(sql`s.said`)} as "isSaidTaken", ${isTaken(sql`${made}`)} as "isMadeTaken"
    from (select coalesce((select substr(external_id, 5) from contract_link
      where source = '' and organization_id = ${customer.id} and external_id like 'key:%' order by linked_at, external_id limit 1),
      '') as said) s`);
  const said = row?.said ?? '';
  const isKey = keyPattern.test(said) && said.length <= keyMaxLength;
  const base = isKey ? said : made;
  if (!(isKey ? row?.isSaidTaken : row?.isMadeTaken)) return keyFor(base, new Set());
  const rows = await tx.execute<{ key: string }>(
    sql`select key from organization where key = ${base} or key like ${`${base}-%`}`,
  );
  return keyFor(base, new Set(rows.map(({ key }) => key)));
}

/** A customer that had left, or was suspended for not paying, is one again. */
export async function restoreCustomer(tx: Executor, { id }: Customer, reason: string): Promise<void> {
  await restoreOrganization(tx, id, actors.engine, reason);
}

/** Writes down under what a process is carried out, before anything of it is. */
export async function noteTerms(
  tx: Executor,
  { id }: ProcessView,
  { number }: Pick<ActiveCatalog, 'number'>,
): Promise<void> {
  await tx.execute(sql`
    update process set catalog_revision = ${number},
      policy_version = (select version from policy_version order by number desc limit 1) where id = ${id}`);
}

/** The list of a process's people is complete. */
export async function noteDrawnUp(tx: Executor, processId: string): Promise<void> {
  const running: ProcessState = 'running';
  await tx.execute(sql`
    update process set drawn_up_at = tenure_now() where id = ${processId} and state = ${running} and drawn_up_at is null`);
}

/** How many people a process has written down already. */
export async function countPeople(tx: Executor, processId: string): Promise<number> {
  const rows = await tx.execute<{ count: number }>(
    sql`select count(*)::int as count from process_person where process_id = ${processId}`,
  );
  return rows[0]?.count ?? 0;
}

/** Writes a user down who has everything they shall hold, and is only welcomed. */
export async function addInvited(tx: Executor, processId: string, personId: string): Promise<void> {
  await tx.execute(sql`
    insert into process_person (process_id, person_id, organization_id, state)
    select ${processId}, id, organization_id, 'done' from person where id = ${personId} on conflict do nothing`);
}

/** Writes one person down. */
export async function addPerson(tx: Executor, processId: string, personId: string): Promise<void> {
  await tx.execute(sql`
    insert into process_person (process_id, person_id, organization_id)
    select ${processId}, id, organization_id from person where id = ${personId} on conflict do nothing`);
}

/**
 * Has those people looked at anew, so that they get what they shall hold: another process may have taken what they held while they
 * were suspended. Null: everybody.
 */
export async function lookAnewAt(
  tx: Executor,
  wish: { organizationId: string; personIds: readonly string[] | null; actor: Actor },
): Promise<void> {
  const { organizationId, personIds, actor } = wish;
  const { id } = await createProcess(tx, {
    kind: 'role-change',
    organizationId,
    cause: 'convergence',
    wish: { what: 'review', ...(personIds ? { people: 'affected' as const } : {}) },
    actor,
    traceparent: null,
  });
  for (const personId of personIds ?? []) await addPerson(tx, id, personId);
}

/** Writes down all who have standing access by being there: a customer's users, or the vendor's people. */
export async function addEverybody(tx: Executor, { id, organizationId }: ProcessView): Promise<void> {
  await tx.execute(sql`
    insert into process_person (process_id, person_id, organization_id)
    select ${id}, p.id, p.organization_id from person p join organization o on o.id = p.organization_id
    where o.id = ${organizationId} and p.offboarded_at is null and (o.kind = 'vendor' or exists (
      select 1 from membership m where m.person_id = p.id and m.organization_id = o.id and m.until is null))
    on conflict do nothing`);
}

/** A page of those whom a process has written down, in the order of their ids. */
export async function peopleToPass(
  db: Executor,
  processId: string,
  after: string,
  limit: number,
): Promise<string[]> {
  const rows = await db.execute<{ id: string }>(sql`
    select person_id as id from process_person where process_id = ${processId} and state = 'waiting' and person_id > ${after}
    order by person_id limit ${limit}`);
  return rows.map(({ id }) => id);
}

/** These users, whom the contract names otherwise than before, are what it says now. */
export async function followContractRoles(
  tx: Executor,
  customer: Customer,
  personIds: readonly string[],
): Promise<void> {
  const roles = new Map(customer.terms?.people.map(({ email, role }) => [email.toLowerCase(), role]));
  if (roles.size === 0 || personIds.length === 0) return;
  const people = [...roles].map(([email, role]) => ({ email, role }));
  const changed = await tx.execute<{ id: string; organization: string }>(sql`
    update membership m set contract_role = n.role
    from jsonb_to_recordset(${JSON.stringify(people)}::jsonb) as n (email text, role text) join person p on lower(p.email) = n.email
    where m.person_id = p.id and p.id = ${anyOf(personIds)} and m.organization_id = ${customer.id} and m.until is null and m.contract_role is distinct from n.role
    returning m.person_id as id, m.organization_id as organization`);
  await overtakeWishes(
    tx,
    changed.map(({ id }) => id),
  );
  await appendAudits(tx, aboutPeople(changed, 'membership.changed', actors.engine, 'contract'));
}
