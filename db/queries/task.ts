import { type SQL, sql } from 'drizzle-orm';
import type { Actor } from '../../domain/audit-event.ts';
import { newId } from '../../domain/ids.ts';
import { tasksBeside, tasksClosedByPeople, type TaskKind } from '../../domain/task.ts';
import { appendAudit } from '../audit.ts';
import type { Executor } from '../client.ts';
import { resourceJson } from './catalog.ts';
import { readActiveCatalog } from './catalog-revision.ts';
import { allOf, iso, type Page, type PageWish, pageOf } from './instant.ts';
import { type KeyedView, organizationJson } from './organization.ts';
import { type PersonView, personJson } from './person.ts';
import { lockProcess, moveProcess } from './process.ts';
import { seesTask, type Viewer } from './viewer.ts';
import { anyOf } from './texts.ts';
import { fixed } from './fixed.ts';

export interface NewTask {
  kind: 'rollback' | 'overdue';
  grantId: string;
  /** Closed code of what went wrong. */
  cause: string | null;
  actor: Actor;
}

/** Opens a task for the resource's owner, with its audit event; while one of that kind is open for the grant, nothing. */
export async function openTask(tx: Executor, wish: NewTask): Promise<void> {
  await insertTask(
    tx,
    wish,
    sql`select ${newId('task')}, ${wish.kind}, g.id, null, g.person_id, g.resource_id, g.request_id, g.organization_id,
      g.holder_organization_id, r.owner_person_id, ${wish.cause}
    from access_grant g join resource r on r.id = g.resource_id where g.id = ${wish.grantId}`,
  );
}

/** Work that a process leaves to a person. */
export interface NewProcessTask {
  kind: Exclude<TaskKind, NewTask['kind']>;
  processId: string;
  /** What of it: a grant, or a person, a resource or both; none: the process as a whole. */
  grantId?: string | null;
  personId?: string | null;
  resourceId?: string | null;
  /**
   * Who shall do it. Absent: the owner of the resource, else who of the vendor's people asked for the process, else whom the
   * settings name for what has no owner, else who manages access.
   */
  ownerPersonId?: string | null;
  /** Closed code of what went wrong. */
  cause: string | null;
  actor: Actor;
}

/**
 * Opens a task about a process, with its audit event. Null while one of that kind is open about the same, and when there is
 * nobody at all whose it could be; else its id.
 */
export async function openProcessTask(tx: Executor, wish: NewProcessTask): Promise<string | null> {
  const { processId, grantId = null, personId = null, resourceId = null, ownerPersonId = null } = wish;
  const { catalog } = await readActiveCatalog(tx);
  const owner = ownerAmong(
    sql`${ownerPersonId}::text`,
    sql`r.owner_person_id`,
    sql`(select a.id from person a where a.id = s.requested_by and a.organization_id = tenure_vendor())`,
    personNamed(catalog.settings.handover),
  );
  return insertTask(
    tx,
    wish,
    sql`select ${newId('task')}, ${wish.kind}, g.id, s.id, coalesce(${personId}, g.person_id), r.id, g.request_id,
      coalesce(g.organization_id, s.organization_id), s.organization_id, o.owner, ${wish.cause}
    from process s left join access_grant g on g.id = ${grantId}
      left join resource r on r.id = coalesce(${resourceId}, g.resource_id) cross join lateral (select ${owner} as owner) o
    where s.id = ${processId} and o.owner is not null`,
  );
}

/** The person with that e-mail address, if there is one. */
export function personNamed(email: string | null): SQL {
  return sql`(select n.id from person n where lower(n.email) = lower(${email}::text))`;
}

/** The first of these people who is still here, else who of the vendor's people has managed access for longest. */
export function ownerAmong(...candidates: SQL[]): SQL {
  const known = candidates.map(
    (id) =>
      sql`(select p.id from person p where p.id = ${id} and p.offboarded_at is null and p.suspended_at is null)`,
  );
  return sql`coalesce(${sql.join(known, sql`, `)}, (select p.id from person p join person_role h on h.person_id = p.id
    join role d on d.id = h.role_id and 'manage-access' = any(d.duties)
    where h.organization_id = tenure_vendor() and h.until is null and p.offboarded_at is null and p.suspended_at is null
    order by h."from", p.id limit 1))`;
}

async function insertTask(
  tx: Executor,
  { actor, cause }: Pick<NewTask, 'actor' | 'cause'>,
  row: SQL,
): Promise<string | null> {
  const rows = await tx.execute<TaskRow>(sql`
    insert into task (id, kind, grant_id, process_id, person_id, resource_id, request_id, organization_id,
      holder_organization_id, owner_person_id, cause)
    ${row} on conflict do nothing returning ${taskRow}`);
  const [opened] = rows;
  if (!opened) return null;
  await appendAudit(tx, { ...aboutTask(opened), type: 'task.opened', actor, reason: cause });
  return opened.id;
}

type TaskRow = {
  id: string;
  kind: TaskKind;
  processId: string | null;
  grantId: string | null;
  requestId: string | null;
  organizationId: string;
  holderOrganizationId: string;
};

const taskRow = sql`id, kind, process_id as "processId", grant_id as "grantId", request_id as "requestId",
  organization_id as "organizationId", holder_organization_id as "holderOrganizationId"`;

function aboutTask({ id, requestId, grantId, organizationId, holderOrganizationId }: TaskRow) {
  return { subject: { kind: 'task', id }, requestId, grantId, organizationId, holderOrganizationId };
}

/** Closes what was open about a grant: it is settled now. */
export async function closeTasks(tx: Executor, about: { grantId: string; actor: Actor }): Promise<void> {
  const rows = await tx.execute<TaskRow>(
    sql`update task set closed_at = tenure_now() where grant_id = ${about.grantId} and closed_at is null returning ${taskRow}`,
  );
  for (const row of rows) await noteClosed(tx, row, about.actor, null);
}

/** The same for what a process left to people, of these kinds: whoever sees to it says how, or it has settled by itself. */
export async function closeProcessTasks(
  tx: Executor,
  about: { processId: string; kinds: readonly TaskKind[]; actor: Actor; comment: string | null },
): Promise<void> {
  const { processId, kinds, actor, comment } = about;
  const rows = await tx.execute<TaskRow>(sql`
    update task set closed_at = tenure_now(), closed_by = ${actor.kind === 'person' ? actor.id : null}, comment = ${comment}
    where process_id = ${processId} and kind = ${anyOf(kinds)} and closed_at is null returning ${taskRow}`);
  for (const row of rows) await noteClosed(tx, row, actor, comment);
}

/** The same for accounts of these people on these resources that an import found: they are looked at anew, or gone. */
export async function closeAccountTasks(
  tx: Executor,
  places: readonly { personId: string; resourceId: string }[],
  actor: Actor,
): Promise<void> {
  const lines = JSON.stringify(places.map(({ personId, resourceId }) => ({ personId, resourceId })));
  const rows = await tx.execute<TaskRow>(sql`
    with about as (select t.id from task t join jsonb_to_recordset(${lines}::jsonb) as w ("personId" text, "resourceId" text)
      on w."personId" = t.person_id and w."resourceId" = t.resource_id where t.kind = 'account' and t.closed_at is null)
    update task set closed_at = tenure_now() where id in (select id from about) returning ${taskRow}`);
  for (const row of rows) await noteClosed(tx, row, actor, null);
}

async function noteClosed(tx: Executor, task: TaskRow, actor: Actor, comment: string | null): Promise<void> {
  await appendAudit(tx, { ...aboutTask(task), type: 'task.closed', actor, reason: comment });
  const isLeft = !tasksBeside.some((kind) => kind === task.kind);
  if (task.processId !== null && isLeft) await settleResidue(tx, task.processId, actor);
}

/** A process that left something to people is done when the last of it is closed. */
async function settleResidue(tx: Executor, processId: string, actor: Actor): Promise<void> {
  // Whoever finds out what is left holds the process too: one of the two sees the other.
  const process = await lockProcess(tx, processId);
  if (process?.state !== 'residue' || (await hasLeftovers(tx, processId))) return;
  await moveProcess(tx, processId, ['residue'], 'done', { actor });
}

/** Whether anything is listed that a process could not do itself. What it handed over is done; how a contract goes on, who uses it, and what an account held before, is not its own. */
export async function hasLeftovers(tx: Executor, processId: string): Promise<boolean> {
  const rows = await tx.execute(sql`
    select 1 from task where process_id = ${processId} and not kind = ${anyOf(tasksBeside)} and closed_at is null limit 1`);
  return rows.length > 0;
}

/** A task as an operation needs it to close it. */
export interface TaskStanding extends TaskRow {
  ownerPersonId: string;
  isOpen: boolean;
  /** By a person; else it closes by itself. */
  isClosedByPeople: boolean;
}

/** Reads a task that the viewer may see, and keeps it from changing until the transaction ends. */
export async function lockTask(tx: Executor, viewer: Viewer, taskId: string): Promise<TaskStanding | null> {
  const kinds = sql.join(
    tasksClosedByPeople.map((kind) => sql`${kind}`),
    sql`, `,
  );
  const rows = await tx.execute<TaskStanding & Record<string, unknown>>(sql`
    select ${taskRow}, owner_person_id as "ownerPersonId", closed_at is null as "isOpen", kind in (${kinds}) as "isClosedByPeople"
    from task t where t.id = ${taskId} and ${seesTask(viewer, sql`t`)} for no key update`);
  return rows[0] ?? null;
}

/** A person says that an open task is done, and how. The guards of the ledger refuse whose it is not. */
export async function closeTask(
  tx: Executor,
  task: TaskStanding,
  { actor, comment }: { actor: Actor; comment: string },
): Promise<void> {
  await tx.execute(sql`
    update task set closed_at = tenure_now(), closed_by = ${actor.id}, comment = ${comment} where id = ${task.id} and closed_at is null`);
  await noteClosed(tx, task, actor, comment);
}

/** A task as the outside sees it. Instants are ISO 8601 UTC. */
export interface TaskView {
  id: string;
  kind: TaskKind;
  state: TaskState;
  grantId: string | null;
  requestId: string | null;
  processId: string | null;
  /** Whom it is about. */
  person: PersonView | null;
  /** Where it is about several: for how many of its process's people the cause is this. */
  people: number | null;
  organization: KeyedView;
  resource: KeyedView | null;
  owner: PersonView;
  /** Closed code of what went wrong. */
  cause: string | null;
  openedAt: string;
  closedAt: string | null;
  /** Null when what it was about settled by itself. */
  closedBy: PersonView | null;
  comment: string | null;
}

export const taskStates = ['open', 'closed'] as const;
export type TaskState = (typeof taskStates)[number];

const columns =
  fixed(sql`t.id, t.kind, case when t.closed_at is null then 'open' else 'closed' end as state, t.grant_id as "grantId",
  t.request_id as "requestId", t.process_id as "processId",
  case when t.person_id is not null then ${personJson(sql`t.person_id`)} end as person,
  case when t.person_id is null and t.resource_id is null and t.kind in ('onboarding', 'role-change') then (
    select nullif(count(*), 0)::int from process_person w
    where w.process_id = t.process_id and w.state = 'failed' and coalesce(w.last_error, 'internal-error') = t.cause) end as people,
  ${organizationJson(sql`t.organization_id`)} as organization,
  ${resourceJson(sql`coalesce(t.resource_id, (select g.resource_id from access_grant g where g.id = t.grant_id))`)} as resource,
  ${personJson(sql`t.owner_person_id`)} as owner, t.cause, ${iso(sql`t.opened_at`)} as "openedAt", ${iso(sql`t.closed_at`)} as "closedAt",
  case when t.closed_by is not null then ${personJson(sql`t.closed_by`)} end as "closedBy", t.comment`);

/** Which tasks; everything that is given must hold. */
export interface TaskFilter {
  state?: TaskState | undefined;
  kind?: TaskKind | undefined;
  process?: string | undefined;
  /** The id of whose they are. */
  owner?: string | null | undefined;
}

/** Tasks that the viewer owns, or may see because they read such records; newest first. */
export async function listTasks(
  tx: Executor,
  viewer: Viewer,
  { state, kind, process, owner }: TaskFilter,
  page: PageWish,
): Promise<Page<TaskView>> {
  const conditions = [
    state === 'open' ? sql`t.closed_at is null` : null,
    state === 'closed' ? sql`t.closed_at is not null` : null,
    kind ? sql`t.kind = ${kind}` : null,
    process ? sql`t.process_id = ${process}` : null,
    owner ? sql`t.owner_person_id = ${owner}` : null,
    page.after ? sql`t.id < ${page.after}` : null,
    seesTask(viewer, sql`t`),
  ];
  const rows = await tx.execute<TaskView & Record<string, unknown>>(sql`
    select ${columns} from task t where ${allOf(conditions)} order by t.id desc limit ${page.limit + 1}`);
  return pageOf(rows, page.limit, (one) => one.id);
}

/** The open tasks that the viewer may see and that do not close by what the ledger lists elsewhere as overdue, the oldest first. */
export async function listOldestTasks(tx: Executor, viewer: Viewer, limit: number): Promise<TaskView[]> {
  const rows = await tx.execute<TaskView & Record<string, unknown>>(sql`
    select ${columns} from task t where t.closed_at is null and t.kind <> 'overdue' and ${seesTask(viewer, sql`t`)}
    order by t.id limit ${limit}`);
  return [...rows];
}

/** One task as a view; null when there is none that the viewer may see. */
export async function readTask(tx: Executor, viewer: Viewer, taskId: string): Promise<TaskView | null> {
  const rows = await tx.execute<TaskView & Record<string, unknown>>(
    sql`select ${columns} from task t where t.id = ${taskId} and ${seesTask(viewer, sql`t`)}`,
  );
  return rows[0] ?? null;
}
