import { sql } from 'drizzle-orm';
import {
  type AnyPgColumn,
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { processCauses, processKinds, processPersonStates, processStates } from '../../domain/process.ts';
import type { Json } from '../../domain/catalog.ts';
import { id, instant, ledgerNow } from './columns.ts';
import { organization } from './organization.ts';
import { person } from './person.ts';

/** One story about the standing access of some people of one organization (`domain/process.ts`). */
export const process = pgTable(
  'process',
  {
    id: id(),
    kind: text('kind', { enum: processKinds }).notNull(),
    state: text('state', { enum: processStates }).notNull().default('waiting'),
    organizationId: text('organization_id')
      .notNull()
      .references(() => organization.id),
    /** Null: it is about the whole organization. */
    personId: text('person_id').references(() => person.id),
    cause: text('cause', { enum: processCauses }).notNull(),
    /** The source's key, where an event or a feed set it off. */
    source: text('source'),
    /** What is to happen, as far as the rows do not say it: ids, keys and closed codes; no names and no free text. */
    wish: jsonb('wish').$type<Record<string, Json>>().notNull().default({}),
    /** Null when no person asked for it. */
    requestedBy: text('requested_by').references(() => person.id),
    reason: text('reason'),
    /** Not before this instant: a grace that the configuration gives. */
    dueAt: instant('due_at').notNull().default(ledgerNow),
    /** Under which configuration it was planned. Null until then. */
    catalogRevision: integer('catalog_revision'),
    policyVersion: text('policy_version'),
    /** Its people are written down: pages follow. */
    drawnUpAt: instant('drawn_up_at'),
    createdAt: instant('created_at').notNull().default(ledgerNow),
    startedAt: instant('started_at'),
    settledAt: instant('settled_at'),
    /** Closed code of what went wrong last. */
    lastError: text('last_error'),
    triedAt: instant('tried_at'),
    /** What took its place, e.g. the payment that came in time. Closed code or process id. */
    replacedBy: text('replaced_by').references((): AnyPgColumn => process.id),
    engineRun: integer('engine_run').notNull().default(1),
    engineCheckedAt: instant('engine_checked_at').notNull().default(ledgerNow),
  },
  (table) => [
    index('process_open_idx')
      .on(table.state, table.engineCheckedAt)
      .where(sql`state in ('waiting', 'fenced', 'running', 'confirming', 'undoing')`),
    index('process_organization_idx').on(table.organizationId, table.id),
    /** What ends a customer as a whole, however many processes its users have. */
    index('process_ending_idx')
      .on(table.organizationId, table.state)
      .where(sql`kind = 'offboarding' and person_id is null and state in ('waiting', 'fenced', 'running')`),
    index('process_person_idx').on(table.personId, table.id).where(sql`person_id is not null`),
  ],
);

/** How far a process is with one of its people. */
export const processPerson = pgTable(
  'process_person',
  {
    processId: text('process_id')
      .notNull()
      .references(() => process.id),
    personId: text('person_id')
      .notNull()
      .references(() => person.id),
    organizationId: text('organization_id').notNull(),
    state: text('state', { enum: processPersonStates }).notNull().default('waiting'),
    /** Closed code of what went wrong last; and since when. */
    lastError: text('last_error'),
    triedAt: instant('tried_at'),
    tries: integer('tries').notNull().default(0),
    changedAt: instant('changed_at').notNull().default(ledgerNow),
    /** What a feed says of the person and is no fact yet: keys and codes (`db/queries/import-wish.ts`). */
    wish: jsonb('wish').$type<Record<string, Json>>(),
  },
  (table) => [
    primaryKey({ columns: [table.processId, table.personId] }),
    index('process_person_wish_idx').on(table.personId, table.processId).where(sql`wish is not null`),
    index('process_person_state_idx').on(table.processId, table.state, table.personId),
    index('process_person_person_idx').on(table.personId),
  ],
);

/** A limit that a set of changes has reached: what is beyond it waits for a second person. */
export const fence = pgTable(
  'fence',
  {
    id: id(),
    /** `source`: customers reduced or ended by one source. `people`: people of one tenant changed by a feed or an edit. */
    kind: text('kind', { enum: ['source', 'people'] }).notNull(),
    /** The source's key, or the tenant's organization id. */
    subject: text('subject').notNull(),
    /** The tenant of a `people` fence. */
    organizationId: text('organization_id').references(() => organization.id),
    cause: text('cause', { enum: processCauses }).notNull(),
    /** Who set the changes off: may not release them. */
    author: text('author').references(() => person.id),
    /** The limit that was reached: so many distinct subjects in the window. */
    limit: integer('limit').notNull(),
    openedAt: instant('opened_at').notNull().default(ledgerNow),
    closedAt: instant('closed_at'),
  },
  (table) => [
    uniqueIndex('fence_one_open')
      .on(table.kind, table.subject, table.cause, sql`coalesce(author, '')`)
      .where(sql`closed_at is null`),
    index('fence_organization_idx').on(table.organizationId, table.id),
  ],
);

/** One held change. Of a `source` fence a whole process (person null), of a `people` fence one person of a process. */
export const fenceItem = pgTable(
  'fence_item',
  {
    id: id(),
    fenceId: text('fence_id')
      .notNull()
      .references(() => fence.id),
    processId: text('process_id')
      .notNull()
      .references(() => process.id),
    personId: text('person_id').references(() => person.id),
    organizationId: text('organization_id').notNull(),
    /** What would be gained and lost, for whoever decides: entitlement names by kind. */
    difference: jsonb('difference').$type<{ gain: string[]; lose: string[] }>().notNull(),
    /** It was suspended meanwhile, which discarding undoes. */
    suspended: boolean('suspended').notNull().default(false),
    state: text('state', { enum: ['waiting', 'released', 'discarded'] })
      .notNull()
      .default('waiting'),
    decidedBy: text('decided_by').references(() => person.id),
    decidedAt: instant('decided_at'),
    comment: text('comment'),
    /** Of what was discarded: what of it must not happen still. Null: nothing, or somebody asked for it anew. */
    kept: jsonb('kept').$type<{ gain: string[]; lose: string[] }>(),
  },
  (table) => [
    index('fence_item_kept_idx').on(table.personId).where(sql`kept is not null`),
    uniqueIndex('fence_item_once').on(table.processId, sql`coalesce(person_id, '')`),
    index('fence_item_fence_idx').on(table.fenceId, table.state, table.id),
  ],
);

/** Subjects that went through a fence lately: what the window counts. */
export const fencePassage = pgTable(
  'fence_passage',
  {
    kind: text('kind', { enum: ['source', 'people'] }).notNull(),
    subject: text('subject').notNull(),
    /** The organization or person that was counted. */
    counted: text('counted').notNull(),
    passedAt: instant('passed_at').notNull().default(ledgerNow),
  },
  (table) => [
    primaryKey({ columns: [table.kind, table.subject, table.counted] }),
    index('fence_passage_window_idx').on(table.kind, table.subject, table.passedAt),
  ],
);

/** One run of `tenure import`: what was read, and by whom. */
export const importRun = pgTable('import_run', {
  id: id(),
  author: text('author').references(() => person.id),
  reason: text('reason').notNull(),
  summary: jsonb('summary').$type<Record<string, number>>().notNull(),
  createdAt: instant('created_at').notNull().default(ledgerNow),
});
