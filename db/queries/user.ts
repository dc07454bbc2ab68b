import { sql } from 'drizzle-orm';
import type { Actor } from '../../domain/audit-event.ts';
import { newId } from '../../domain/ids.ts';
import { appendAudit, appendAudits } from '../audit.ts';
import { type Executor, together } from '../client.ts';
import { personIs } from './catalog.ts';
import { overtakeWishes } from './import-wish.ts';
import { heldNow } from './person.ts';
import { writeGivenRoles } from './review.ts';
import { anyOf, textArray } from './texts.ts';

/** A person as far as adding, changing or removing them goes. */
export interface KnownPerson {
  id: string;
  organizationId: string;
  isSuspended: boolean;
  hasLeft: boolean;
  /** What the person's open membership says; null for the vendor's people and for who is no user. */
  membership: { contractRole: string | null; givenRoles: string[] } | null;
}

/** The person that an id or an e-mail names, locked, as far as the scope may change them; null when there is none. */
export async function lockPerson(tx: Executor, name: string): Promise<KnownPerson | null> {
  const rows = await tx.execute<{ id: string }>(
    sql`select id from person where ${personIs(sql`person`, name)} for no key update`,
  );
  const [locked] = rows;
  if (!locked) return null;
  const found = await tx.execute<KnownPerson & Record<string, unknown>>(sql`
    select p.id, p.organization_id as "organizationId", p.suspended_at is not null as "isSuspended",
      p.offboarded_at is not null as "hasLeft",
      (select json_build_object('contractRole', m.contract_role, 'givenRoles', m.given_roles) from membership m
        where m.person_id = p.id and m.until is null) as membership
    from person p where p.id = ${locked.id}`);
  return found[0] ?? null;
}

export interface NewPerson {
  organizationId: string;
  email: string;
  name: string;
  actor: Actor;
}

/** Writes a customer's new person. @throws 23505 when somebody has the address already */
export async function insertUser(tx: Executor, wish: NewPerson): Promise<string> {
  const id = newId('person');
  const { organizationId, actor } = wish;
  const owners = { organizationId, holderOrganizationId: organizationId };
  await together([
    insertPerson(tx, id, wish),
    appendAudit(tx, { type: 'person.added', actor, subject: { kind: 'person', id }, ...owners }),
  ]);
  return id;
}

async function insertPerson(tx: Executor, id: string, { organizationId, email, name }: NewPerson) {
  await tx.execute(sql`
    insert into person (id, organization_id, email, name, employment)
    values (${id}, ${organizationId}, ${email}, ${name}, 'customer')`);
}

/** Somebody who comes back is called as whoever adds them says. */
export async function renewPerson(tx: Executor, personId: string, name: string): Promise<void> {
  await tx.execute(sql`update person set name = ${name} where id = ${personId}`);
}

/** What a user is by contract, and what is given to them by themselves. */
export interface Membership {
  personId: string;
  organizationId: string;
  contractRole: string | null;
  givenRoles: readonly string[];
}

/** Begins a membership: a seat is taken, which the caller has made sure of. */
export async function beginMembership(
  tx: Executor,
  wish: NewMembership & { actor: Actor; reason: string },
): Promise<void> {
  await together([insertMembership(tx, wish), auditMembership(tx, 'membership.begun', wish)]);
}

type NewMembership = Membership & { origin: 'administrator' | 'import' | 'source' };

async function insertMembership(tx: Executor, wish: NewMembership): Promise<void> {
  const { personId, organizationId, contractRole, origin } = wish;
  await tx.execute(sql`
    insert into membership (person_id, organization_id, contract_role, given_roles, origin)
    values (${personId}, ${organizationId}, ${contractRole}, ${textArray(wish.givenRoles)}, ${origin})`);
}

/** Changes what an open membership says. False when it says so already. */
export async function changeMembership(
  tx: Executor,
  wish: Membership & { actor: Actor; reason: string },
): Promise<boolean> {
  const { personId, organizationId, contractRole } = wish;
  const roles = textArray(wish.givenRoles);
  const rows = await tx.execute(sql`
    update membership set contract_role = ${contractRole}, given_roles = ${roles}
    where person_id = ${personId} and organization_id = ${organizationId} and until is null
      and (contract_role, given_roles) is distinct from (${contractRole}::text, ${roles}) returning 1`);
  await overtakeWishes(tx, [personId]);
  if (rows.length === 0) return false;
  await auditMembership(tx, 'membership.changed', wish);
  return true;
}

async function auditMembership(
  tx: Executor,
  type: 'membership.begun' | 'membership.changed',
  { personId, organizationId, actor, reason }: Membership & { actor: Actor; reason: string },
): Promise<void> {
  const subject = { kind: 'person', id: personId };
  await appendAudit(tx, {
    type,
    actor,
    subject,
    organizationId,
    holderOrganizationId: organizationId,
    reason,
  });
}

/** Gives one of the vendor's people these roles and takes the others, with their audit events. False when it is so already. */
export async function changeStaffRoles(
  tx: Executor,
  wish: { personId: string; organizationId: string; roles: readonly string[]; actor: Actor; reason: string },
): Promise<boolean> {
  const { personId, organizationId, actor, reason } = wish;
  const wanted = sql`(select id, key from role where key = ${anyOf(wish.roles)} and retired_at is null)`;
  const taken = await tx.execute(sql`
    update person_role set until = tenure_now() where person_id = ${personId} and ${heldNow(sql`person_role`)}
      and role_id not in (select id from ${wanted} w) returning 1`);
  const given = await tx.execute<{ role: string }>(sql`
    insert into person_role (person_id, role_id, organization_id)
    select ${personId}, w.id, ${organizationId} from ${wanted} w
    where not exists (select 1 from person_role h where h.person_id = ${personId} and h.role_id = w.id and ${heldNow(sql`h`)})
    returning (select r.key from role r where r.id = role_id) as role`);
  await writeGivenRoles(
    tx,
    actor,
    given.map(({ role }) => ({ personId, organizationId, role, reason })),
  );
  await overtakeWishes(tx, [personId]);
  const owners = { organizationId, holderOrganizationId: organizationId };
  const subject = { kind: 'person', id: personId };
  const said = { actor, subject, ...owners, reason };
  await appendAudits(tx, [
    ...taken.map(() => ({ ...said, type: 'role.taken' as const })),
    ...given.map(() => ({ ...said, type: 'role.given' as const })),
  ]);
  return taken.length + given.length > 0;
}

/** Changes where one of the vendor's people works, with its audit event. False when it is so already. */
export async function changePlace(
  tx: Executor,
  wish: {
    personId: string;
    organizationId: string;
    department?: string | undefined;
    region?: string | undefined;
    actor: Actor;
    reason: string;
  },
): Promise<boolean> {
  const { personId, organizationId, department = null, region = null, actor, reason } = wish;
  const rows = await tx.execute(sql`
    update person set department = coalesce(${department}::text, department), region = coalesce(${region}::text, region)
    where id = ${personId} and (department, region) is distinct from
      (coalesce(${department}::text, department), coalesce(${region}::text, region)) returning 1`);
  await overtakeWishes(tx, [personId]);
  if (rows.length === 0) return false;
  await appendAudit(tx, {
    type: 'person.changed',
    actor,
    subject: { kind: 'person', id: personId },
    organizationId,
    holderOrganizationId: organizationId,
    reason,
  });
  return true;
}
