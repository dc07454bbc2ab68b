import { sql } from 'drizzle-orm';
import {
  type AnyPgColumn,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { endings, grantOrigins, storedGrantStates } from '../../domain/grant.ts';
import type { Holding } from '../../domain/plan.ts';
import { accessRequest } from './access-request.ts';
import { id, instant } from './columns.ts';
import { organization } from './organization.ts';
import { person } from './person.ts';
import { process } from './process.ts';
import { entitlement, resource } from './resource.ts';

/** The fact that a person holds an entitlement during [from, until). (`grant` is a word of SQL, hence the table's name.) */
export const accessGrant = pgTable(
  'access_grant',
  {
    id: id(),
    requestId: text('request_id').references(() => accessRequest.id),
    /** The process that gave it, where no request did. */
    processId: text('process_id').references((): AnyPgColumn => process.id),
    /** The configuration that gave it, where no request did. */
    catalogRevision: integer('catalog_revision'),
    /** The roles that it came by, from one that is held to the one that gives it, where no request did. */
    because: text('because').array(),
    origin: text('origin', { enum: grantOrigins }).notNull(),
    state: text('state', { enum: storedGrantStates }).notNull(),
    personId: text('person_id')
      .notNull()
      .references(() => person.id),
    organizationId: text('organization_id')
      .notNull()
      .references(() => organization.id),
    holderOrganizationId: text('holder_organization_id')
      .notNull()
      .references(() => organization.id),
    resourceId: text('resource_id')
      .notNull()
      .references(() => resource.id),
    entitlementId: text('entitlement_id')
      .notNull()
      .references(() => entitlement.id),
    from: instant('from').notNull(),
    until: instant('until').notNull(),
    /** When an ending was ordered before `until`, and by what. Written once; the earliest order wins. */
    endAt: instant('end_at'),
    endOrder: text('end_order', { enum: endings }),
    endOrderedBy: text('end_ordered_by').references(() => person.id),
    /** The earlier of `until` and the order to end. */
    dueAt: instant('due_at').generatedAlwaysAs(sql`least("until", "end_at")`),
    /** When the target was read back and held it; null while there was no access. `guard_grant_life` writes it, once. */
    begunAt: instant('begun_at'),
    endedAt: instant('ended_at'),
    endedBy: text('ended_by', { enum: endings }),
    /** Grows with every attempt to make it real; the attempt that is read back stands. */
    attempts: integer('attempts').notNull().default(0),
    lastError: text('last_error'),
    /** Of the last activation: the version that allowed it and the policies that decided. */
    policyVersion: text('policy_version').notNull(),
    policies: jsonb('policies').$type<{ id: string; title: string }[]>(),
    /** The account in the target, and what the target held for it before we came. */
    account: text('account').notNull(),
    prior: jsonb('prior').$type<Holding[]>(),
    sealedPassword: text('sealed_password'),
    /** A password that was asked for and is on its way to the target. */
    sealedNextPassword: text('sealed_next_password'),
    credentialShownAt: instant('credential_shown_at'),
    overdueAlerted: boolean('overdue_alerted').notNull().default(false),
    /** When an end was last tried by the reaper; the next try keeps a distance that grows. */
    endTries: integer('end_tries').notNull().default(0),
    endTriedAt: instant('end_tried_at'),
  },
  (table) => [
    uniqueIndex('access_grant_one_per_request').on(table.requestId),
    uniqueIndex('access_grant_one_standing')
      .on(table.personId, table.resourceId, table.entitlementId, table.organizationId)
      .where(sql`request_id is null and ended_at is null and end_at is null`),
    index('access_grant_process_idx').on(table.processId).where(sql`process_id is not null`),
    index('access_grant_account_idx').on(table.resourceId, table.account).where(sql`ended_at is null`),
    index('access_grant_due_idx').on(table.dueAt).where(sql`state in ('provisioning', 'held')`),
    index('access_grant_person_idx').on(table.personId, table.id),
    index('access_grant_resource_idx').on(table.resourceId, table.id),
    index('access_grant_organization_idx').on(table.organizationId, table.id),
    index('access_grant_holder_idx').on(table.holderOrganizationId, table.id),
    index('access_grant_open_idx').on(table.organizationId, table.from).where(sql`ended_at is null`),
    index('access_grant_ended_idx').on(table.organizationId, table.endedAt).where(sql`ended_at is not null`),
    index('access_grant_span_idx')
      .on(table.organizationId, sql`(ended_at - "from")`)
      .where(sql`ended_at is not null`),
    check('access_grant_span', sql`"until" > "from"`),
    check('access_grant_origin', sql`(origin = 'request') = (request_id is not null)`),
    check('access_grant_process', sql`(origin = 'request') = (process_id is null)`),
    check(
      'access_grant_end',
      sql`(state in ('ended', 'failed')) = (ended_at is not null and ended_by is not null)`,
    ),
    check('access_grant_order', sql`(end_at is null) = (end_order is null)`),
    check(
      'access_grant_begun',
      sql`case state when 'held' then begun_at is not null when 'ended' then true else begun_at is null end`,
    ),
  ],
);

/** An approved extension of a grant: what its end was and what it became. Written before the target is told. */
export const extension = pgTable(
  'extension',
  {
    requestId: text('request_id')
      .primaryKey()
      .references(() => accessRequest.id),
    grantId: text('grant_id')
      .notNull()
      .references(() => accessGrant.id),
    organizationId: text('organization_id').notNull(),
    holderOrganizationId: text('holder_organization_id').notNull(),
    formerUntil: instant('former_until').notNull(),
    until: instant('until').notNull(),
    /** Of its activation: the version that allowed it and the policies that decided. */
    policyVersion: text('policy_version'),
    policies: jsonb('policies').$type<{ id: string; title: string }[]>(),
    /** Null until the target was read back. */
    doneAt: instant('done_at'),
  },
  (table) => [index('extension_grant_idx').on(table.grantId)],
);
