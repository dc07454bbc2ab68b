import { pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { id } from './columns.ts';

/**
 * A named set of entitlements. `duties` are what it allows in Tenure itself: `read-records` (all records of the
 * holder's reach), `end-any-access` (security), `administer-customer` (a customer's own administrators).
 */
export const role = pgTable('role', {
  id: id(),
  key: text('key').notNull().unique(),
  name: text('name').notNull(),
  duties: text('duties').array().notNull().default([]),
});

export const roleInclusion = pgTable(
  'role_inclusion',
  {
    roleId: text('role_id')
      .notNull()
      .references(() => role.id),
    includedId: text('included_id')
      .notNull()
      .references(() => role.id),
  },
  (table) => [primaryKey({ columns: [table.roleId, table.includedId] })],
);
