import { boolean, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { id, instant, ledgerNow } from './columns.ts';
import { organization } from './organization.ts';
import { person } from './person.ts';

/** One target system: where it is and, sealed, what the connector signs in with. */
export const target = pgTable('target', {
  key: text('key').primaryKey(),
  connector: text('connector').notNull(),
  /** Where it is: what the connector's own schema asks for. */
  endpoint: jsonb('endpoint').$type<Record<string, unknown>>().notNull(),
  sealedSecret: text('sealed_secret').notNull(),
  changedAt: instant('changed_at').notNull().default(ledgerNow),
});

/** Something access is held on. */
export const resource = pgTable('resource', {
  id: id(),
  key: text('key').notNull().unique(),
  name: text('name').notNull(),
  kind: text('kind').notNull(),
  /** Whose data it holds; the vendor's where customers share it. */
  organizationId: text('organization_id')
    .notNull()
    .references(() => organization.id),
  /** Several customers' data lie in it: a request must name one. */
  shared: boolean('shared').notNull().default(false),
  ownerPersonId: text('owner_person_id')
    .notNull()
    .references(() => person.id),
  region: text('region').notNull(),
  classification: text('classification').notNull(),
  targetKey: text('target_key')
    .notNull()
    .references(() => target.key),
  /** What the connector needs beside the target's endpoint: its own schema checks it. */
  settings: jsonb('settings').$type<Record<string, unknown>>().notNull(),
  createdAt: instant('created_at').notNull().default(ledgerNow),
  retiredAt: instant('retired_at'),
});

/** One permission on one resource. */
export const entitlement = pgTable(
  'entitlement',
  {
    id: id(),
    resourceId: text('resource_id')
      .notNull()
      .references(() => resource.id),
    key: text('key').notNull(),
    name: text('name').notNull(),
    /** The catalog has it no more. */
    retiredAt: instant('retired_at'),
  },
  (table) => [uniqueIndex('entitlement_resource_key').on(table.resourceId, table.key)],
);
