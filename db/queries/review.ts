import { type SQL, sql } from 'drizzle-orm';
import type { Actor } from '../../domain/audit-event.ts';
import { standingStates } from '../../domain/contract.ts';
import { newId } from '../../domain/ids.ts';
import type { Executor } from '../client.ts';
import { iso, type Page, pageOf } from './instant.ts';
import { type KeyedView, organizationJson } from './organization.ts';
import { heldNow, type PersonView, personJson } from './person.ts';
import { standingSince } from './standing.ts';
import { anyOf } from './texts.ts';

/** Who keeps what, and why: `role` null is all that they hold. */
export interface NewReviewLine {
  personId: string;
  /** Whose person it is. */
  organizationId: string;
  role: string | null;
  reason: string;
}

export interface WrittenReviewLine extends NewReviewLine {
  id: string;
  /** ISO 8601 UTC. */
  at: string;
}

/**
 * Writes lines of a review, in their order. The people's rows must have been locked before, so that a plan that is made at the
 * same time is made before these lines or knows them. A line about the reviewer, or by somebody who does not manage the access
 * of these people, is left out.
 */
export async function writeReviewLines(
  tx: Executor,
  reviewer: string,
  lines: readonly NewReviewLine[],
): Promise<WrittenReviewLine[]> {
  if (lines.length === 0) return [];
  const made = lines.map((line) => ({ ...line, id: newId('review') }));
  const rows = await tx.execute<{ id: string; at: string }>(sql`
    insert into review_line (id, person_id, organization_id, role, reviewer, reason)
    select l.id, l."personId", l."organizationId", l.role, ${reviewer}, l.reason
    from jsonb_to_recordset(${JSON.stringify(made)}::jsonb) as l (id text, "personId" text, "organizationId" text, role text, reason text)
    where l."personId" <> ${reviewer} and tenure_manages(${reviewer}, l."organizationId")
    returning id, ${iso(sql`at`)} as at`);
  const writtenAt = new Map(rows.map(({ id, at }) => [id, at]));
  return made.flatMap((line) => {
    const at = writtenAt.get(line.id);
    return at === undefined ? [] : [{ ...line, at }];
  });
}

/**
 * Whoever gives a role decides anew about what it gives, some of which the person may hold already by another: that is a line
 * of a review, too. What nobody decided, e.g. what a feed said without an author, is none.
 */
export async function writeGivenRoles(
  tx: Executor,
  actor: Actor,
  lines: readonly NewReviewLine[],
): Promise<void> {
  if (actor.kind === 'person') await writeReviewLines(tx, actor.id, lines);
}

/** A person as far as a review of what they hold goes. */
export interface ReviewedPerson extends PersonView {
  organization: KeyedView;
  isVendors: boolean;
  hasLeft: boolean;
  /** The end of their customer's contract, ISO 8601 UTC; null: it names none, or they are the vendor's. */
  contractUntil: string | null;
  /** Keys of the roles that count now. */
  roles: string[];
}

/** The people that these ids and e-mail addresses name, locked in the order of their ids, as far as the scope may change them. */
export async function lockReviewed(
  tx: Executor,
  names: readonly string[],
): Promise<Map<string, ReviewedPerson>> {
  const said = names.map((name) => name.toLowerCase());
  await tx.execute(sql`
    select 1 from person where id = ${anyOf(names)} or lower(email) = ${anyOf(said)} order by id for no key update`);
  const rows = await tx.execute<ReviewedPerson & Record<string, unknown>>(sql`
    select p.id, p.email, p.name, ${organizationJson(sql`p.organization_id`)} as organization, o.kind = 'vendor' as "isVendors",
      p.offboarded_at is not null or (o.kind = 'customer' and m.seq is null) as "hasLeft", ${iso(sql`c.until`)} as "contractUntil",
      array(select r.key from person_role h join role r on r.id = h.role_id
        where h.person_id = p.id and h.organization_id = p.organization_id and ${heldNow(sql`h`)} order by r.key) as roles
    from person p join organization o on o.id = p.organization_id left join contract c on c.organization_id = o.id
      left join membership m on m.person_id = p.id and m.organization_id = o.id and m.until is null
    where p.id = ${anyOf(names)} or lower(p.email) = ${anyOf(said)}`);
  const found = rows.map(({ ...row }) => row);
  return new Map(
    names.flatMap((name) => {
      const one = found.find(({ id, email }) => id === name || email?.toLowerCase() === name.toLowerCase());
      return one ? [[name, one] as const] : [];
    }),
  );
}

/** What of somebody's standing access lapses, or has lapsed, unless a review keeps it. Instants are ISO 8601 UTC. */
export interface DueReview {
  person: PersonView;
  organization: KeyedView;
  /** A role's key. */
  role: string;
  givenAt: string;
  /** The last review of it; null: there was none. */
  reviewedAt: string | null;
  until: string;
  isLapsed: boolean;
}

export interface DueFilter {
  /** ISO 8601 UTC. */
  before: string;
  /** Null: everybody that the scope may see. */
  organizationId: string | null;
  /** Keys of the roles that give anything. */
  roles: readonly string[];
  /** Milliseconds by customer type; `''`: of everybody else. */
  periodMs: Readonly<Record<string, number>>;
}

/** A page of them goes on after an item's end, person and role. */
export interface DueAfter {
  until: string;
  personId: string;
  role: string;
}

/**
 * Whose standing access lapses before an instant, the earliest first. The end of a role is counted from the same facts as that
 * of what it gives (`groundsOf`); where something that it gave ends sooner and nothing newer speaks for it, that end counts.
 * Customers whose contract names an end are not here: the contract renews their users. Nor is whoever leaves by then.
 */
export async function listDueReviews(
  tx: Executor,
  filter: DueFilter,
  page: { limit: number; after: DueAfter | null },
): Promise<Page<DueReview>> {
  const { after } = page;
  const rows = await tx.execute<DueReview & Record<string, unknown>>(sql`
    select ${personJson(sql`d.id`)} as person, ${organizationJson(sql`d.organization_id`)} as organization, d.role,
      ${iso(sql`d.given_at`)} as "givenAt", ${iso(sql`d.reviewed_at`)} as "reviewedAt", ${iso(sql`d.until`)} as until,
      d.until <= tenure_now() as "isLapsed"
    from ${dueRoles(filter)} d
    where d.until < ${filter.before} and (d.ends_at is null or d.ends_at > d.until)
      and ${after ? sql`(d.until, d.id, d.role) > (${after.until}::timestamptz, ${after.personId}, ${after.role})` : sql`true`}
    order by d.until, d.id, d.role limit ${page.limit + 1}`);
  return pageOf(rows, page.limit, ({ until, person, role }) => `${until} ${person.id} ${role}`);
}

/**
 * Notes, once a week, for whoever manages the people concerned, how many of them hold what lapses before an instant: a customer's
 * own administrators, or the vendor's people who manage access where it has none. Returns how many notices are new.
 */
export async function noteDueReviews(
  db: Executor,
  filter: Omit<DueFilter, 'organizationId'>,
): Promise<number> {
  const rows = await db.execute(sql`
    with due as (
      select d.organization_id, count(distinct d.id)::int as people, min(d.until) as first
      from ${dueRoles({ ...filter, organizationId: null })} d
      where d.until < ${filter.before} and d.until > tenure_now() and (d.ends_at is null or d.ends_at > d.until)
      group by d.organization_id),
    managers as (
      select distinct h.person_id, h.organization_id from person_role h join role r on r.id = h.role_id
      where ${heldNow(sql`h`)} and case when h.organization_id = tenure_vendor() then 'manage-access' else 'administer-customer' end
        = any (r.duties))
    insert into notice (kind, person_id, subject, data)
    select 'reviews-due', m.person_id, due.organization_id || '/' || to_char(tenure_now(), 'IYYY-IW'),
      jsonb_build_object('organizationId', due.organization_id, 'people', due.people, 'first', ${iso(sql`due.first`)})
    from due join managers m on m.organization_id = due.organization_id
      or m.organization_id = tenure_vendor() and not exists (select 1 from managers o where o.organization_id = due.organization_id)
    on conflict do nothing returning 1`);
  return rows.length;
}

/** Each role of each person, with when it runs out. */
function dueRoles({ organizationId, roles, periodMs }: DueFilter): SQL {
  return sql`(
    select k.id, k.organization_id, k.role, k.given_at, k.reviewed_at, k.ends_at,
      least(k.counted_from + k.period, sooner.until) as until
    from (
      select p.id, p.organization_id, p.ends_at, r.key as role, max(g.given_at) as given_at, l.reviewed_at,
        greatest(max(g.given_at), l.reviewed_at, w.confirmed_at) as counted_from,
        coalesce((${JSON.stringify(periodMs)}::jsonb->>coalesce(o.customer_type, ''))::float8,
          (${JSON.stringify(periodMs)}::jsonb->>'')::float8) * interval '1 millisecond' as period
      from person_role h join role r on r.id = h.role_id join person p on p.id = h.person_id
        join organization o on o.id = p.organization_id left join contract c on c.organization_id = o.id
        left join membership m on m.person_id = p.id and m.organization_id = o.id and m.until is null
        cross join lateral (select case o.kind when 'vendor' then h."from" else m."from" end as given_at) g
        cross join lateral (select max(l.at) as reviewed_at from review_line l
          where l.person_id = p.id and (l.role is null or l.role = r.key)) l
        -- A source whose clock is fast says nothing of what is to come.
        cross join lateral (select case when w.at <= tenure_now() then w.at when w.at is not null then tenure_now() end as confirmed_at
          from (select ${confirmedAt} as at) w) w
      where h.organization_id = p.organization_id and ${heldNow(sql`h`)} and r.key = ${anyOf(roles)}
        and p.offboarded_at is null and p.suspended_at is null and o.offboarded_at is null
        and (o.kind = 'vendor' or m.seq is not null and c.until is null)
        and ${organizationId ? sql`p.organization_id = ${organizationId}` : sql`true`}
      group by p.id, p.organization_id, p.ends_at, r.key, l.reviewed_at, o.customer_type, w.confirmed_at) k
    left join lateral (select min(s.until) as until from (
      select distinct on (g.resource_id, g.entitlement_id, g.organization_id) g.until, g.end_at,
        ${standingSince} as since
      from access_grant g where g.person_id = k.id and g.request_id is null and g.because[1] = k.role
      order by g.resource_id, g.entitlement_id, g.organization_id, g.id desc) s
      where (s.end_at is null or s.until <= s.end_at) and s.since >= k.counted_from) sooner on true)`;
}

/** When a customer's contract was last said to stand: `confirmedAt` of domain/contract.ts, for a row `c` of contract. */
const carrier = sql`(c.content->'objects'->('[' || (c.content#>'{terms,carrier,source}')::text || ','
  || (c.content#>'{terms,carrier,objectId}')::text || ']'))`;
const confirmedAt = sql`case when c.content#>>'{terms,state}' = ${anyOf(standingStates)} then
  greatest((${carrier}#>>'{status,at}')::timestamptz,
    case when ${carrier}#>>'{payment,value}' = 'paid' then (${carrier}#>>'{payment,at}')::timestamptz end) end`;
