import { integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { instant, ledgerNow } from './columns.ts';

/** The answer that an Idempotency-Key got, kept per caller. `status` null while the first call is under way. */
export const idempotency = pgTable(
  'idempotency',
  {
    caller: text('caller').notNull(),
    key: text('key').notNull(),
    /** Hash over method, path and body: the same key with another request is refused. */
    requestHash: text('request_hash').notNull(),
    status: integer('status'),
    body: jsonb('body'),
    createdAt: instant('created_at').notNull().default(ledgerNow),
    expiresAt: instant('expires_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.caller, table.key] })],
);
