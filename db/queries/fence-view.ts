import { type SQL, sql } from 'drizzle-orm';
import type { ProcessCause, ProcessKind } from '../../domain/process.ts';
import type { Executor } from '../client.ts';
import type { Difference } from './fence.ts';
import { stillWaits } from './fence-close.ts';
import { allOf, iso, type Page, type PageWish, pageOf } from './instant.ts';
import { type KeyedView, organizationJson } from './organization.ts';
import { type PersonView, personJson } from './person.ts';

export const fenceStates = ['open', 'closed'] as const;
export type FenceState = (typeof fenceStates)[number];

/** A fence as the outside sees it. Instants are ISO 8601 UTC. Only the vendor's people see any. */
export interface FenceView {
  id: string;
  /** `source`: customers reduced or ended by one source. `people`: people of one tenant changed by a feed or an edit. */
  kind: 'source' | 'people';
  state: FenceState;
  /** Of a `source` fence: the source's key. */
  source: string | null;
  /** Of a `people` fence: whose people. */
  organization: KeyedView | null;
  cause: ProcessCause;
  /** Who set the changes off, and may not release them. */
  author: PersonView | null;
  /** So many go through within the window. */
  limit: number;
  openedAt: string;
  closedAt: string | null;
  waiting: number;
  released: number;
  discarded: number;
  /** What would happen to those that wait, in words: `12 people lose use on northwind-app`. */
  difference: string[];
}

export const fenceItemStates = ['waiting', 'released', 'discarded'] as const;
export type FenceItemState = (typeof fenceItemStates)[number];

/** One held change. */
export interface FenceItemView {
  id: string;
  state: FenceItemState;
  processId: string;
  /** What the process is about: an offboarding ends everything. */
  processKind: ProcessKind;
  /** Null: the customer as a whole. */
  person: PersonView | null;
  organization: KeyedView;
  difference: Difference;
  /** Sign-in is suspended meanwhile. */
  suspended: boolean;
  decidedBy: PersonView | null;
  decidedAt: string | null;
  comment: string | null;
}

/** Lines of a difference that are told; the rest is counted. */
const linesAtMost = 30;

interface Count {
  change: 'gain' | 'lose' | 'leave';
  name: string | null;
  count: number;
}

type FenceRow = Omit<FenceView, 'difference'> & { counts: Count[] } & Record<string, unknown>;

const counted = (which: SQL) =>
  sql`(select count(*)::int from fence_item i where i.fence_id = f.id and ${which})`;

/** Who leaves altogether, and how many gain or lose what. */
const counts = sql`(select coalesce(json_agg(json_build_object('change', c.change, 'name', c.name, 'count', c.count)
    order by c.change desc, c.count desc, c.name), '[]') from (
  select d.change, d.name, count(*)::int as count
  from fence_item i join process s on s.id = i.process_id cross join lateral (
    select 'leave' as change, null as name where s.kind = 'offboarding'
    union all select 'lose', jsonb_array_elements_text(i.difference->'lose')
    union all select 'gain', jsonb_array_elements_text(i.difference->'gain')) d
  where i.fence_id = f.id and ${stillWaits(sql`i`)} group by d.change, d.name) c)`;

const fenceColumns = sql`f.id, f.kind, case when f.closed_at is null then 'open' else 'closed' end as state,
  case when f.kind = 'source' then f.subject end as source,
  case when f.organization_id is not null then ${organizationJson(sql`f.organization_id`)} end as organization, f.cause,
  case when f.author is not null then ${personJson(sql`f.author`)} end as author, f."limit", ${iso(sql`f.opened_at`)} as "openedAt",
  ${iso(sql`f.closed_at`)} as "closedAt", ${counted(stillWaits(sql`i`))} as waiting, ${counted(sql`i.state = 'released'`)} as released,
  ${counted(sql`i.state = 'discarded'`)} as discarded, ${counts} as counts`;

/** Fences, newest first. */
export async function listFences(
  tx: Executor,
  { state }: { state?: FenceState | undefined },
  page: PageWish,
): Promise<Page<FenceView>> {
  const conditions = [
    state === 'open' ? sql`f.closed_at is null` : null,
    state === 'closed' ? sql`f.closed_at is not null` : null,
    page.after ? sql`f.id < ${page.after}` : null,
  ];
  const rows = await tx.execute<FenceRow>(sql`
    select ${fenceColumns} from fence f where ${allOf(conditions)} order by f.id desc limit ${page.limit + 1}`);
  return pageOf(rows.map(viewOf), page.limit, (one) => one.id);
}

/** One fence; null when there is none that the caller may see. */
export async function readFence(tx: Executor, fenceId: string): Promise<FenceView | null> {
  const rows = await tx.execute<FenceRow>(sql`select ${fenceColumns} from fence f where f.id = ${fenceId}`);
  const [row] = rows;
  return row ? viewOf(row) : null;
}

/** What a fence holds or somebody has decided on, in the order in which it came. */
export async function listFenceItems(
  tx: Executor,
  fenceId: string,
  { state }: { state?: FenceItemState | undefined },
  page: PageWish,
): Promise<Page<FenceItemView>> {
  const person = (id: SQL) => sql`case when ${id} is not null then ${personJson(id)} end`;
  const conditions = [
    sql`i.fence_id = ${fenceId} and (i.state <> 'waiting' or ${stillWaits(sql`i`)})`,
    state ? sql`i.state = ${state}` : null,
    page.after ? sql`i.id > ${page.after}` : null,
  ];
  const rows = await tx.execute<FenceItemView & Record<string, unknown>>(sql`
    select i.id, i.state, i.process_id as "processId", s.kind as "processKind", ${person(sql`i.person_id`)} as person,
      ${organizationJson(sql`i.organization_id`)} as organization, i.difference, i.suspended,
      ${person(sql`i.decided_by`)} as "decidedBy", ${iso(sql`i.decided_at`)} as "decidedAt", i.comment
    from fence_item i join process s on s.id = i.process_id
    where ${allOf(conditions)} order by i.id limit ${page.limit + 1}`);
  return pageOf(rows, page.limit, (one) => one.id);
}

function viewOf({ counts: told, ...rest }: FenceRow): FenceView {
  const { id, kind, state, source, organization, cause, author, limit, openedAt, closedAt } = rest;
  const { waiting, released, discarded } = rest;
  const lines = told.map((one) => lineOf(kind, one));
  const more = lines.length - linesAtMost;
  const difference = more > 0 ? [...lines.slice(0, linesAtMost), `and ${more} more`] : lines;
  const what = { id, kind, state, source, organization, cause, author, limit, openedAt, closedAt };
  return { ...what, waiting, released, discarded, difference };
}

function lineOf(kind: FenceView['kind'], { change, name, count }: Count): string {
  const [one, many] = kind === 'people' ? ['person', 'people'] : ['customer', 'customers'];
  const who = count === 1 ? `1 ${one} ${change}s` : `${count} ${many} ${change}`;
  if (name === null) return who;
  const [resource, entitlement] = name.split(':');
  return entitlement === undefined ? `${who} ${name}` : `${who} ${entitlement} on ${resource}`;
}
