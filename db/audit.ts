import { sql } from 'drizzle-orm';
import { commit } from '../crypto/commitment.ts';
import type { Actor, AuditEventType } from '../domain/audit-event.ts';
import { newId } from '../domain/ids.ts';
import type { Executor } from './client.ts';

/** What happened, as the caller of `appendAudit` says it. The moment, the transaction and the cluster are the ledger's. */
export interface NewAuditEvent {
  type: AuditEventType;
  actor: Actor;
  subject: { kind: string; id: string };
  organizationId: string | null;
  holderOrganizationId: string | null;
  requestId?: string | null;
  grantId?: string | null;
  policyVersion?: string | null;
  /** Free text; kept beside the event, where it can be forgotten. */
  reason?: string | null;
}

/**
 * Writes an audit event in the caller's transaction, beside the fact it is about: one statement, no lock, no round trip
 * for a sequence. The line itself holds a salted commitment to the name and the reason, never these.
 */
export async function appendAudit(tx: Executor, event: NewAuditEvent): Promise<void> {
  const id = newId('aud');
  const { salt, commitment } = commit({ actor_name: event.actor.name, reason: event.reason ?? null });
  await tx.execute(sql`
    with line as (
      insert into audit_event (id, type, actor_kind, actor_id, subject_kind, subject_id, organization_id,
        holder_organization_id, request_id, grant_id, policy_version, commitment)
      values (${id}, ${event.type}, ${event.actor.kind}, ${event.actor.id}, ${event.subject.kind}, ${event.subject.id},
        ${event.organizationId}, ${event.holderOrganizationId}, ${event.requestId ?? null}, ${event.grantId ?? null},
        ${event.policyVersion ?? null}, ${commitment}))
    insert into audit_text (event_id, organization_id, holder_organization_id, salt, actor_name, reason)
    values (${id}, ${event.organizationId}, ${event.holderOrganizationId}, ${salt}, ${event.actor.name}, ${event.reason ?? null})`);
}
