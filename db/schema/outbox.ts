import { sql } from 'drizzle-orm';
import { bigserial, index, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import type { ProcessKind } from '../../domain/process.ts';
import { instant, ledgerNow } from './columns.ts';

/** What must still be told to somebody: written with the fact, delivered afterwards at least once. */
export const outbox = pgTable(
  'outbox',
  {
    seq: bigserial('seq', { mode: 'number' }).primaryKey(),
    kind: text('kind', { enum: ['engine', 'credential', 'mail', 'webhook'] }).notNull(),
    /**
     * `engine`: the id of a request, a process or a customer, whose workflow is woken. `credential`: a grant's id. `mail`: a
     * mail's id.
     */
    subjectId: text('subject_id').notNull(),
    message: jsonb('message').$type<OutboxMessage>().notNull(),
    /** W3C trace context of the request that caused it. */
    traceparent: text('traceparent'),
    createdAt: instant('created_at').notNull().default(ledgerNow),
    /** The writer tries at once; the relay takes over a second later. */
    dueAt: instant('due_at').notNull().default(sql`tenure_now() + interval '1 second'`),
    tries: integer('tries').notNull().default(0),
    deliveredAt: instant('delivered_at'),
  },
  (table) => [index('outbox_waiting_idx').on(table.dueAt).where(sql`delivered_at is null`)],
);

/** What a wake-up needs to find its workflow; `signal` null: only start what is not running. */
export interface OutboxMessage {
  signal:
    | 'approve'
    | 'deny'
    | 'extend'
    | 'revoke'
    | 'return'
    | 'cancel'
    | 'nudge'
    | 'confirm'
    | 'release'
    | 'discard'
    | null;
  /** The id of the row that the signal is about; the workflow reads rows and trusts nothing it carries. */
  id: string;
  /** The id of the organization whose data it is, for Temporal's own list. */
  organization: string;
  /** The workflow's run number as it was then (`request/<id>/<run>`, `process/…`, `customer/…`). */
  run: number;
  /** Of a process: which story tells it. */
  kind?: ProcessKind;
}
