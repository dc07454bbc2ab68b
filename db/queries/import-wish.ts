import { sql } from 'drizzle-orm';
import type { Actor } from '../../domain/audit-event.ts';
import type { Executor } from '../client.ts';
import {
  changeMemberships,
  changeStaffAccess,
  type ImportedBy,
  type ImportedMembership,
  type ImportedPerson,
  replaceStaffRoles,
} from './import-write.ts';
import type { StandingRow } from './standing.ts';
import { anyOf } from './texts.ts';

/** What a feed says of a customer's user and is no fact before the fence has let it through. */
export type UserWish = Pick<ImportedMembership, 'contractRole'> & { givenRoles: string[] };

/** The same of one of the vendor's people. Instants are ISO 8601 UTC. */
export type StaffWish = Pick<
  ImportedPerson,
  'department' | 'region' | 'employment' | 'startsAt' | 'endsAt'
> & {
  roles: string[];
};

export type RosterWish = UserWish | StaffWish;

/** What a process's feed says of these people and is no fact yet. */
export async function readWishes(
  tx: Executor,
  processId: string,
  personIds: readonly string[],
): Promise<Map<string, RosterWish>> {
  const rows = await tx.execute<{ personId: string; wish: RosterWish }>(sql`
    select person_id as "personId", wish from process_person
    where process_id = ${processId} and person_id = ${anyOf(personIds)} and wish is not null`);
  return new Map(rows.map(({ personId, wish }) => [personId, wish]));
}

/** Somebody as they will be when what a feed says of them is a fact, at this instant (ISO 8601 UTC). */
export function withWish(row: StandingRow, wish: RosterWish | undefined, now: string): StandingRow {
  if (!wish) return row;
  if ('givenRoles' in wish) return { ...row, membership: row.membership && { ...row.membership, ...wish } };
  const { roles, department, region, employment, startsAt, endsAt } = wish;
  const kept = roles.map(
    (key, at) => row.roles.find((role) => role.key === key) ?? { seq: -at, key, from: now },
  );
  return { ...row, department, region, employment, startsAt, endsAt, roles: kept };
}

/**
 * What a process's feed says of these people, whom the fence has let through, becomes fact: once, in the name of who imported
 * it. The caller has locked them.
 */
export async function applyWishes(
  tx: Executor,
  processId: string,
  personIds: readonly string[],
): Promise<void> {
  const rows = await tx.execute<{ personId: string; organizationId: string; wish: RosterWish }>(sql`
    with before as (select person_id, wish from process_person
      where process_id = ${processId} and person_id = ${anyOf(personIds)} and wish is not null and state = 'waiting' for no key update)
    update process_person w set wish = null from before b where w.process_id = ${processId} and w.person_id = b.person_id
    returning w.person_id as "personId", w.organization_id as "organizationId", b.wish`);
  const [first] = rows;
  if (!first) return;
  const { organizationId } = first;
  const by = await importedBy(tx, processId);
  const users: ImportedMembership[] = [];
  const staff: (StaffWish & { id: string; personId: string })[] = [];
  for (const { personId, wish } of rows) {
    if ('givenRoles' in wish) users.push({ personId, ...wish });
    else staff.push({ id: personId, personId, ...wish });
  }
  await changeMemberships(tx, by, organizationId, users);
  await changeStaffAccess(tx, by, organizationId, staff);
  await replaceStaffRoles(tx, by, organizationId, staff);
}

async function importedBy(tx: Executor, processId: string): Promise<ImportedBy> {
  const rows = await tx.execute<{ id: string | null; name: string | null; reason: string | null }>(sql`
    select p.id, p.name, s.reason from process s left join person p on p.id = s.requested_by where s.id = ${processId}`);
  const { id = null, name = null, reason = null } = rows[0] ?? {};
  const actor: Actor =
    id === null ? { kind: 'engine', id: 'engine', name: null } : { kind: 'person', id, name };
  return { actor, reason: reason ?? 'import' };
}

/** A newer word about these people takes the place of what feeds say of them and is no fact yet. */
export async function overtakeWishes(tx: Executor, personIds: readonly string[]): Promise<void> {
  if (personIds.length === 0) return;
  await tx.execute(
    sql`update process_person set wish = null where person_id = ${anyOf(personIds)} and wish is not null`,
  );
}
