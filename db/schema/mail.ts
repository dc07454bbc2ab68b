import { index, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import type { Json } from '../../domain/catalog.ts';
import { id, instant, ledgerNow } from './columns.ts';
import { organization } from './organization.ts';
import { person } from './person.ts';
import { process } from './process.ts';
import { welcome } from './welcome.ts';

/** A message to one person, written with the fact it is about and sent afterwards, at least once. */
export const mail = pgTable(
  'mail',
  {
    id: id(),
    /** Which template: `domain/mail.ts` or the mail room knows them. */
    kind: text('kind').notNull(),
    toPersonId: text('to_person_id')
      .notNull()
      .references(() => person.id),
    organizationId: text('organization_id')
      .notNull()
      .references(() => organization.id),
    processId: text('process_id').references(() => process.id),
    welcomeId: text('welcome_id').references(() => welcome.id),
    /** What the template needs beside the rows: ids, keys, instants. No secrets. */
    data: jsonb('data').$type<Record<string, Json>>().notNull().default({}),
    /** `dropped`: when its turn came there was no reason to send it any more. */
    state: text('state', { enum: ['queued', 'sent', 'failed', 'dropped'] })
      .notNull()
      .default('queued'),
    tries: integer('tries').notNull().default(0),
    /** Closed code. */
    lastError: text('last_error'),
    createdAt: instant('created_at').notNull().default(ledgerNow),
    sentAt: instant('sent_at'),
  },
  (table) => [
    index('mail_person_idx').on(table.toPersonId, table.id),
    index('mail_process_idx').on(table.processId),
    index('mail_recent_idx').on(table.toPersonId, table.kind, table.createdAt),
  ],
);
