import { boolean, integer, pgTable, text } from 'drizzle-orm/pg-core';
import { instant, ledgerNow } from './columns.ts';

/** The one row that says which installation this ledger is, and on which database cluster it lives now. */
export const installation = pgTable('installation', {
  only: boolean('only').primaryKey().default(true),
  id: text('id').notNull(),
  /** The cluster's system identifier, refreshed at each start: a restore elsewhere gets another one. */
  cluster: text('cluster').notNull(),
  applicationRole: text('application_role').notNull(),
  systemRole: text('system_role').notNull(),
  createdAt: instant('created_at').notNull().default(ledgerNow),
});

/** Which of our processes were alive lately; `/readyz` reads it. */
export const heartbeat = pgTable('heartbeat', {
  process: text('process').notNull(),
  instance: text('instance').primaryKey(),
  pid: integer('pid').notNull(),
  seenAt: instant('seen_at').notNull().default(ledgerNow),
});
