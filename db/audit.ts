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
 * @param id for who names the event elsewhere in this transaction
 */
export async function appendAudit(tx: Executor, event: NewAuditEvent, id = newId('aud')): Promise<void> {
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

/** The same for many facts that are written at once: one statement, the events in their order. Nothing for none. */
export async function appendAudits(tx: Executor, events: readonly NewAuditEvent[]): Promise<void> {
  if (events.length === 0) return;
  const lines = events.map((event) => {
    const words = { actor_name: event.actor.name, reason: event.reason ?? null };
    return {
      ...words,
      ...commit(words),
      id: newId('aud'),
      type: event.type,
      actor_kind: event.actor.kind,
      actor_id: event.actor.id,
      subject_kind: event.subject.kind,
      subject_id: event.subject.id,
      organization_id: event.organizationId,
      holder_organization_id: event.holderOrganizationId,
      request_id: event.requestId ?? null,
      grant_id: event.grantId ?? null,
      policy_version: event.policyVersion ?? null,
    };
  });
  await tx.execute(sql`
    with lines as materialized (
      select * from jsonb_to_recordset(${JSON.stringify(lines)}::jsonb) as l (id text, type text, actor_kind text, actor_id text,
        subject_kind text, subject_id text, organization_id text, holder_organization_id text, request_id text, grant_id text,
        policy_version text, commitment text, salt text, actor_name text, reason text)),
    written as (
      insert into audit_event (id, type, actor_kind, actor_id, subject_kind, subject_id, organization_id,
        holder_organization_id, request_id, grant_id, policy_version, commitment)
      select id, type, actor_kind, actor_id, subject_kind, subject_id, organization_id, holder_organization_id, request_id,
        grant_id, policy_version, commitment from lines)
    insert into audit_text (event_id, organization_id, holder_organization_id, salt, actor_name, reason)
    select id, organization_id, holder_organization_id, salt, actor_name, reason from lines`);
}
