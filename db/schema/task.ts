import { sql } from 'drizzle-orm';
import { index, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { id, instant, ledgerNow } from './columns.ts';
import { taskKinds } from '../../domain/task.ts';
import { person } from './person.ts';
import { process } from './process.ts';
import { resource } from './resource.ts';

/** Work that only a person can finish, with its owner: a rollback that failed, an end that cannot be confirmed. */
export const task = pgTable(
  'task',
  {
    id: id(),
    kind: text('kind', { enum: taskKinds }).notNull(),
    /** What it is about: one of grant, process or resource, at least. */
    grantId: text('grant_id'),
    processId: text('process_id').references(() => process.id),
    personId: text('person_id').references(() => person.id),
    resourceId: text('resource_id').references(() => resource.id),
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
    /** Who said that it is done; null when what it was about settled by itself. */
    closedBy: text('closed_by').references(() => person.id),
    comment: text('comment'),
  },
  (table) => [
    uniqueIndex('task_open_once')
      .on(table.kind, table.grantId)
      .where(sql`closed_at is null and grant_id is not null`),
    uniqueIndex('task_open_once_for_process')
      .on(
        table.kind,
        table.processId,
        sql`coalesce(person_id, '')`,
        sql`coalesce(resource_id, '')`,
        // What is about several people is about one cause.
        sql`case when person_id is null and resource_id is null then coalesce(cause, '') else '' end`,
      )
      .where(sql`closed_at is null and grant_id is null`),
    index('task_owner_idx').on(table.ownerPersonId, table.id),
    index('task_process_idx').on(table.processId).where(sql`process_id is not null`),
  ],
);
