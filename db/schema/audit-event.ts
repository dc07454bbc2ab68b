import { sql } from 'drizzle-orm';
import { index, pgTable, text } from 'drizzle-orm/pg-core';
import { actorKinds, auditEventTypes } from '../../domain/audit-event.ts';
import { id, instant, ledgerNow, xid8 } from './columns.ts';

/**
 * One immutable line about something that happened. Names and free text are not in it: it holds a salted commitment to
 * them (`crypto/commitment.ts`) and they lie in `audit_text`, which can forget without breaking a later proof.
 * (cluster, xid) fix its place in the seal once `pg_snapshot_xmin` has passed.
 */
export const auditEvent = pgTable(
  'audit_event',
  {
    id: id(),
    type: text('type', { enum: auditEventTypes }).notNull(),
    occurredAt: instant('occurred_at').notNull().default(ledgerNow),
    actorKind: text('actor_kind', { enum: actorKinds }).notNull(),
    actorId: text('actor_id').notNull(),
    subjectKind: text('subject_kind').notNull(),
    subjectId: text('subject_id').notNull(),
    organizationId: text('organization_id'),
    holderOrganizationId: text('holder_organization_id'),
    requestId: text('request_id'),
    grantId: text('grant_id'),
    policyVersion: text('policy_version'),
    commitment: text('commitment').notNull(),
    cluster: text('cluster').notNull().default(sql`tenure_cluster()`),
    xid: xid8('xid').notNull().default(sql`pg_current_xact_id()`),
  },
  (table) => [
    index('audit_event_organization_idx').on(table.organizationId, table.id),
    index('audit_event_holder_idx')
      .on(table.holderOrganizationId, table.id)
      .where(sql`holder_organization_id is distinct from organization_id`),
    index('audit_event_place_idx').on(table.cluster, table.xid, table.id),
    index('audit_event_request_idx').on(table.requestId).where(sql`request_id is not null`),
    index('audit_event_grant_idx').on(table.grantId).where(sql`grant_id is not null`),
  ],
);

/** What an audit event's commitment is over: the actor's name and the reason. Forgetting empties the row. */
export const auditText = pgTable('audit_text', {
  /** No foreign key: one statement writes both (`db/audit.ts`), and its check would cost as much as the row. */
  eventId: text('event_id').primaryKey(),
  organizationId: text('organization_id'),
  holderOrganizationId: text('holder_organization_id'),
  salt: text('salt'),
  actorName: text('actor_name'),
  reason: text('reason'),
  forgottenAt: instant('forgotten_at'),
});
