import { type SQL, sql } from 'drizzle-orm';
import type { GrantState } from '../../domain/grant.ts';
import type { Executor } from '../client.ts';
import { type AccessReportItem, reportColumns } from './access-report.ts';
import { hadAccessDuring, stateNow } from './grant.ts';
import { allOf, iso, type Page, type PageWish, pageOf } from './instant.ts';
import { type KeyedView, organizationJson } from './organization.ts';
import { anyOf } from './texts.ts';
import { seesGrant, type Viewer } from './viewer.ts';

/** One access with whose data and whose person it is, how it stands, and the way it came. Instants are ISO 8601 UTC. */
export interface HeldAccess extends AccessReportItem {
  state: GrantState;
  /** Whose data. */
  organization: KeyedView;
  /** Whose person. */
  holderOrganization: KeyedView;
  /** The earliest of until, return and revocation. */
  dueAt: string;
}

/** Which accesses, by ids; everything that is given must hold. */
export interface HeldFilter {
  resource?: string | undefined;
  /** Null: any of them. */
  entitlements?: readonly string[] | null | undefined;
  person?: string | undefined;
  /** Whose data. */
  organization?: string | undefined;
  /** Whose people. */
  holder?: string | undefined;
  /** Held at any moment of [from, to); now, when left out. ISO 8601 UTC. */
  during?: { from: string; to: string } | undefined;
  /** What was asked for, or what is held by roles; both when left out. */
  by?: 'request' | 'role' | undefined;
}

/**
 * Accesses that began, newest first, as far as the viewer may see them. Those of now are few beside those that were: `offset 0` keeps
 * the planner from looking for them through the whole history, from its end.
 */
export async function listHeldAccess(
  tx: Executor,
  viewer: Viewer,
  filter: HeldFilter,
  page: PageWish,
): Promise<Page<HeldAccess>> {
  const found = sql`select id from (${foundBy(viewer, filter, sql`g.id`)} and ${page.after ? sql`g.id < ${page.after}` : sql`true`}
    ${filter.during ? sql`` : sql`offset 0`}) found order by id desc limit ${page.limit + 1}`;
  return pageOf(await readHeld(tx, found, sql`g.id desc`), page.limit, (one) => one.grantId);
}

/** Who has access now, and how much there is. */
export interface HeldNow {
  /** What is past its end first, then what ends next: what there is no room for has longest to go. */
  items: HeldAccess[];
  /** How many people have it, how much of it is past its end, and how much is not among the items. */
  people: number;
  late: number;
  more: number;
}

/** Reads it. Not for what a resource is to thousands of people: all that is found is sorted. */
export async function readHeldNow(
  tx: Executor,
  viewer: Viewer,
  filter: Omit<HeldFilter, 'during'>,
  limit: number,
): Promise<HeldNow> {
  const found = sql`select id from (${foundBy(viewer, filter, sql`g.id, g.due_at`)} offset 0) found
    order by due_at, id limit ${limit + 1}`;
  const rows = await readHeld(tx, found, sql`g.due_at, g.id`);
  const items = rows.slice(0, limit);
  if (rows.length <= limit) {
    const people = new Set(items.map(({ person }) => person.id)).size;
    return { items, people, late: items.filter(({ state }) => state === 'overdue').length, more: 0 };
  }
  const [counted] = await tx.execute<{ people: number; late: number; whole: number }>(sql`
    select count(distinct person_id)::int as people, count(*)::int as whole,
      count(*) filter (where state = 'overdue')::int as late from (${foundBy(viewer, filter, sql`g.person_id, ${stateNow} as state`)} offset 0) found`);
  if (!counted) throw new TypeError('A count without a row.');
  const { people, late, whole } = counted;
  return { items, people, late, more: Math.max(0, whole - items.length) };
}

/** Those columns of accesses that began, as far as the viewer may see them. */
function foundBy(viewer: Viewer, filter: HeldFilter, columns: SQL): SQL {
  return sql`select ${columns} from access_grant g where ${allOf(conditions(filter))} and ${seesGrant(viewer, sql`g`)}`;
}

async function readHeld(tx: Executor, found: SQL, order: SQL): Promise<HeldAccess[]> {
  const rows = await tx.execute<HeldAccess & Record<string, unknown>>(sql`
    select ${reportColumns}, ${stateNow} as state, ${organizationJson(sql`g.organization_id`)} as organization,
      ${organizationJson(sql`g.holder_organization_id`)} as "holderOrganization", ${iso(sql`g.due_at`)} as "dueAt"
    from (${found}) found
    join access_grant g on g.id = found.id
    left join access_request r on r.id = g.request_id order by ${order}`);
  return [...rows];
}

function conditions(filter: HeldFilter): (SQL | null)[] {
  const { resource, entitlements, person, organization, holder, during, by } = filter;
  return [
    resource ? sql`g.resource_id = ${resource}` : null,
    entitlements ? sql`g.entitlement_id = ${anyOf(entitlements)}` : null,
    person ? sql`g.person_id = ${person}` : null,
    organization ? sql`g.organization_id = ${organization}` : null,
    holder ? sql`g.holder_organization_id = ${holder}` : null,
    // What is open now is found by an index that has nothing else.
    during
      ? hadAccessDuring(during, organization)
      : sql`g.begun_at is not null and g.ended_at is null and g."from" <= tenure_now()`,
    by === 'request' ? sql`g.request_id is not null` : null,
    by === 'role' ? sql`g.request_id is null` : null,
  ];
}

/** How many people hold each of these roles at an instant (null: now), by the roles' keys. */
export async function countRoleHolders(
  tx: Executor,
  keys: readonly string[],
  at: string | null,
): Promise<Map<string, number>> {
  if (keys.length === 0) return new Map();
  const instant = at === null ? sql`(select tenure_now())` : sql`${at}::timestamptz`;
  const rows = await tx.execute<{ key: string; people: number }>(sql`
    select r.key, count(distinct h.person_id)::int as people from person_role h join role r on r.id = h.role_id
    where r.key = ${anyOf(keys)} and h."from" <= ${instant} and (h.until is null or h.until > ${instant}) group by r.key`);
  return new Map(rows.map(({ key, people }) => [key, people]));
}
