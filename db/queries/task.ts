import { sql } from 'drizzle-orm';
import type { Actor } from '../../domain/audit-event.ts';
import { newId } from '../../domain/ids.ts';
import { appendAudit } from '../audit.ts';
import type { Executor } from '../client.ts';
import { resourceJson } from './catalog.ts';
import { allOf, iso, type Page, type PageWish, pageOf } from './instant.ts';
import { type KeyedView, organizationJson } from './organization.ts';
import { type PersonView, personJson } from './person.ts';
import { seesTask, type Viewer } from './viewer.ts';

export interface NewTask {
  kind: 'rollback' | 'overdue';
  grantId: string;
  /** Closed code of what went wrong. */
  cause: string | null;
  actor: Actor;
}

/** Opens a task for the resource's owner, with its audit event; while one of that kind is open for the grant, nothing. */
export async function openTask(tx: Executor, wish: NewTask): Promise<void> {
  const rows = await tx.execute<{
    id: string;
    organization_id: string;
    holder_organization_id: string;
    request_id: string | null;
  }>(sql`
    insert into task (id, kind, grant_id, request_id, organization_id, holder_organization_id, owner_person_id, cause)
    select ${newId('task')}, ${wish.kind}, g.id, g.request_id, g.organization_id, g.holder_organization_id, r.owner_person_id, ${wish.cause}
    from access_grant g join resource r on r.id = g.resource_id where g.id = ${wish.grantId}
    on conflict do nothing
    returning id, organization_id, holder_organization_id, request_id`);
  const opened = rows[0];
  if (!opened) return;
  await appendAudit(tx, {
    type: 'task.opened',
    actor: wish.actor,
    subject: { kind: 'task', id: opened.id },
    organizationId: opened.organization_id,
    holderOrganizationId: opened.holder_organization_id,
    requestId: opened.request_id,
    grantId: wish.grantId,
    reason: wish.cause,
  });
}

/** Closes what was open about a grant: it is settled now. */
export async function closeTasks(
  tx: Executor,
  about: {
    grantId: string;
    requestId: string | null;
    organizationId: string;
    holderOrganizationId: string;
    actor: Actor;
  },
): Promise<void> {
  const rows = await tx.execute<{ id: string }>(
    sql`update task set closed_at = tenure_now() where grant_id = ${about.grantId} and closed_at is null returning id`,
  );
  for (const row of rows)
    await appendAudit(tx, { ...about, type: 'task.closed', subject: { kind: 'task', id: row.id } });
}

/** A task as the outside sees it. Instants are ISO 8601 UTC. */
export interface TaskView {
  id: string;
  kind: 'rollback' | 'overdue';
  state: TaskState;
  grantId: string;
  requestId: string | null;
  organization: KeyedView;
  resource: KeyedView;
  owner: PersonView;
  /** Closed code of what went wrong. */
  cause: string | null;
  openedAt: string;
  closedAt: string | null;
}

export const taskStates = ['open', 'closed'] as const;
export type TaskState = (typeof taskStates)[number];

/** Tasks that the viewer owns, or may see because they read such records; newest first. */
export async function listTasks(
  tx: Executor,
  viewer: Viewer,
  filter: { state?: TaskState | undefined },
  page: PageWish,
): Promise<Page<TaskView>> {
  const conditions = [
    filter.state === 'open' ? sql`t.closed_at is null` : null,
    filter.state === 'closed' ? sql`t.closed_at is not null` : null,
    page.after ? sql`t.id < ${page.after}` : null,
    seesTask(viewer, sql`t`),
  ];
  const rows = await tx.execute<TaskView & Record<string, unknown>>(sql`
    select t.id, t.kind, case when t.closed_at is null then 'open' else 'closed' end as state, t.grant_id as "grantId",
      t.request_id as "requestId", ${organizationJson(sql`t.organization_id`)} as organization,
      ${resourceJson(sql`g.resource_id`)} as resource, ${personJson(sql`t.owner_person_id`)} as owner, t.cause,
      ${iso(sql`t.opened_at`)} as "openedAt", ${iso(sql`t.closed_at`)} as "closedAt"
    from task t join access_grant g on g.id = t.grant_id
    where ${allOf(conditions)} order by t.id desc limit ${page.limit + 1}`);
  return pageOf(rows, page.limit, (one) => one.id);
}
