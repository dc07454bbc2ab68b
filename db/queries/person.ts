import { type SQL, sql } from 'drizzle-orm';
import type { Executor, Ledger } from '../client.ts';
import { fixed } from './fixed.ts';

/** How a person appears inside other answers. */
export interface PersonView {
  id: string;
  email: string | null;
  name: string | null;
}

/**
 * A person inside another row's JSON. One that the caller may not see keeps the id only: a record never disappears
 * because of whom it names.
 */
export function personJson(personId: SQL): SQL {
  return sql`coalesce((select json_build_object('id', p.id, 'email', p.email, 'name', p.name) from person p
    where p.id = ${personId}), json_build_object('id', ${personId}, 'email', null, 'name', null))`;
}

/** The condition that a row of `person_role` holds now. */
export function heldNow(held: SQL): SQL {
  return sql`${held}."from" <= tenure_now() and (${held}.until is null or ${held}.until > tenure_now())`;
}

/** The condition that a person works here now and is neither suspended nor gone for good. */
export function activeNow(person: SQL): SQL {
  return sql`${person}.suspended_at is null and ${person}.offboarded_at is null and (${person}.starts_at is null or ${person}.starts_at <= tenure_now())
    and (${person}.ends_at is null or ${person}.ends_at > tenure_now())`;
}

/**
 * Those who may decide a stage: they hold its role in its organization, and the request is not theirs. A JSON array. It begins with
 * the few who hold the role, because an organization may have ten thousand people.
 */
export function decidersJson(wish: { roleId: SQL; organizationId: SQL; without: SQL }): SQL {
  return sql`(select coalesce(json_agg(json_build_object('id', p.id, 'email', p.email, 'name', p.name) order by p.name, p.id), '[]')
    from (select distinct h.person_id from person_role h where h.role_id = ${wish.roleId}
      and h.organization_id = ${wish.organizationId} and ${heldNow(sql`h`)}) h join person p on p.id = h.person_id
    where p.organization_id = ${wish.organizationId} and ${activeNow(sql`p`)} and p.id not in (${wish.without}))`;
}

/** Who could decide a stage that does not exist yet: those who hold the role in the organization, without some. */
export async function readDeciders(
  tx: Executor,
  stage: { roleKey: string; organizationId: string; without: readonly string[] },
): Promise<PersonView[]> {
  const deciders = decidersJson({
    roleId: sql`(select id from role where key = ${stage.roleKey})`,
    organizationId: sql`${stage.organizationId}`,
    without: sql.join(
      stage.without.map((personId) => sql`${personId}`),
      sql`, `,
    ),
  });
  const rows = await tx.execute<{ people: PersonView[] }>(sql`select ${deciders} as people`);
  return rows[0]?.people ?? [];
}

/** Who a signed-in person is and what they hold in Tenure itself. */
export interface PrincipalView {
  personId: string;
  email: string;
  name: string;
  organization: { id: string; key: string; name: string; kind: 'vendor' | 'customer' };
  roles: { id: string; key: string; name: string }[];
  duties: string[];
}

/** What a {@link PrincipalView} has, of a person `p` and their organization `o`, with {@link principalRoles} joined. */
export const principalColumns = sql`p.id as "personId", p.email, p.name,
      json_build_object('id', o.id, 'key', o.key, 'name', o.name, 'kind', o.kind) as organization,
      coalesce(r.roles, '[]') as roles, coalesce(r.duties, '{}') as duties`;
export const principalRoles = fixed(sql`left join lateral (
      select json_agg(json_build_object('id', r.id, 'key', r.key, 'name', r.name) order by r.key) as roles,
        (select array_agg(distinct duty) from unnest(string_to_array(string_agg(array_to_string(r.duties, ','), ','), ',')) duty
          where duty <> '') as duties
      from role r where exists (select 1 from person_role h where h.person_id = p.id and h.role_id = r.id
        and h.organization_id = p.organization_id and ${heldNow(sql`h`)})) r on true`);

/**
 * Reads the person that a token names, while active; null otherwise. Every request begins with this, so it is one statement:
 * before it is known whose eyes to use, the vendor's are, for this statement alone. `offset 0` keeps the planner from
 * reading the person before the scope is set; were it to, row-level security would show nothing.
 */
export async function readPrincipal(ledger: Ledger, personId: string): Promise<PrincipalView | null> {
  const rows = await ledger.db.execute<PrincipalView & Record<string, unknown>>(sql`
    select found.* from (select set_config('tenure.organization', tenure_vendor(), true) as vendor) scope
    cross join lateral (select ${principalColumns}
    from person p join organization o on o.id = p.organization_id ${principalRoles}
    where p.id = ${personId} and ${activeNow(sql`p`)} and o.suspended_at is null and scope.vendor is not null offset 0) found`);
  return rows[0] ?? null;
}
