import { type SQL, sql } from 'drizzle-orm';
import type { Executor } from '../client.ts';
import { personIs } from './catalog.ts';
import { allOf, iso, type Page, type PageWish, pageOf } from './instant.ts';
import { heldNow, type PersonView } from './person.ts';
import { fixed } from './fixed.ts';

export const employments = ['employee', 'contractor', 'customer', 'service'] as const;
export type Employment = (typeof employments)[number];

/** How a person stands with us. */
export const personStates = ['active', 'coming', 'suspended', 'left'] as const;
export type PersonState = (typeof personStates)[number];

/** One of the people Tenure knows. Instants are ISO 8601 UTC. */
export interface PersonEntry {
  id: string;
  email: string;
  name: string;
  organization: { id: string; key: string; name: string; kind: 'vendor' | 'customer' };
  employment: Employment;
  title: string | null;
  department: string | null;
  state: PersonState;
  roles: { key: string; name: string }[];
  /** What they hold beside their roles, now. */
  held: number;
  /** When the first of it ends. */
  nextEnd: string | null;
}

/** One person whole. */
export interface PersonProfile extends PersonEntry {
  manager: PersonView | null;
  project: string | null;
  region: string | null;
  /** Of a customer's user: what the contract calls them. */
  contractRole: string | null;
  startsAt: string | null;
  endsAt: string | null;
  /** Their organization has an identity provider, or they a passkey. */
  canSignIn: boolean;
}

const state = sql`case
  when p.offboarded_at is not null or p.ends_at <= tenure_now() then 'left'
  when p.suspended_at is not null then 'suspended'
  when p.starts_at > tenure_now() then 'coming' else 'active' end`;

const open = sql`from access_grant g where g.person_id = p.id and g.request_id is not null and g.state in ('provisioning', 'held')`;

const columns =
  fixed(sql`p.id, p.email, p.name, json_build_object('id', o.id, 'key', o.key, 'name', o.name, 'kind', o.kind) as organization,
  p.employment, p.title, p.department, ${state} as state,
  (select coalesce(json_agg(json_build_object('key', r.key, 'name', r.name) order by r.key), '[]') from person_role h
    join role r on r.id = h.role_id where h.person_id = p.id and h.organization_id = p.organization_id and ${heldNow(sql`h`)}) as roles,
  (select count(*)::int ${open}) as held, (select ${iso(sql`min(g.due_at)`)} ${open}) as "nextEnd"`);

export interface PeopleFilter {
  /** Words that their name or address has. */
  find?: string | undefined;
  employment?: Employment | undefined;
  /** An organization's id. */
  organization?: string | undefined;
  /** A role's key: who holds it now. */
  role?: string | undefined;
  state?: PersonState | undefined;
}

/** People whom the scope may see, by name. */
export async function listPeople(
  tx: Executor,
  filter: PeopleFilter,
  page: PageWish,
): Promise<Page<PersonEntry>> {
  const rows = await tx.execute<PersonEntry & Record<string, unknown>>(sql`
    select ${columns} from (select p.* from person p where ${allOf(conditions(filter))} and ${page.after ? isAfter(page.after) : sql`true`}
      order by lower(p.name), p.id limit ${page.limit + 1}) p
    join organization o on o.id = p.organization_id order by lower(p.name), p.id`);
  return pageOf(rows, page.limit, (one) => one.id);
}

function isAfter(id: string): SQL {
  return sql`(lower(p.name), p.id) > (select lower(l.name), l.id from person l where l.id = ${id})`;
}

function conditions({ find, employment, organization, role, state: wanted }: PeopleFilter): (SQL | null)[] {
  const words = (find ?? '').toLowerCase().split(/\s+/).filter(Boolean).slice(0, 5);
  return [
    ...words.map((word) => sql`strpos(lower(p.name || ' ' || p.email), ${word}) > 0`),
    employment ? sql`p.employment = ${employment}` : null,
    organization ? sql`p.organization_id = ${organization}` : null,
    role
      ? sql`exists (select 1 from person_role h join role r on r.id = h.role_id
          where r.key = ${role} and h.person_id = p.id and h.organization_id = p.organization_id and ${heldNow(sql`h`)})`
      : null,
    wanted ? sql`${state} = ${wanted}` : null,
  ];
}

/** The person that an id or an e-mail names; null when there is none that the scope may see. */
export async function readProfile(tx: Executor, name: string): Promise<PersonProfile | null> {
  const rows = await tx.execute<PersonProfile & Record<string, unknown>>(sql`
    select ${columns}, (select json_build_object('id', l.id, 'email', l.email, 'name', l.name) from person l where l.id = p.manager_id) as manager, p.project,
      case when o.kind = 'customer' then o.region else p.region end as region,
      (select m.contract_role from membership m where m.person_id = p.id and m.until is null) as "contractRole",
      ${iso(sql`p.starts_at`)} as "startsAt", ${iso(sql`p.ends_at`)} as "endsAt",
      tenure_has_provider(p.organization_id)
        or exists (select 1 from passkey k where k.person_id = p.id and k.revoked_at is null) as "canSignIn"
    from person p join organization o on o.id = p.organization_id where ${personIs(sql`p`, name)}`);
  return rows[0] ?? null;
}
