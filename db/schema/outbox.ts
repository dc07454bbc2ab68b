import { sql } from 'drizzle-orm';
import { bigserial, index, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import { instant, ledgerNow } from './columns.ts';

/** What must still be told to somebody: written with the fact, delivered afterwards at least once. */
export const outbox = pgTable(
  'outbox',
  {
    seq: bigserial('seq', { mode: 'number' }).primaryKey(),
    kind: text('kind', { enum: ['engine', 'credential', 'mail', 'webhook'] }).notNull(),
    /** `engine`: a request's id, and the row's id that its signal carries. `credential`: a grant's id. */
    subjectId: text('subject_id').notNull(),
    message: jsonb('message').$type<OutboxMessage>().notNull(),
    /** W3C trace context of the request that caused it. */
    traceparent: text('traceparent'),
    createdAt: instant('created_at').notNull().default(ledgerNow),
    dueAt: instant('due_at').notNull().default(ledgerNow),
    tries: integer('tries').notNull().default(0),
    deliveredAt: instant('delivered_at'),
  },
  (table) => [
    index('outbox_waiting_idx')
      .on(table.dueAt)
      .where(sql`delivered_at is null`),
  ],
);

/** `signal` null: only start what is not running. */
export interface OutboxMessage {
  signal: 'approve' | 'deny' | 'extend' | 'revoke' | 'return' | 'cancel' | null;
  id: string;
}
