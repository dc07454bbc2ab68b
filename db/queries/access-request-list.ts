import { type Placeholder, sql } from 'drizzle-orm';
import type { RequestState } from '../../domain/access-request.ts';
import type { Executor } from '../client.ts';
import { keptByShape } from '../kept.ts';
import { type AccessRequestView, requestJson, waitsFor, withStageStates } from './access-request.ts';
import { allOf, type Page, type PageWish, pageOf } from './instant.ts';
import { lapsesAt } from './stage-limit.ts';
import {
  idsOf,
  seesRequest,
  type Sight,
  sightOf,
  type Viewer,
  viewerGiven,
  type ViewerIds,
} from './viewer.ts';

export interface AccessRequestFilter {
  /** Only this one. */
  id?: string | undefined;
  state?: RequestState | undefined;
  person?: string | undefined;
  customer?: string | undefined;
  resource?: string | undefined;
  /** Only what waits for this person's decision. */
  waitingFor?: string | undefined;
  /** Only what is on its way, or was settled within a day. */
  isFresh?: boolean | undefined;
  /** Of what waits only what has not lapsed. */
  isOpen?: boolean | undefined;
}

/** Requests that the viewer may see, newest first. */
export function listAccessRequests(
  tx: Executor,
  viewer: Viewer,
  filter: AccessRequestFilter,
  page: PageWish,
): Promise<Page<AccessRequestView>> {
  return list(tx, viewer, filter, { ...page, isSoonest: false });
}

/** The same, what lapses next first and so many at most: what there is no room for has longest to go. */
export async function listNextToLapse(
  tx: Executor,
  viewer: Viewer,
  filter: AccessRequestFilter,
  limit: number,
): Promise<AccessRequestView[]> {
  const { items } = await list(tx, viewer, filter, { limit, after: null, isSoonest: true });
  return items;
}

async function list(
  tx: Executor,
  viewer: Viewer,
  filter: AccessRequestFilter,
  page: PageWish & { isSoonest: boolean },
): Promise<Page<AccessRequestView>> {
  const { id, state, person, customer, resource, waitingFor, isFresh = false, isOpen = false } = filter;
  const { after, isSoonest } = page;
  const values = { id, state, person, customer, resource, waitingFor, after };
  const narrowing = {
    id: Boolean(id),
    state: Boolean(state),
    person: Boolean(person),
    customer: Boolean(customer),
    resource: Boolean(resource),
    waitingFor: Boolean(waitingFor),
    after: Boolean(after),
    isFresh,
    isOpen,
    isSoonest,
  };
  const rows = await listed(
    tx,
    { ...sightOf(viewer), ...narrowing },
    { ...idsOf(viewer), ...values, limit: page.limit + 1 },
  );
  const views = rows.map((row) => withStageStates(row.request));
  return pageOf(views, page.limit, (request) => request.id);
}

/** What a list is narrowed by. */
type Narrowing = Record<keyof AccessRequestFilter | 'after' | 'isSoonest', boolean>;
type Values = keyof ViewerIds | Exclude<keyof Narrowing, 'isFresh' | 'isOpen' | 'isSoonest'> | 'limit';

const listed = keptByShape<{ request: AccessRequestView }, Values, Sight & Narrowing>(
  (given, shape) => sql`
    select ${requestJson} as request from (select * from access_request r where ${allOf(conditionsOf(shape, given))} and ${seesRequest(viewerGiven(shape, given), sql`r`)}
      order by ${orderOf(shape)} limit ${given('limit')}) r order by ${orderOf(shape)}`,
);

const orderOf = ({ isSoonest }: Narrowing) => (isSoonest ? sql`${lapsesAt(sql`r`)}, r.id` : sql`r.id desc`);

function conditionsOf(by: Narrowing, given: (name: Values) => Placeholder) {
  return [
    by.id ? sql`r.id = ${given('id')}` : null,
    by.state ? sql`r.state = ${given('state')}` : null,
    by.person ? sql`r.person_id = ${given('person')}` : null,
    by.customer ? sql`r.organization_id = ${given('customer')}` : null,
    by.resource ? sql`r.resource_id = ${given('resource')}` : null,
    by.waitingFor ? waitsFor(given('waitingFor')) : null,
    by.isFresh ? sql`(r.settled_at is null or r.settled_at > tenure_now() - interval '1 day')` : null,
    by.isOpen ? sql`${lapsesAt(sql`r`)} > tenure_now()` : null,
    by.after ? sql`r.id < ${given('after')}` : null,
  ];
}
