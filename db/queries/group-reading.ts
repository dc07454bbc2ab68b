import { sql } from 'drizzle-orm';
import type { Actor } from '../../domain/audit-event.ts';
import type { SaidGroups } from '../../domain/groups.ts';
import { newId } from '../../domain/ids.ts';
import type { GroupRole, UnsaidGroups } from '../../domain/sign-in.ts';
import type { Executor } from '../client.ts';
import { heldNow } from './person.ts';
import { anyOf, textArray } from './texts.ts';

/** Whom a reading is about: somebody of ours, or somebody of a proven domain who is to be added. */
export type ReadPerson = { personId: string } | { email: string; name: string };

/** Notes what a provider has just said, for the engine to act on. @throws TN033 when it is no live provider of theirs */
export async function insertReading(
  tx: Executor,
  wish: {
    organizationId: string;
    providerId: string;
    who: ReadPerson;
    said: SaidGroups;
    /** Something follows from it. Where nothing does any more, it still ends what followed before. */
    isMapped: boolean;
  },
): Promise<void> {
  const { organizationId, providerId, who, said } = wish;
  const [personId, email, name] =
    'personId' in who ? [who.personId, null, null] : [null, who.email, who.name];
  const groups = said.groups === null ? sql`null::text[]` : textArray(said.groups);
  await tx.execute(sql`
    insert into group_reading (id, organization_id, provider_id, person_id, email, name, groups, unsaid)
    select ${newId('grp')}, ${organizationId}, ${providerId}, ${personId}::text, ${email}::text, ${name}::text, ${groups}, ${said.unsaid}::text
    where ${wish.isMapped}::boolean or exists (select 1 from group_role g where g.person_id = ${personId})`);
}

/** A reading that nobody has acted on. */
export interface GroupReading {
  id: string;
  organizationId: string;
  providerId: string;
  personId: string | null;
  email: string | null;
  name: string | null;
  groups: string[] | null;
  unsaid: UnsaidGroups | null;
}

/** Ids of readings that wait, oldest first. */
export async function waitingReadings(db: Executor, limit: number): Promise<string[]> {
  const rows = await db.execute<{ id: string }>(
    sql`select id from group_reading where settled_at is null order by id limit ${limit}`,
  );
  return rows.map(({ id }) => id);
}

/** Takes one for this transaction; null when another has it, or had. */
export async function takeReading(tx: Executor, id: string): Promise<GroupReading | null> {
  const rows = await tx.execute<GroupReading & Record<string, unknown>>(sql`
    select id, organization_id as "organizationId", provider_id as "providerId", person_id as "personId", email, name, groups, unsaid
    from group_reading where id = ${id} and settled_at is null for update skip locked`);
  return rows[0] ?? null;
}

/** What became of a reading. Who was to be added is forgotten: they are, or are not. */
export async function settleReading(tx: Executor, id: string, outcome: string): Promise<void> {
  await tx.execute(sql`
    update group_reading set settled_at = tenure_now(), outcome = ${outcome}, email = null, name = null where id = ${id}`);
}

/** Forgets readings that were settled so long ago, in milliseconds, some at a time. */
export async function forgetReadings(db: Executor, afterMs: number): Promise<void> {
  await db.execute(sql`
    delete from group_reading where id in (select id from group_reading
      where settled_at < tenure_now() - ${afterMs} * interval '1 millisecond' limit 100)`);
}

/** The roles that somebody has by groups now. */
export async function rolesByGroup(tx: Executor, personId: string): Promise<string[]> {
  const rows = await tx.execute<{ role: string }>(
    sql`select role from group_role where person_id = ${personId} order by role`,
  );
  return rows.map(({ role }) => role);
}

/** Writes down which roles somebody has by which groups from now on, and which no more. */
export async function noteGroupRoles(
  tx: Executor,
  wish: {
    personId: string;
    organizationId: string;
    providerId: string;
    given: readonly GroupRole[];
    taken: readonly string[];
  },
): Promise<void> {
  const { personId, organizationId, providerId } = wish;
  if (wish.taken.length > 0)
    await tx.execute(
      sql`delete from group_role where person_id = ${personId} and role = ${anyOf(wish.taken)}`,
    );
  if (wish.given.length === 0) return;
  await tx.execute(sql`
    insert into group_role (person_id, organization_id, role, group_name, provider_id)
    select ${personId}, ${organizationId}, g.role, g.group, ${providerId}
    from jsonb_to_recordset(${JSON.stringify(wish.given)}::jsonb) as g ("group" text, role text)
    on conflict (person_id, role) do update set group_name = excluded.group_name, provider_id = excluded.provider_id, given_at = tenure_now()`);
}

/** Keys of the roles that one of the vendor's people has now. */
export async function staffRoles(tx: Executor, personId: string): Promise<string[]> {
  const rows = await tx.execute<{ key: string }>(sql`
    select r.key from person_role h join role r on r.id = h.role_id where h.person_id = ${personId} and ${heldNow(sql`h`)} order by r.key`);
  return rows.map(({ key }) => key);
}

/** Who acts where a provider's word does. */
export function providerActor(provider: { id: string; name: string }): Actor {
  return { kind: 'source', id: provider.id, name: provider.name };
}
