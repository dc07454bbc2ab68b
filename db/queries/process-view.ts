import { sql } from 'drizzle-orm';
import {
  openProcessStates,
  type ProcessCause,
  type ProcessKind,
  type ProcessState,
} from '../../domain/process.ts';
import type { Executor } from '../client.ts';
import { allOf, iso, type Page, type PageWish, pageOf } from './instant.ts';
import { type KeyedView, organizationJson } from './organization.ts';
import { type PersonView, personJson } from './person.ts';
import { anyOf } from './texts.ts';
import { fixed } from './fixed.ts';

/** How far a process is, counted in people. */
export interface ProcessProgress {
  total: number;
  waiting: number;
  fenced: number;
  applying: number;
  done: number;
  failed: number;
  undone: number;
}

/** A process as the outside sees it. Instants are ISO 8601 UTC. */
export interface ProcessSummary {
  id: string;
  kind: ProcessKind;
  state: ProcessState;
  organization: KeyedView;
  /** Null: it is about several people. */
  person: PersonView | null;
  cause: ProcessCause;
  /** The source's key, where an event or a feed set it off. */
  source: string | null;
  requestedBy: PersonView | null;
  reason: string | null;
  /** Not before this instant. */
  dueAt: string;
  createdAt: string;
  startedAt: string | null;
  settledAt: string | null;
  catalogRevision: number | null;
  policyVersion: string | null;
  /** Closed code of what went wrong last. */
  lastError: string | null;
  /** Id of the process that took its place. */
  replacedBy: string | null;
  progress: ProcessProgress;
  /** Ids of the open tasks that it left. */
  tasks: string[];
}

/**
 * A process that a second person let go as a whole waits for nothing but its time, although the row is taken up from the fence
 * only then: until it begins something newer may take its place.
 */
const state = sql`case when s.state = 'fenced' and exists (select 1 from fence_item i
  where i.process_id = s.id and i.person_id is null and i.state = 'released') then 'waiting' else s.state end`;

const columns =
  fixed(sql`s.id, s.kind, ${state} as state, ${organizationJson(sql`s.organization_id`)} as organization,
  case when s.person_id is not null then ${personJson(sql`s.person_id`)} end as person, s.cause, s.source,
  case when s.requested_by is not null then ${personJson(sql`s.requested_by`)} end as "requestedBy", s.reason,
  ${iso(sql`s.due_at`)} as "dueAt", ${iso(sql`s.created_at`)} as "createdAt", ${iso(sql`s.started_at`)} as "startedAt",
  ${iso(sql`s.settled_at`)} as "settledAt", s.catalog_revision as "catalogRevision", s.policy_version as "policyVersion",
  s.last_error as "lastError", s.replaced_by as "replacedBy",
  (select json_build_object('total', count(*), 'waiting', count(*) filter (where w.state = 'waiting'),
      'fenced', count(*) filter (where w.state = 'fenced'), 'applying', count(*) filter (where w.state = 'applying'),
      'done', count(*) filter (where w.state in ('done', 'skipped')), 'failed', count(*) filter (where w.state = 'failed'),
      'undone', count(*) filter (where w.state = 'undone'))
    from process_person w where w.process_id = s.id) as progress,
  array(select t.id from task t where t.process_id = s.id and t.closed_at is null order by t.id) as tasks`);

/** What the list is narrowed to; organization and person are ids. */
export interface ProcessFilter {
  organizationId?: string | null;
  /** Those about this person, among others too. */
  personId?: string | null;
  /** Those about this person and nobody else. */
  onlyAbout?: string | null;
  /** `open`: not over; `stuck`: of these the ones whose last try went wrong. */
  state?: ProcessState | 'open' | 'stuck' | undefined;
  kind?: ProcessKind | undefined;
}

const open = sql`s.state = ${anyOf(openProcessStates)}`;
export const isStuck = sql`(${open} and s.last_error is not null)`;

function stateIs(wanted: ProcessState | 'open' | 'stuck') {
  if (wanted === 'open') return open;
  return wanted === 'stuck' ? isStuck : sql`${state} = ${wanted}`;
}

/** Processes that the scope may see, newest first. */
export async function listProcesses(
  tx: Executor,
  filter: ProcessFilter,
  page: PageWish,
): Promise<Page<ProcessSummary>> {
  const { organizationId, personId, onlyAbout } = filter;
  const conditions = [
    filter.state === undefined ? null : stateIs(filter.state),
    filter.kind === undefined ? null : sql`s.kind = ${filter.kind}`,
    organizationId ? sql`s.organization_id = ${organizationId}` : null,
    personId
      ? sql`(s.person_id = ${personId} or s.id in (select w.process_id from process_person w where w.person_id = ${personId}))`
      : null,
    onlyAbout ? sql`s.person_id = ${onlyAbout}` : null,
    page.after ? sql`s.id < ${page.after}` : null,
  ];
  const rows = await tx.execute<ProcessSummary & Record<string, unknown>>(sql`
    select ${columns} from process s where ${allOf(conditions)} order by s.id desc limit ${page.limit + 1}`);
  return pageOf(rows, page.limit, (one) => one.id);
}

/** One process; null when there is none that the scope may see. */
export async function showProcess(tx: Executor, processId: string): Promise<ProcessSummary | null> {
  const rows = await tx.execute<ProcessSummary & Record<string, unknown>>(
    sql`select ${columns} from process s where s.id = ${processId}`,
  );
  return rows[0] ?? null;
}
