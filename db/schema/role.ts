import { pgTable, text } from 'drizzle-orm/pg-core';
import { id, instant } from './columns.ts';

/**
 * A named set of entitlements. `duties` are what it allows in Tenure itself: `read-records` (all records of the
 * holder's reach), `end-any-access` (security), `administer-customer` (a customer's own administrators).
 */
export const role = pgTable('role', {
  id: id(),
  key: text('key').notNull().unique(),
  name: text('name').notNull(),
  duties: text('duties').array().notNull().default([]),
  /** The catalog has it no more. */
  retiredAt: instant('retired_at'),
});
