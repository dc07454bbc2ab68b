import { sql } from 'drizzle-orm';
import { check, foreignKey, index, integer, pgTable, text, unique } from 'drizzle-orm/pg-core';
import { subjectFormats } from '../../domain/security-event.ts';
import { auditEvent } from './audit-event.ts';
import { id, instant, ledgerNow, xid8 } from './columns.ts';
import { organization } from './organization.ts';
import { person } from './person.ts';

/** Where an organization has its events sent: the vendor all of them, a customer those that it sees. */
export const webhookEndpoint = pgTable(
  'webhook_endpoint',
  {
    id: id(),
    organizationId: text('organization_id')
      .notNull()
      .references(() => organization.id),
    url: text('url').notNull(),
    description: text('description').notNull(),
    /** Types of audit events; none: all. */
    types: text('types').array().notNull().default([]),
    state: text('state', { enum: ['live', 'paused', 'disabled', 'removed'] })
      .notNull()
      .default('live'),
    /** Why nothing is sent any more; closed. */
    disabledFor: text('disabled_for', { enum: ['gone', 'failing'] }),
    /** What deliveries are signed with; security events are signed with the keys that are published instead. */
    sealedSecret: text('sealed_secret'),
    /** Of a stream of security events: whom they are for, how they name people, and what is shown to whoever takes them. */
    audience: text('audience'),
    subjectFormat: text('subject_format', { enum: subjectFormats }),
    sealedAuthorization: text('sealed_authorization'),
    /** What its receiver manages it with, as a hash; null for one that was made before there was such a thing. */
    tokenHash: text('token_hash').unique(),
    /** What its receiver has asked for, beside what administrators say; null: that it is sent. */
    askedStatus: text('asked_status', { enum: ['paused', 'disabled'] }),
    /** The one before, with which is signed beside it, or which is good beside it, until then. */
    formerSealedSecret: text('former_sealed_secret'),
    formerTokenHash: text('former_token_hash').unique(),
    formerUntil: instant('former_until'),
    /** The place in the feed up to which its deliveries are written (`domain/feed.ts`). */
    cluster: text('cluster').notNull(),
    xid: xid8('xid').notNull(),
    eventId: text('event_id').notNull(),
    /** Since when nothing has been taken any more; null while what was tried last was. */
    failingSince: instant('failing_since'),
    madeBy: text('made_by')
      .notNull()
      .references(() => person.id),
    createdAt: instant('created_at').notNull().default(ledgerNow),
    changedAt: instant('changed_at').notNull().default(ledgerNow),
  },
  (table) => [
    unique('webhook_endpoint_whose').on(table.id, table.organizationId),
    index('webhook_endpoint_organization_idx').on(table.organizationId, table.id),
    index('webhook_endpoint_place_idx')
      .on(table.cluster, table.xid, table.eventId)
      .where(sql`state = 'live'`),
    check(
      'webhook_endpoint_stream',
      sql`(audience is null) = (sealed_secret is not null) and (audience is null) = (subject_format is null)
		and (audience is not null or sealed_authorization is null) and subject_format in ('iss_sub', 'email')`,
    ),
    check('webhook_endpoint_state', sql`state in ('live', 'paused', 'disabled', 'removed')`),
    check('webhook_endpoint_disabled', sql`(state = 'disabled') = (disabled_for is not null)`),
    check(
      'webhook_endpoint_receiver',
      sql`asked_status in ('paused', 'disabled')
    and audience is not null or asked_status is null and (audience is not null or token_hash is null)`,
    ),
    check(
      'webhook_endpoint_former',
      sql`(former_sealed_secret is null and former_token_hash is null) = (former_until is null)
    and (former_token_hash is null or audience is not null)`,
    ),
  ],
);

/** One event on its way to one endpoint. Its id is the same on every try. */
export const webhookDelivery = pgTable(
  'webhook_delivery',
  {
    id: id(),
    endpointId: text('endpoint_id').notNull(),
    organizationId: text('organization_id').notNull(),
    eventId: text('event_id')
      .notNull()
      .references(() => auditEvent.id),
    type: text('type').notNull(),
    state: text('state', { enum: ['pending', 'delivered', 'dead'] })
      .notNull()
      .default('pending'),
    /** Of a verification that its receiver has asked for: what it wants to be told back. */
    verificationState: text('verification_state'),
    /** Since it was written, or sent again by somebody. */
    tries: integer('tries').notNull().default(0),
    dueAt: instant('due_at').notNull().default(ledgerNow),
    /** The HTTP status of the last answer; null where there was none. */
    lastStatus: integer('last_status'),
    /** Closed code of why the last try failed. */
    lastError: text('last_error'),
    createdAt: instant('created_at').notNull().default(ledgerNow),
    triedAt: instant('tried_at'),
  },
  (table) => [
    unique('webhook_delivery_once').on(table.endpointId, table.eventId),
    foreignKey({
      name: 'webhook_delivery_endpoint_fk',
      columns: [table.endpointId, table.organizationId],
      foreignColumns: [webhookEndpoint.id, webhookEndpoint.organizationId],
    }),
    index('webhook_delivery_due_idx')
      .on(table.endpointId, table.dueAt, table.id)
      .where(sql`state = 'pending'`),
    index('webhook_delivery_dead_idx').on(table.endpointId, table.id).where(sql`state = 'dead'`),
    index('webhook_delivery_endpoint_idx').on(table.endpointId, table.id),
    check('webhook_delivery_verification', sql`verification_state is null or type = 'webhook.tested'`),
    check('webhook_delivery_state', sql`state in ('pending', 'delivered', 'dead')`),
  ],
);
