import { integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import { instant, ledgerNow } from './columns.ts';

/**
 * The catalog as it was after each change: who changed it, why, and the whole of it in its canonical outside form. The
 * newest is active and the authority on roles, tiers, customer types, overrides and settings; the rows of roles, tiers,
 * resources and entitlements follow it.
 */
export const catalogRevision = pgTable('catalog_revision', {
  number: integer('number').primaryKey(),
  /** A person's id, or `system`. */
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
