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
  const rows = await tx.execute<HeldAccess & Record<string, unknown>>(sql`
    select ${reportColumns}, ${stateNow} as state, ${organizationJson(sql`g.organization_id`)} as organization,
      ${organizationJson(sql`g.holder_organization_id`)} as "holderOrganization", ${iso(sql`g.due_at`)} as "dueAt"
    from (select id from (select g.id from access_grant g where ${allOf(conditions(filter))} and ${seesGrant(viewer, sql`g`)}
        and ${page.after ? sql`g.id < ${page.after}` : sql`true`} ${filter.during ? sql`` : sql`offset 0`}) found
      order by id desc limit ${page.limit + 1}) found
    join access_grant g on g.id = found.id
    left join access_request r on r.id = g.request_id order by g.id desc`);
  return pageOf(rows, page.limit, (one) => one.grantId);
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
