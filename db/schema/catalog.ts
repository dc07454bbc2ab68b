import { integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { instant, ledgerNow } from './columns.ts';
import { tier } from './organization.ts';
import { entitlement } from './resource.ts';
import { role } from './role.ts';

/** The catalog as it was after each change: who changed it, why, and the whole of it. */
export const catalogRevision = pgTable('catalog_revision', {
  number: integer('number').primaryKey(),
  author: text('author').notNull(),
  reason: text('reason').notNull(),
  content: jsonb('content').$type<Record<string, unknown>>().notNull(),
  createdAt: instant('created_at').notNull().default(ledgerNow),
});

/** Every policy set that was ever in force, by its content's hash. The newest number is active. */
export const policyVersion = pgTable('policy_version', {
  version: text('version').primaryKey(),
  number: integer('number').notNull().unique(),
  schema: text('schema').notNull(),
  texts: jsonb('texts').$type<Record<string, string>>().notNull(),
  loadedAt: instant('loaded_at').notNull().default(ledgerNow),
});

/** Which roles the users of a tier may hold. */
export const tierRole = pgTable(
  'tier_role',
  {
    tierKey: text('tier_key')
      .notNull()
      .references(() => tier.key),
    roleId: text('role_id')
      .notNull()
      .references(() => role.id),
  },
  (table) => [primaryKey({ columns: [table.tierKey, table.roleId] })],
);

/** The entitlements a role gives by itself, without those of the roles it includes. */
export const roleEntitlement = pgTable(
  'role_entitlement',
  {
    roleId: text('role_id')
      .notNull()
      .references(() => role.id),
    entitlementId: text('entitlement_id')
      .notNull()
      .references(() => entitlement.id),
  },
  (table) => [primaryKey({ columns: [table.roleId, table.entitlementId] })],
);
