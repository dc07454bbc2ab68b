import { sql } from 'drizzle-orm';
import { bigserial, check, index, jsonb, pgTable, primaryKey, text, unique } from 'drizzle-orm/pg-core';
import type { Json } from '../../domain/catalog.ts';
import { noticeKinds } from '../../domain/notice.ts';
import { instant, ledgerNow } from './columns.ts';
import { organization } from './organization.ts';
import { person } from './person.ts';

/**
 * That somebody is to be told of something, once. Triggers write it with the fact; the worker makes mails of those that are due, or
 * drops what is no longer true. It refers to nothing by a key, because that would lock it.
 */
export const notice = pgTable(
  'notice',
  {
    seq: bigserial('seq', { mode: 'number' }).primaryKey(),
    kind: text('kind', { enum: noticeKinds }).notNull(),
    /** Who is told. */
    personId: text('person_id').notNull(),
    /** What tells two of a kind apart. */
    subject: text('subject').notNull(),
    requestId: text('request_id'),
    grantId: text('grant_id'),
    /** What no row says later: closed codes, counts, instants. */
    data: jsonb('data').$type<Record<string, Json>>().notNull().default({}),
    madeAt: instant('made_at').notNull().default(ledgerNow),
    /** Not before; it moves when what it is about does. */
    dueAt: instant('due_at').notNull().default(ledgerNow),
    doneAt: instant('done_at'),
    /** The message that tells of it. */
    mailId: text('mail_id'),
    /** Why nobody was told: a closed code. */
    dropped: text('dropped'),
  },
  (table) => [
    unique('notice_once').on(table.personId, table.kind, table.subject),
    index('notice_due_idx').on(table.dueAt).where(sql`done_at is null`),
    index('notice_mail_idx').on(table.mailId).where(sql`mail_id is not null`),
    index('notice_done_idx').on(table.doneAt).where(sql`done_at is not null`),
    check(
      'notice_done',
      sql`(done_at is null) = (mail_id is null and dropped is null) and (mail_id is null or dropped is null)`,
    ),
  ],
);

/** Which messages somebody wants, where they have said so. */
export const noticePreference = pgTable(
  'notice_preference',
  {
    personId: text('person_id')
      .notNull()
      .references(() => person.id),
    topic: text('topic').notNull(),
    organizationId: text('organization_id')
      .notNull()
      .references(() => organization.id),
    choice: text('choice').notNull(),
    chosenAt: instant('chosen_at').notNull().default(ledgerNow),
  },
  (table) => [primaryKey({ columns: [table.personId, table.topic] })],
);
