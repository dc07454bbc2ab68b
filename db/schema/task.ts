import { sql } from 'drizzle-orm';
import { pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { id, instant, ledgerNow } from './columns.ts';
import { person } from './person.ts';

/** Work that only a person can finish, with its owner: a rollback that failed, an end that cannot be confirmed. */
export const task = pgTable(
  'task',
  {
    id: id(),
    kind: text('kind', { enum: ['rollback', 'overdue'] }).notNull(),
    grantId: text('grant_id').notNull(),
    requestId: text('request_id'),
    organizationId: text('organization_id').notNull(),
    holderOrganizationId: text('holder_organization_id').notNull(),
    ownerPersonId: text('owner_person_id')
      .notNull()
      .references(() => person.id),
    /** Closed code of what went wrong. */
    cause: text('cause'),
    openedAt: instant('opened_at').notNull().default(ledgerNow),
    closedAt: instant('closed_at'),
  },
  (table) => [uniqueIndex('task_open_once').on(table.kind, table.grantId).where(sql`closed_at is null`)],
);
