import { sql } from 'drizzle-orm';
import {
  type AnyPgColumn,
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { requestKinds, requestStates } from '../../domain/access-request.ts';
import type { Assurance } from '../../domain/policy.ts';
import { id, instant, ledgerNow } from './columns.ts';
import { organization } from './organization.ts';
import { person } from './person.ts';
import { entitlement, resource } from './resource.ts';
import { role } from './role.ts';

/** A person's wish to hold an entitlement for a period. Immutable but for its state: to change it, cancel and ask anew. */
export const accessRequest = pgTable(
  'access_request',
  {
    id: id(),
    reference: text('reference').notNull().unique(),
    kind: text('kind', { enum: requestKinds }).notNull(),
    state: text('state', { enum: requestStates }).notNull(),
    extendsRequestId: text('extends_request_id').references((): AnyPgColumn => accessRequest.id),
    replacesRequestId: text('replaces_request_id').references((): AnyPgColumn => accessRequest.id),
    personId: text('person_id')
      .notNull()
      .references(() => person.id),
    requestedBy: text('requested_by')
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
    /** ISO 8601. */
    period: text('period').notNull(),
    periodMs: bigint('period_ms', { mode: 'number' }).notNull(),
    startsAt: instant('starts_at'),
    justification: text('justification').notNull(),
    ticket: text('ticket'),
    /** How the requester was signed in when asking. */
    assurance: jsonb('assurance').$type<Assurance>().notNull(),
    /** Policy wants a second factor of whoever asks and of whoever approves, and how fresh a sign-in at most, in milliseconds. */
    needsMfa: boolean('needs_mfa').notNull().default(false),
    freshMs: bigint('fresh_ms', { mode: 'number' }),
    /** The step-up in which the requester signed it with a passkey; a guard checks that it is theirs and about this. */
    signedBy: text('signed_by'),
    askedAt: instant('asked_at').notNull().default(ledgerNow),
    lapsesAt: instant('lapses_at').notNull(),
    settledAt: instant('settled_at'),
    /** When a try to make it real failed for the first time. Written once. */
    triedAt: instant('tried_at'),
    /** ISO 8601: the longest period that policy allows for it. */
    longest: text('longest').notNull(),
    policyVersion: text('policy_version').notNull(),
    policies: jsonb('policies').$type<{ id: string; title: string }[]>().notNull(),
    /** Policy marks the access as reported, which stands in the records; from the verdict when it was asked for. */
    reported: boolean('reported').notNull().default(false),
    /** Hash over what approvers approve; each decision repeats it. */
    digest: text('digest').notNull(),
    /** Closed code of the last thing that went wrong, and how often something did. */
    lastError: text('last_error'),
    /** Which run of the workflow carries it: `request/<id>/<engine_run>`. */
    engineRun: integer('engine_run').notNull().default(1),
    engineCheckedAt: instant('engine_checked_at').notNull().default(ledgerNow),
  },
  (table) => [
    index('access_request_person_idx').on(table.personId, table.id),
    index('access_request_organization_idx').on(table.organizationId, table.id),
    index('access_request_holder_idx').on(table.holderOrganizationId, table.id),
    index('access_request_open_idx').on(table.state, table.engineCheckedAt),
    index('access_request_extends_idx').on(table.extendsRequestId),
    uniqueIndex('access_request_signed_once').on(table.signedBy).where(sql`signed_by is not null`),
  ],
);

/** One approval that a request needs: so many people of one organization who hold one role. */
export const stage = pgTable(
  'stage',
  {
    id: id(),
    requestId: text('request_id')
      .notNull()
      .references(() => accessRequest.id),
    position: integer('position').notNull(),
    name: text('name').notNull(),
    roleId: text('role_id')
      .notNull()
      .references(() => role.id),
    organizationId: text('organization_id')
      .notNull()
      .references(() => organization.id),
    needed: integer('needed').notNull(),
    lapsesAt: instant('lapses_at').notNull(),
    text: text('text').notNull(),
  },
  (table) => [
    index('stage_request_idx').on(table.requestId),
    index('stage_role_idx').on(table.roleId, table.organizationId, table.lapsesAt),
  ],
);
