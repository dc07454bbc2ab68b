import { type SQL, sql } from 'drizzle-orm';
import type { Ending, GrantOrigin, GrantState, RenewalCause, StoredGrantState } from '../../domain/grant.ts';
import type { Executor } from '../client.ts';
import { kept, keptByShape } from '../kept.ts';
import { entitlementJson, resourceJson } from './catalog.ts';
import { allOf, iso, type Page, type PageWish, pageOf } from './instant.ts';
import { type KeyedView, organizationJson } from './organization.ts';
import { type PersonView, personJson } from './person.ts';
import { idsOf, seesGrant, type Sight, sightOf, type Viewer, viewerGiven, type ViewerIds } from './viewer.ts';
import { fixed } from './fixed.ts';

/** That the end of standing access moved. Instants are ISO 8601 UTC. */
export interface RenewalView {
  formerUntil: string;
  until: string;
  cause: RenewalCause;
  processId: string;
  /** Of a review: who said so. */
  reviewer: PersonView | null;
  /** What was said for it, as far as the viewer may read it. */
  reason: string | null;
  at: string;
}

/** A grant as the outside sees it. Instants are ISO 8601 UTC. */
export interface GrantView {
  id: string;
  requestId: string | null;
  /** The process that gave it, where no request did. */
  processId: string | null;
  /** Of standing access: the roles that it came by, from one that is held to the one that gives it. */
  because: string[] | null;
  origin: GrantOrigin;
  state: GrantState;
  person: PersonView;
  organization: KeyedView;
  holderOrganization: KeyedView;
  resource: KeyedView;
  entitlement: KeyedView;
  from: string;
  until: string;
  dueAt: string;
  endedAt: string | null;
  endedBy: Ending | null;
  endedByPerson: PersonView | null;
  extensions: { requestId: string; formerUntil: string; until: string }[];
  /** Of standing access. */
  renewals: RenewalView[];
  attempts: number;
  lastError: string | null;
  credentialShownAt: string | null;
}

/** What the ledger stores as open is `overdue` once it is due; the ledger's clock decides. */
export const stateNow = sql`case when g.state in ('provisioning', 'held') and g.due_at <= tenure_now() then 'overdue' else g.state end`;

/** How the end of a row `g` of access_grant moved, the first first. */
export const renewalsJson =
  fixed(sql`(select coalesce(json_agg(json_build_object('formerUntil', ${iso(sql`n.former_until`)},
  'until', ${iso(sql`n.until`)}, 'cause', n.cause, 'processId', n.process_id,
  'reviewer', case when l.reviewer is not null then ${personJson(sql`l.reviewer`)} end,
  'reason', coalesce(l.reason, s.reason), 'at', ${iso(sql`n.recorded_at`)}) order by n.recorded_at, n.id), '[]')
  from renewal n left join review_line l on l.id = n.review_id left join process s on s.id = n.process_id where n.grant_id = g.id)`);

/** A row `g` of access_grant as a view. */
export const grantJson =
  fixed(sql`json_build_object('id', g.id, 'requestId', g.request_id, 'processId', g.process_id,
  'because', g.because, 'origin', g.origin, 'state', ${stateNow},
  'person', ${personJson(sql`g.person_id`)}, 'organization', ${organizationJson(sql`g.organization_id`)},
  'holderOrganization', ${organizationJson(sql`g.holder_organization_id`)}, 'resource', ${resourceJson(sql`g.resource_id`)},
  'entitlement', ${entitlementJson(sql`g.entitlement_id`)}, 'from', ${iso(sql`g."from"`)}, 'until', ${iso(sql`g.until`)},
  'dueAt', ${iso(sql`g.due_at`)}, 'endedAt', ${iso(sql`g.ended_at`)}, 'endedBy', g.ended_by,
  'endedByPerson', case when g.ended_by is not null and g.end_ordered_by is not null then ${personJson(sql`g.end_ordered_by`)} end,
  'extensions', (select coalesce(json_agg(json_build_object('requestId', x.request_id, 'formerUntil', ${iso(sql`x.former_until`)},
    'until', ${iso(sql`x.until`)}) order by x.until), '[]') from extension x where x.grant_id = g.id and x.done_at is not null),
  'renewals', ${renewalsJson}, 'attempts', g.attempts, 'lastError', g.last_error, 'credentialShownAt', ${iso(sql`g.credential_shown_at`)})`);

/** The condition that access began at all: an intent that was undone, or ended before it was read back, is not access. */
const began = sql`g.begun_at is not null`;

/** Which grants; everything that is given must hold. Instants are ISO 8601 UTC. */
export interface GrantFilter {
  person?: string | undefined;
  resource?: string | undefined;
  customer?: string | undefined;
  entitlements?: readonly string[] | undefined;
  state?: GrantState | undefined;
  at?: string | undefined;
  during?: { from: string; to: string } | undefined;
}

/** Grants that the viewer may see, newest first. */
export async function listGrants(
  tx: Executor,
  viewer: Viewer,
  filter: GrantFilter,
  page: PageWish,
): Promise<Page<GrantView>> {
  const rows = await tx.execute<{ grant: GrantView }>(sql`
    select ${grantJson} as grant from (select * from access_grant g
      where ${allOf(conditions(filter))} and ${page.after ? sql`g.id < ${page.after}` : sql`true`} and ${seesGrant(viewer, sql`g`)}
      order by g.id desc limit ${page.limit + 1}) g order by g.id desc`);
  return pageOf(
    rows.map((row) => row.grant),
    page.limit,
    (grant) => grant.id,
  );
}

function conditions(filter: GrantFilter): (SQL | null)[] {
  const { person, resource, customer, entitlements, state, at, during } = filter;
  return [
    person ? sql`g.person_id = ${person}` : null,
    resource ? sql`g.resource_id = ${resource}` : null,
    customer ? sql`g.organization_id = ${customer}` : null,
    entitlements ? sql`g.entitlement_id in ${[...entitlements]}` : null,
    state ? stateIs(state) : null,
    at ? sql`${began} and g."from" <= ${at} and (${stillOpenAt(at)} or g.ended_at > ${at})` : null,
    during ? hadAccessDuring(during, customer) : null,
  ];
}

function stateIs(state: GrantState): SQL {
  if (state === 'overdue') return sql`g.state in ('provisioning', 'held') and g.due_at <= tenure_now()`;
  if (state === 'provisioning' || state === 'held')
    return sql`g.state = ${state} and g.due_at > tenure_now()`;
  return sql`g.state = ${state}`;
}

/**
 * The condition that access existed at any moment of [from, to). For one customer's data the longest access there ever
 * was bounds how late an ended one can have ended, so that an index on the end finds them however long the history is.
 */
export function hadAccessDuring(during: { from: string; to: string }, customer?: string): SQL {
  const latestEnd = customer
    ? sql`and g.ended_at < ${during.to}::timestamptz + (select coalesce(max(l.ended_at - l."from"), interval '0') from access_grant l
        where l.organization_id = ${customer} and l.ended_at is not null)`
    : sql``;
  return sql`${began} and g."from" < ${during.to}
    and (${stillOpenAt(during.from)} or (g.ended_at is not null and g.ended_at > ${during.from} ${latestEnd}))`;
}

/** What is open counts until it is gone, however long that takes; at an instant to come, until it is due. */
function stillOpenAt(instant: string): SQL {
  return sql`(g.ended_at is null and (${instant} <= (select tenure_now()) or g.due_at > ${instant}))`;
}

/** What a person asked for and still has, or should have lost: the next to end first. */
export async function listOpenOf(tx: Executor, viewer: Viewer, personId: string): Promise<GrantView[]> {
  const rows = await openOf(tx, sightOf(viewer), { ...idsOf(viewer), person: personId });
  return rows.map((row) => row.grant);
}

const openOf = keptByShape<{ grant: GrantView }, keyof ViewerIds | 'person', Sight>(
  (given, sight) => sql`
    select ${grantJson} as grant from access_grant g where g.person_id = ${given('person')} and g.request_id is not null
      and g.state in ('provisioning', 'held') and ${seesGrant(viewerGiven(sight, given), sql`g`)} order by g.due_at, g.id limit 100`,
);

/** How much a person holds by their roles now. */
export async function countStanding(tx: Executor, personId: string): Promise<number> {
  const rows = await standingOf(tx, { person: personId });
  return rows[0]?.count ?? 0;
}

const standingOf = kept<{ count: number }, 'person'>(
  (given) => sql`
    select count(*)::int as count from access_grant g where g.person_id = ${given('person')} and g.request_id is null
      and g.state = 'held' and g.due_at > tenure_now()`,
);

/** One grant as a view; null when there is none that the viewer may see. */
export async function readGrant(tx: Executor, viewer: Viewer, grantId: string): Promise<GrantView | null> {
  const rows = await tx.execute<{ grant: GrantView }>(sql`
    select ${grantJson} as grant from access_grant g where g.id = ${grantId} and ${seesGrant(viewer, sql`g`)}`);
  return rows[0]?.grant ?? null;
}

/** A grant as an operation needs it to end, extend or show it. */
export interface GrantStanding {
  id: string;
  requestId: string | null;
  state: StoredGrantState;
  personId: string;
  organizationId: string;
  holderOrganizationId: string;
  policyVersion: string;
  /** An ending was ordered, or its time has come. */
  isDue: boolean;
  /** Milliseconds between `from` and `until`. */
  spanMs: number;
  /** ISO 8601 UTC. */
  dueAt: string;
}

/** Reads a grant and keeps it from changing until the transaction ends. Its request must have been locked before. */
export async function lockGrant(
  tx: Executor,
  by: { grantId: string } | { requestId: string },
): Promise<GrantStanding | null> {
  const which = 'grantId' in by ? sql`g.id = ${by.grantId}` : sql`g.request_id = ${by.requestId}`;
  const rows = await tx.execute<GrantStanding & Record<string, unknown>>(sql`
    select g.id, g.request_id as "requestId", g.state, g.person_id as "personId", g.organization_id as "organizationId",
      g.holder_organization_id as "holderOrganizationId", g.policy_version as "policyVersion",
      g.due_at <= tenure_now() or g.end_at is not null as "isDue",
      (extract(epoch from g.until - g."from") * 1000)::float8 as "spanMs", ${iso(sql`g.due_at`)} as "dueAt"
    from access_grant g where ${which} for no key update`);
  return rows[0] ?? null;
}

/** Which request a grant came from, before anything is locked; undefined when there is no such grant to be seen. */
export async function requestOfGrant(
  tx: Executor,
  viewer: Viewer,
  grantId: string,
): Promise<string | null | undefined> {
  const rows = await tx.execute<{ requestId: string | null }>(sql`
    select g.request_id as "requestId" from access_grant g where g.id = ${grantId} and ${seesGrant(viewer, sql`g`)}`);
  return rows[0]?.requestId;
}

/**
 * Orders the grant to end now. False when it has ended or an end was ordered already: the first order stands.
 */
export async function orderEnd(
  tx: Executor,
  grantId: string,
  order: { by: Ending; personId: string },
): Promise<boolean> {
  const rows = await tx.execute(sql`
    update access_grant set end_at = tenure_now(), end_order = ${order.by}, end_ordered_by = ${order.personId}
    where id = ${grantId} and state in ('provisioning', 'held') and end_at is null returning id`);
  return rows.length > 0;
}
