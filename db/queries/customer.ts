import { type SQL, sql } from 'drizzle-orm';
import { type Executor, together } from '../client.ts';
import { keyedIs } from './catalog.ts';
import { allOf, iso, type Page, type PageWish, pageOf } from './instant.ts';
import type { PersonView } from './person.ts';
import { textArray } from './texts.ts';
import { fixed } from './fixed.ts';

/** Where a customer stands, in one word. */
export const customerStates = ['active', 'restricted', 'suspended', 'ending', 'ended'] as const;
export type CustomerState = (typeof customerStates)[number];

/** A customer as the outside sees it. Instants are ISO 8601 UTC. */
export interface CustomerView {
  id: string;
  key: string;
  name: string;
  state: CustomerState;
  tier: string | null;
  region: string | null;
  customerType: string | null;
  approvesVendorAccess: boolean;
  /** `#rrggbb` as it was chosen; null: none. */
  brandColor: string | null;
  /** How its panel is headed, where not by its name. */
  shownName: string | null;
  /** Null where no billing or CRM system has said anything. */
  contract: {
    state: string;
    /** Null: the contract names no number. */
    seats: number | null;
    until: string | null;
    dunning: string;
    dunningSince: string | null;
    overSeatsSince: string | null;
  } | null;
  /** Open memberships. */
  users: number;
  onboardedAt: string | null;
  suspendedAt: string | null;
  offboardedAt: string | null;
}

/** The same for whoever changes something of it: however many users there are, none of them is counted. */
export type CustomerFacts = Omit<CustomerView, 'users'>;

/** A process that ends the customer, in one of these states. */
const isEnding = (
  states: SQL,
) => sql`exists (select 1 from process p where p.organization_id = o.id and p.person_id is null
  and p.kind = 'offboarding' and p.state in ${states})`;

/** What is, before what is to come: a held or later end says nothing to somebody who cannot sign in already. */
const state = fixed(sql`case
  when o.offboarded_at is not null then 'ended'
  when ${isEnding(sql`('running')`)} then 'ending'
  when o.suspended_at is not null or c.dunning_state = 'suspended' then 'suspended'
  when ${isEnding(sql`('waiting', 'fenced')`)} then 'ending'
  when c.dunning_state = 'restricted' then 'restricted' else 'active' end`);

const facts =
  fixed(sql`o.id, o.key, o.name, ${state} as state, o.tier_key as tier, o.region, o.customer_type as "customerType",
  tenure_consent(o.id) <> '[]' as "approvesVendorAccess", o.brand_color as "brandColor", o.shown_name as "shownName",
  case when c.organization_id is not null then json_build_object('state', c.state, 'seats', c.seats, 'until', ${iso(sql`c.until`)},
    'dunning', c.dunning_state, 'dunningSince', ${iso(sql`c.dunning_since`)},
    'overSeatsSince', ${iso(sql`c.over_seats_since`)}) end as contract,
  ${iso(sql`o.onboarded_at`)} as "onboardedAt", ${iso(sql`o.suspended_at`)} as "suspendedAt",
  ${iso(sql`o.offboarded_at`)} as "offboardedAt"`);

const columns = fixed(sql`${facts},
  (select count(*)::int from membership m where m.organization_id = o.id and m.until is null) as users`);

/** Customers that the scope may see, the newest first. One that is only heard of is none yet. */
export async function listCustomers(
  tx: Executor,
  filter: { state?: CustomerState | undefined; tier?: string | undefined; find?: string | undefined },
  page: PageWish,
): Promise<Page<CustomerView>> {
  const conditions = [
    filter.find === undefined ? null : sql`strpos(lower(o.key || ' ' || o.name), lower(${filter.find})) > 0`,
    filter.state === undefined ? null : sql`${state} = ${filter.state}`,
    filter.tier === undefined ? null : sql`o.tier_key = ${filter.tier}`,
    page.after ? sql`o.id < ${page.after}` : null,
  ];
  const rows = await tx.execute<CustomerView & Record<string, unknown>>(sql`
    select ${columns} from organization o left join contract c on c.organization_id = o.id
    where o.kind = 'customer' and o.onboarded_at is not null and ${allOf(conditions)}
    order by o.id desc limit ${page.limit + 1}`);
  return pageOf(rows, page.limit, (one) => one.id);
}

/** One customer by id or key; null when there is none that the scope may see. */
export async function readCustomer(tx: Executor, name: string): Promise<CustomerView | null> {
  const rows = await tx.execute<CustomerView & Record<string, unknown>>(oneOf(columns, name));
  return rows[0] ?? null;
}

/**
 * Keeps a customer, by id or key, from leaving, being suspended or having other users added until the transaction ends, and reads it as
 * it is then. Null when there is none that the scope may change.
 */
export async function holdCustomer(tx: Executor, name: string): Promise<CustomerFacts | null> {
  // Sent together, read one after the other: what is read is what was there when it was held.
  const [, rows] = await together([
    tx.execute(sql`
      select 1 from organization o where o.kind = 'customer' and ${keyedIs('org', sql`o`, name)} for no key update`),
    tx.execute<CustomerFacts & Record<string, unknown>>(oneOf(facts, name)),
  ]);
  return rows[0] ?? null;
}

const oneOf = (what: SQL, name: string) => sql`
  select ${what} from organization o left join contract c on c.organization_id = o.id
  where o.kind = 'customer' and o.onboarded_at is not null and ${keyedIs('org', sql`o`, name)}`;

/** How far a customer's user is. `joining`: being onboarded, and not invited yet or anew. */
export const userStates = ['joining', 'invited', 'expired', 'active', 'suspended', 'removed'] as const;
export type UserState = (typeof userStates)[number];

/** A customer's user as the outside sees it. Instants are ISO 8601 UTC. */
export interface UserView {
  person: PersonView;
  state: UserState;
  contractRole: string | null;
  /** Keys of the roles given to this user by themselves. */
  givenRoles: string[];
  /** Those that count under the contract and the tier. */
  roles: string[];
  since: string;
  /** When the membership ended. */
  until: string | null;
  invitedAt: string | null;
  confirmedAt: string | null;
  /** An administrator whom the vendor's people made: from when on they approve the vendor's access. Null: nothing keeps them from it. */
  approvesFrom: string | null;
  /** Their organization has an identity provider, or they a passkey. */
  canSignIn: boolean;
}

/** The latest membership of each person of a customer. */
function latestMembership(organizationId: string): SQL {
  return sql`(select distinct on (m.person_id) m.* from membership m where m.organization_id = ${organizationId}
    order by m.person_id, m.seq desc)`;
}

const isJoining = sql`s.kind = 'onboarding' and s.state in ('waiting', 'fenced', 'running', 'undoing')`;

/** Their link was taken back for a new one, which is on its way. */
const isInvitedAnew = sql`s.kind = 'onboarding' and s.state = 'confirming' and x.state = 'done'`;

const userState = fixed(sql`case
  when m.until is not null then 'removed'
  when p.suspended_at is not null then 'suspended'
  when w.id is not null and w.confirmed_at is null and w.expires_at <= tenure_now() then 'expired'
  when w.id is not null and w.confirmed_at is null then 'invited'
  when w.id is null and (exists (select 1 from process s where s.person_id = m.person_id and ${isJoining})
    or exists (select 1 from process_person x join process s on s.id = x.process_id where x.person_id = m.person_id
      and (${isJoining} or ${isInvitedAnew})))
    then 'joining' else 'active' end`);

const userColumns =
  fixed(sql`json_build_object('id', p.id, 'email', p.email, 'name', p.name) as person, ${userState} as state,
  m.contract_role as "contractRole", m.given_roles as "givenRoles",
  array(select r.key from person_role h join role r on r.id = h.role_id where h.person_id = p.id and h.organization_id = m.organization_id
    and h."from" <= tenure_now() and (h.until is null or h.until > tenure_now()) order by r.key) as roles,
  ${iso(sql`m."from"`)} as since, ${iso(sql`m.until`)} as until, ${iso(sql`w.created_at`)} as "invitedAt",
  ${iso(sql`w.confirmed_at`)} as "confirmedAt",
  ${iso(sql`tenure_own_from(m.person_id, m.organization_id, null)`)} as "approvesFrom",
  tenure_has_provider(m.organization_id)
    or exists (select 1 from passkey k where k.person_id = m.person_id and k.revoked_at is null) as "canSignIn"`);

// What somebody confirmed who was removed since, and came back, is of another time.
const userTables = sql`join person p on p.id = m.person_id
  left join lateral (select w.id, w.created_at, w.expires_at, w.confirmed_at from welcome w where w.person_id = m.person_id and w.organization_id = m.organization_id
    and w.voided_at is null and w.created_at >= m."from" order by w.created_at desc limit 1) w on true`;

/** A customer's users of now and of before, newest person first. */
export async function listUsers(
  tx: Executor,
  organizationId: string,
  filter: { state?: UserState | undefined; find?: string | undefined },
  page: PageWish,
): Promise<Page<UserView>> {
  const conditions = [
    filter.find === undefined
      ? null
      : sql`strpos(lower(p.name || ' ' || p.email), lower(${filter.find})) > 0`,
    filter.state === undefined ? null : sql`${userState} = ${filter.state}`,
    page.after ? sql`p.id < ${page.after}` : null,
  ];
  const rows = await tx.execute<UserView & Record<string, unknown>>(sql`
    select ${userColumns} from ${latestMembership(organizationId)} m ${userTables}
    where ${allOf(conditions)} order by p.id desc limit ${page.limit + 1}`);
  return pageOf(rows, page.limit, (one) => one.person.id);
}

/** One user of a customer; null when the person never was one. */
export async function readUser(
  tx: Executor,
  organizationId: string,
  personId: string,
): Promise<UserView | null> {
  const rows = await tx.execute<UserView & Record<string, unknown>>(sql`
    select ${userColumns} from membership m ${userTables}
    where m.organization_id = ${organizationId} and m.person_id = ${personId} order by m.seq desc limit 1`);
  return rows[0] ?? null;
}

/** How a customer's users stand, as far as seats go. */
export interface SeatUse {
  /** Who has a seat and has not confirmed yet, or not been asked to. */
  invited: number;
  /** Open memberships beside these. */
  active: number;
}

/** Counts a customer's seats by how they are used, over all its users. */
export async function readSeatUse(tx: Executor, organizationId: string): Promise<SeatUse> {
  const rows = await tx.execute<SeatUse & Record<string, unknown>>(sql`
    select count(*) filter (where u.state in ('invited', 'expired', 'joining'))::int as invited,
      count(*) filter (where u.state not in ('invited', 'expired', 'joining'))::int as active
    from (select ${userState} as state from membership m ${userTables}
      where m.organization_id = ${organizationId} and m.until is null) u`);
  return rows[0] ?? { invited: 0, active: 0 };
}

/** In this order users need a look: a link that has ended, somebody who is locked out, who has not come yet. */
const attention = ['expired', 'suspended', 'joining', 'invited', 'active', 'removed'] as const;

/** A customer's users of now and of before, by how much they need a look, then by name. `after` is a cursor of {@link UsersByNeed}. */
export async function listUsersByNeed(
  tx: Executor,
  organizationId: string,
  find: string | null,
  page: PageWish,
): Promise<UsersByNeed> {
  const after = readPlace(page.after);
  const conditions = [
    find === null
      ? null
      : sql`strpos(lower(u.person->>'name' || ' ' || (u.person->>'email')), lower(${find})) > 0`,
    after && sql`(u.rank, u.called, u.person->>'id') > (${after.rank}::int, ${after.called}, ${after.id})`,
  ];
  const rank = sql`array_position(${textArray(attention)}, v.state)`;
  const rows = await tx.execute<UserView & { rank: number; called: string } & Record<string, unknown>>(sql`
    select u.* from (select v.*, ${rank} as rank, lower(v.person->>'name') as called
      from (select ${userColumns} from ${latestMembership(organizationId)} m ${userTables}) v) u
    where ${allOf(conditions)} order by u.rank, u.called, u.person->>'id' limit ${page.limit + 1}`);
  const shown = rows.slice(0, page.limit);
  const last = shown.at(-1);
  const items = shown.map(({ rank: _rank, called: _called, ...user }) => user);
  return { items, next: rows.length > page.limit && last ? placeOf(last) : null };
}

/** A page of users, and where the next one begins. */
export interface UsersByNeed {
  items: UserView[];
  /** Opaque; null at the end. */
  next: string | null;
}

function placeOf({ rank, called, person }: { rank: number; called: string; person: PersonView }): string {
  return Buffer.from(JSON.stringify([rank, called, person.id])).toString('base64url');
}

function readPlace(cursor: string | null): { rank: number; called: string; id: string } | null {
  if (cursor === null) return null;
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (!Array.isArray(place)) return null;
    const [rank, called, id]: unknown[] = place;
    return typeof rank === 'number' &&
      Number.isInteger(rank) &&
      rank < 100 &&
      typeof called === 'string' &&
      !called.includes('\0') &&
      typeof id === 'string' &&
      !id.includes('\0')
      ? { rank, called, id }
      : null;
  } catch {
    // What is no cursor of ours begins at the beginning.
    return null;
  }
}
