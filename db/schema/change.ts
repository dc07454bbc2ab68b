import { sql } from 'drizzle-orm';
import { bigserial, pgTable, text } from 'drizzle-orm/pg-core';
import { instant, ledgerNow, xid8 } from './columns.ts';

/** Which facts changed, in the order that (cluster, xid) gives once the transaction is past `pg_snapshot_xmin`. Filled by triggers. */
export const change = pgTable('change', {
  seq: bigserial('seq', { mode: 'number' }).primaryKey(),
  tableName: text('table_name').notNull(),
  rowId: text('row_id').notNull(),
  operation: text('operation', { enum: ['INSERT', 'UPDATE', 'DELETE'] }).notNull(),
  cluster: text('cluster').notNull().default(sql`tenure_cluster()`),
  xid: xid8('xid').notNull().default(sql`pg_current_xact_id()`),
  at: instant('at').notNull().default(ledgerNow),
});
