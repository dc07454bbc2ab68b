import { sql } from 'drizzle-orm';
import type { Actor } from '../../domain/audit-event.ts';
import { appendAudit, appendAudits } from '../audit.ts';
import type { Executor } from '../client.ts';
import { overtakeWishes } from './import-wish.ts';
import { aboutPeople } from './offboarding.ts';
import { takeSeats } from './seats.ts';
import { anyOf } from './texts.ts';

export interface ReturnOrder {
  /** At most some hundreds at a time, all of one organization. */
  personIds: readonly string[];
  actor: Actor;
  reason: string | null;
  /**
   * `former`: they become again what they were when they left: members with the same roles, each from now on. `none`:
   * whoever calls says what they become, e.g. a contract that names them anew.
   */
  roles: 'former' | 'none';
}

/** Of a row of person: a source has said that their account is disabled, and has not taken it back. Then they stay suspended. */
const isDisabled = sql`exists (select 1 from signal x where x.person_id = person.id and x.family = 'account' and x.state = 'open' and x.suspended)`;

/**
 * Undoes that people left or were suspended: they may sign in again, unless a signal keeps them suspended. What they hold is for a process to give, which the caller
 * makes beside it; an end that was written down for whoever had left does not hold any more, if it has passed; grants that have ended stay ended, access that was asked for must be asked for again, and former
 * credentials and invitations stay gone. Whoever takes a seat of a customer again needs one that is free. A second time it
 * changes nothing. Returns who came back.
 * @throws TenureError `no-seat-left`
 */
export async function orderReturn(tx: Executor, order: ReturnOrder): Promise<string[]> {
  const { personIds, actor, reason } = order;
  if (personIds.length === 0) return [];
  // A customer is locked before its people.
  if (order.roles === 'former') await takeFormerSeats(tx, personIds);
  const gone = await tx.execute<{ id: string; organization: string; hasLeft: boolean }>(sql`
    select id, organization_id as organization, offboarded_at is not null as "hasLeft" from person
    where id = ${anyOf(personIds)} and (offboarded_at is not null or (suspended_at is not null and not ${isDisabled}))
    order by id for no key update`);
  if (gone.length === 0) return [];
  const left = gone.filter(({ hasLeft }) => hasLeft).map(({ id }) => id);
  if (order.roles === 'former') await restoreRoles(tx, order, left);
  const ids = gone.map(({ id }) => id);
  // What an import said of them before they left has nothing to do with who comes back.
  await overtakeWishes(tx, left);
  await tx.execute(sql`
    update person set suspended_at = case when ${isDisabled} then suspended_at end, offboarded_at = null,
      ends_at = case when offboarded_at is null or ends_at > tenure_now() then ends_at end where id = ${anyOf(ids)}`);
  await appendAudits(tx, aboutPeople(gone, 'person.restored', actor, reason));
  return ids;
}

/** Of a row `m` of membership and `p` of person: that it ended when they left, and nothing came after it. */
const lastMembership = sql`m.until = p.offboarded_at and m.seq = (select max(l.seq) from membership l where l.person_id = p.id)`;

async function takeFormerSeats(tx: Executor, personIds: readonly string[]): Promise<void> {
  const members = await formerMembers(tx, personIds);
  const counts = new Map<string, number>();
  for (const { organization } of members) counts.set(organization, (counts.get(organization) ?? 0) + 1);
  for (const organization of [...counts.keys()].sort())
    await takeSeats(tx, organization, counts.get(organization) ?? 0);
}

async function formerMembers(
  tx: Executor,
  personIds: readonly string[],
): Promise<{ id: string; organization: string }[]> {
  const rows = await tx.execute<{ id: string; organization: string }>(sql`
    select m.person_id as id, m.organization_id as organization from membership m join person p on p.id = m.person_id
    where p.id = ${anyOf(personIds)} and ${lastMembership}`);
  return [...rows];
}

/** The roles and the membership that ended when they left begin anew. Of a customer's users, roles follow from the membership. */
async function restoreRoles(
  tx: Executor,
  { actor, reason }: ReturnOrder,
  ids: readonly string[],
): Promise<void> {
  const members = await formerMembers(tx, ids);
  const memberIds = members.map(({ id }) => id);
  await tx.execute(sql`
    insert into membership (person_id, organization_id, contract_role, given_roles, origin)
    select m.person_id, m.organization_id, m.contract_role, m.given_roles, m.origin
    from membership m join person p on p.id = m.person_id where p.id = ${anyOf(memberIds)} and ${lastMembership}`);
  await appendAudits(tx, aboutPeople(members, 'membership.begun', actor, reason));
  await tx.execute(sql`
    insert into person_role (person_id, role_id, organization_id)
    select distinct h.person_id, h.role_id, h.organization_id from person_role h join person p on p.id = h.person_id
      join organization o on o.id = h.organization_id and o.kind = 'vendor'
    where p.id = ${anyOf(ids)} and h.until = p.offboarded_at and h."from" < h.until
      and not exists (select 1 from person_role n where n.person_id = h.person_id and n.role_id = h.role_id
        and n.organization_id = h.organization_id and (n.until is null or n.until > tenure_now()))`);
}

/**
 * A customer is one again: its people may sign in who are not gone themselves. False when it neither left nor was suspended.
 */
export async function restoreOrganization(
  tx: Executor,
  organizationId: string,
  actor: Actor,
  reason: string,
): Promise<boolean> {
  const rows = await tx.execute(sql`
    update organization set suspended_at = null, offboarded_at = null
    where id = ${organizationId} and (suspended_at is not null or offboarded_at is not null) returning id`);
  if (rows.length === 0) return false;
  const subject = { kind: 'organization', id: organizationId };
  const owners = { organizationId, holderOrganizationId: organizationId };
  await appendAudit(tx, { type: 'organization.restored', actor, subject, ...owners, reason });
  return true;
}
