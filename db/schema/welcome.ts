import { sql } from 'drizzle-orm';
import { index, integer, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { id, instant, ledgerNow } from './columns.ts';
import { organization } from './organization.ts';
import { person } from './person.ts';
import { process } from './process.ts';

/** A one-time, expiring link by which a new user confirms that they are there. Opening it changes nothing. */
export const welcome = pgTable(
  'welcome',
  {
    id: id(),
    personId: text('person_id')
      .notNull()
      .references(() => person.id),
    organizationId: text('organization_id')
      .notNull()
      .references(() => organization.id),
    processId: text('process_id').references(() => process.id),
    /** SHA-256 of the link's token, hexadecimal: what is looked up. */
    tokenHash: text('token_hash').notNull().unique(),
    /** The token itself, for the reminders; emptied when it is confirmed or void. */
    sealedToken: text('sealed_token'),
    createdAt: instant('created_at').notNull().default(ledgerNow),
    expiresAt: instant('expires_at').notNull(),
    confirmedAt: instant('confirmed_at'),
    voidedAt: instant('voided_at'),
    reminders: integer('reminders').notNull().default(0),
  },
  (table) => [
    uniqueIndex('welcome_one_open').on(table.personId).where(sql`confirmed_at is null and voided_at is null`),
    index('welcome_process_idx').on(table.processId),
  ],
);
