import { sql } from 'drizzle-orm';
import type { Actor } from '../../domain/audit-event.ts';
import { newId } from '../../domain/ids.ts';
import { appendAudit } from '../audit.ts';
import type { Executor } from '../client.ts';

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
