import { sql } from 'drizzle-orm';
import type { Executor, Ledger } from '../client.ts';
import { activeNow, type PrincipalView, principalColumns, principalRoles } from './person.ts';
import { textArray } from './texts.ts';
import { seesGrant, seesRequest, seesTask, type Viewer } from './viewer.ts';

/** What a viewer is told has changed. */
export const liveKinds = [
  'access_request',
  'grant',
  'task',
  'process',
  'fence',
  'person',
  'event',
  'signal',
] as const;
export type LiveKind = (typeof liveKinds)[number];

/** What the ids in the change table name, by the table that has changed. Of the others nobody is told. */
export const followed: Readonly<Record<string, keyof ChangedIds>> = {
  access_request: 'access_request',
  stage: 'access_request',
  decision: 'access_request',
  extension: 'access_request',
  access_grant: 'grant',
  renewal: 'grant',
  task: 'task',
  process: 'process',
  fence_item: 'fence_item',
  person: 'person',
  person_role: 'person',
  membership: 'person',
  inbound_event: 'event',
  signal: 'signal',
};

/** One changed row of a table that is followed. */
export interface Change {
  table: string;
  rowId: string;
  /** The transaction that changed it. */
  xid: number;
}

/** What has become visible since a snapshot was taken. */
export interface Changes {
  /** When this was looked at, by the ledger's clock; milliseconds since 1970. */
  nowMs: number;
  /** What is visible now, as `pg_snapshot` is written: `xmin:xmax:xip,…`. */
  snapshot: string;
  /** The highest place in the change table that is visible now. */
  lastSeq: number;
  changes: Change[];
}

/**
 * Reads what is visible now and was not in that snapshot, whatever the order in which transactions were begun and committed.
 * Nothing of it stands at or before `floorSeq`. Without a snapshot only says what is visible now. At most `atMost` changes, of
 * these tables alone.
 */
export async function readChanges(
  ledger: Ledger,
  since: { snapshot: string; floorSeq: number } | null,
  { tables, atMost }: { tables: readonly string[]; atMost: number },
): Promise<Changes> {
  const changes = since
    ? sql`(select coalesce(json_agg(json_build_object('table', c.table_name, 'rowId', c.row_id, 'xid', c.xid::text::float8)), '[]') from (
        select table_name, row_id, xid from change where seq > ${since.floorSeq} and table_name = any(${textArray(tables)})
          and not pg_visible_in_snapshot(xid, ${since.snapshot}::text::pg_snapshot) order by seq limit ${atMost}) c)`
    : sql`'[]'::json`;
  const rows = await ledger.db.execute<Changes & Record<string, unknown>>(sql`
    select pg_current_snapshot()::text as snapshot, (select coalesce(max(seq), 0)::float8 from change) as "lastSeq",
      (extract(epoch from tenure_now()) * 1000)::float8 as "nowMs", ${changes} as changes`);
  const [row] = rows;
  if (!row) throw new TypeError('A statement without its row.');
  return row;
}

/** Ids of changed rows, by what they name. */
export type ChangedIds = Readonly<Record<Exclude<LiveKind, 'fence'> | 'fence_item', readonly string[]>>;

/** Kinds of which the caller's rule decides, beside row-level security. */
export interface LiveRights {
  /** Processes of others, too. */
  processes: boolean;
  fences: boolean;
  /** Events that wait for a person. */
  events: boolean;
  /** The people of their own organization; of everybody's where that is the vendor. */
  people: boolean;
  /** What was said of everybody, of the people of their own organization, or of nobody. */
  signals: 'all' | 'organization' | 'none';
}

/** Which of those rows the viewer may see, as the lists would show them: one statement, whatever has changed. */
export async function visibleChanges(
  tx: Executor,
  viewer: Viewer,
  rights: LiveRights,
  ids: ChangedIds,
): Promise<{ kind: LiveKind; id: string }[]> {
  const of = (kind: keyof ChangedIds) => sql`any(${textArray(ids[kind])})`;
  const me = viewer.personId;
  const rows = await tx.execute<{ kind: LiveKind; id: string }>(sql`
    select 'access_request' as kind, r.id from access_request r where r.id = ${of('access_request')} and ${seesRequest(viewer, sql`r`)}
    union all select 'grant', g.id from access_grant g where g.id = ${of('grant')} and ${seesGrant(viewer, sql`g`)}
    union all select 'task', t.id from task t where t.id = ${of('task')} and ${seesTask(viewer, sql`t`)}
    union all select 'process', s.id from process s where s.id = ${of('process')} and (${rights.processes} or s.person_id = ${me})
    union all select distinct 'fence', i.fence_id from fence_item i where i.id = ${of('fence_item')} and ${rights.fences}
    union all select 'event', e.id from inbound_event e where e.id = ${of('event')} and ${rights.events}
    union all select 'signal', x.id from signal x where x.id = ${of('signal')} and (${rights.signals === 'all'}
      or ${rights.signals === 'organization'} and x.organization_id = ${viewer.organizationId})
    union all select 'person', p.id from person p where p.id = ${of('person')} and (p.id = ${me}
      or ${rights.people} and (p.organization_id = ${viewer.organizationId} or ${viewer.organizationId} = tenure_vendor()))`);
  return [...rows];
}

/** Somebody who is connected, and the session that they came with; none when it was a token. */
export interface Connected {
  personId: string;
  sessionId: string | null;
}

/** Those of them who may still be told anything, as they are now; one statement with the vendor's eyes, as for one who calls. */
export async function readConnected(
  ledger: Ledger,
  connected: readonly Connected[],
): Promise<(PrincipalView & Connected)[]> {
  const people = textArray(connected.map(({ personId }) => personId));
  const sessions = textArray(connected.map(({ sessionId }) => sessionId ?? ''));
  const rows = await ledger.db.execute<PrincipalView & Connected & Record<string, unknown>>(sql`
    select found.* from (select set_config('tenure.organization', tenure_vendor(), true) as vendor) scope
    cross join lateral (select nullif(c.session_id, '') as "sessionId", ${principalColumns}
      from unnest(${people}, ${sessions}) c (person_id, session_id)
      join person p on p.id = c.person_id join organization o on o.id = p.organization_id ${principalRoles}
      where ${activeNow(sql`p`)} and o.suspended_at is null and scope.vendor is not null and (c.session_id = '' or exists (
        select 1 from session s where s.id = c.session_id and s.person_id = p.id and s.organization_id = p.organization_id
          and s.ended_at is null and s.ends_at > tenure_now() and s.idle_ends_at > tenure_now())) offset 0) found`);
  return [...rows];
}
