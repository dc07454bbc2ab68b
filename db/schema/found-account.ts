import { sql } from 'drizzle-orm';
import { check, index, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core';
import type { AccountHindrance } from '../../domain/found-account.ts';
import type { Holding } from '../../domain/plan.ts';
import { id, instant, ledgerNow } from './columns.ts';
import { person } from './person.ts';
import { process } from './process.ts';
import { resource } from './resource.ts';

/**
 * What an import found that somebody has in a target already. Without a hindrance it is taken over: theirs for ever on that
 * resource, and of nobody else.
 */
export const foundAccount = pgTable(
  'found_account',
  {
    resourceId: text('resource_id')
      .notNull()
      .references(() => resource.id),
    personId: text('person_id')
      .notNull()
      .references(() => person.id),
    /** Whose person it is. */
    organizationId: text('organization_id').notNull(),
    /** Null where none could be looked for. */
    account: text('account'),
    hindrance: text('hindrance').$type<AccountHindrance>(),
    /** Where each grant has an account of its own: the entitlement of the one grant that uses it. */
    entitlement: text('entitlement'),
    /** What it held when it was found. */
    holdings: jsonb('holdings').$type<Holding[]>().notNull().default([]),
    processId: text('process_id')
      .notNull()
      .references(() => process.id),
    foundAt: instant('found_at').notNull().default(ledgerNow),
  },
  (table) => [
    primaryKey({ columns: [table.resourceId, table.personId] }),
    uniqueIndex('found_account_once').on(table.resourceId, table.account).where(sql`hindrance is null`),
    index('found_account_person_idx').on(table.personId),
    check('found_account_what', sql`account is not null or hindrance is not null`),
  ],
);

/** The name that a list gives of somebody's accounts, where a target knows no addresses. */
export const accountName = pgTable('account_name', {
  personId: text('person_id')
    .primaryKey()
    .references(() => person.id),
  organizationId: text('organization_id').notNull(),
  account: text('account').notNull(),
  namedAt: instant('named_at').notNull().default(ledgerNow),
});

/** What the preview of an import wants to know of targets, and what a worker found there. Forgotten after an hour. */
export const accountSearch = pgTable(
  'account_search',
  {
    id: id(),
    author: text('author')
      .notNull()
      .references(() => person.id),
    state: text('state', { enum: ['looking', 'ready'] })
      .notNull()
      .default('looking'),
    wish: jsonb('wish').notNull(),
    found: jsonb('found'),
    /** When a worker took it last. */
    triedAt: instant('tried_at'),
    createdAt: instant('created_at').notNull().default(ledgerNow),
  },
  (table) => [
    index('account_search_looking_idx').on(table.createdAt).where(sql`state = 'looking'`),
    check('account_search_found', sql`(state = 'ready') = (found is not null)`),
  ],
);
