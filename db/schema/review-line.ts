import { index, pgTable, text } from 'drizzle-orm/pg-core';
import { id, instant, ledgerNow } from './columns.ts';
import { organization } from './organization.ts';
import { person } from './person.ts';

/** Somebody has said, with a reason, that a person keeps what a role gives, or all that they hold. Their end is counted from it. */
export const reviewLine = pgTable(
  'review_line',
  {
    id: id(),
    personId: text('person_id')
      .notNull()
      .references(() => person.id),
    /** Whose person it is. */
    organizationId: text('organization_id')
      .notNull()
      .references(() => organization.id),
    /** A role's key; null: all their roles. */
    role: text('role'),
    reviewer: text('reviewer')
      .notNull()
      .references(() => person.id),
    reason: text('reason').notNull(),
    at: instant('at').notNull().default(ledgerNow),
  },
  (table) => [index('review_line_person_idx').on(table.personId, table.role, table.at)],
);
