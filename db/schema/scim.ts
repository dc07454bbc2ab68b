import { sql } from 'drizzle-orm';
import {
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { id, instant, ledgerNow } from './columns.ts';
import { organization } from './organization.ts';
import { person } from './person.ts';

const organizationId = () =>
  text('organization_id')
    .notNull()
    .references(() => organization.id);

/** What a customer's directory shows to write its people and groups. At most two of a customer are good at a time. */
export const scimToken = pgTable(
  'scim_token',
  {
    id: id(),
    organizationId: organizationId(),
    /** What its administrators call it. */
    label: text('label').notNull(),
    /** SHA-256 of the token, which nobody has but the directory. */
    tokenHash: text('token_hash').notNull().unique(),
    madeBy: text('made_by')
      .notNull()
      .references(() => person.id),
    createdAt: instant('created_at').notNull().default(ledgerNow),
    expiresAt: instant('expires_at').notNull(),
    /** To the minute. */
    lastUsedAt: instant('last_used_at'),
    revokedAt: instant('revoked_at'),
    revokedBy: text('revoked_by').references(() => person.id),
  },
  (table) => [
    index('scim_token_organization_idx').on(table.organizationId, table.id),
    check('scim_token_span', sql`expires_at > created_at and expires_at <= created_at + interval '366 days'`),
    check('scim_token_end', sql`(revoked_at is null) = (revoked_by is null)`),
  ],
);

/** A user as a customer's directory says them. Whether they are active says their person. */
export const scimUser = pgTable(
  'scim_user',
  {
    id: id(),
    personId: text('person_id')
      .notNull()
      .unique()
      .references(() => person.id),
    organizationId: organizationId(),
    userName: text('user_name').notNull(),
    /** As it is compared. Row security lets no index of an expression be used. */
    userKey: text('user_key').notNull().generatedAlwaysAs(sql`lower("user_name")`),
    externalId: text('external_id'),
    /** Everything else that the directory has said, as SCIM names it. */
    attributes: jsonb('attributes').$type<Record<string, unknown>>().notNull().default({}),
    /** The values of their `emails` as one JSON text in lower case: what is looked for is in it, or in none of them. */
    emailKeys: text('email_keys')
      .notNull()
      .generatedAlwaysAs(sql`lower(jsonb_path_query_array("attributes", '$.emails[*].value')::text)`),
    /** The contract role that a group gives them now, so that it goes with the group, and no other does. */
    roleByGroup: text('role_by_group'),
    version: integer('version').notNull().default(1),
    createdAt: instant('created_at').notNull().default(ledgerNow),
    changedAt: instant('changed_at').notNull().default(ledgerNow),
  },
  (table) => [
    unique('scim_user_whose').on(table.id, table.organizationId),
    // RFC 7643, section 4.1.1: unique whatever its case.
    uniqueIndex('scim_user_user_name').on(table.organizationId, table.userKey),
    index('scim_user_external_idx').on(table.organizationId, table.externalId),
    index('scim_user_order_idx').on(table.organizationId, table.id),
  ],
);

/** A group as a customer's directory says it. */
export const scimGroup = pgTable(
  'scim_group',
  {
    id: id(),
    organizationId: organizationId(),
    displayName: text('display_name').notNull(),
    displayKey: text('display_key').notNull().generatedAlwaysAs(sql`lower("display_name")`),
    externalId: text('external_id'),
    attributes: jsonb('attributes').$type<Record<string, unknown>>().notNull().default({}),
    version: integer('version').notNull().default(1),
    createdAt: instant('created_at').notNull().default(ledgerNow),
    changedAt: instant('changed_at').notNull().default(ledgerNow),
  },
  (table) => [
    unique('scim_group_whose').on(table.id, table.organizationId),
    index('scim_group_order_idx').on(table.organizationId, table.id),
    index('scim_group_name_idx').on(table.organizationId, table.displayKey),
  ],
);

/** Who is in a group: people of the same organization alone. */
export const scimMember = pgTable(
  'scim_member',
  {
    groupId: text('group_id').notNull(),
    userId: text('user_id').notNull(),
    organizationId: organizationId(),
  },
  (table) => [
    primaryKey({ columns: [table.groupId, table.userId] }),
    foreignKey({
      name: 'scim_member_group_fk',
      columns: [table.groupId, table.organizationId],
      foreignColumns: [scimGroup.id, scimGroup.organizationId],
    }).onDelete('cascade'),
    foreignKey({
      name: 'scim_member_user_fk',
      columns: [table.userId, table.organizationId],
      foreignColumns: [scimUser.id, scimUser.organizationId],
    }).onDelete('cascade'),
    index('scim_member_user_idx').on(table.userId),
  ],
);
