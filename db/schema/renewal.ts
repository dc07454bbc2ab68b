import { sql } from 'drizzle-orm';
import { check, index, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { renewalCauses } from '../../domain/grant.ts';
import { instant, id, ledgerNow } from './columns.ts';
import { accessGrant } from './grant.ts';
import { process } from './process.ts';
import { resource } from './resource.ts';
import { reviewLine } from './review-line.ts';

/** That a standing grant's end moved, by which process and why. Written before the target is told. */
export const renewal = pgTable(
  'renewal',
  {
    id: id(),
    grantId: text('grant_id')
      .notNull()
      .references(() => accessGrant.id),
    processId: text('process_id')
      .notNull()
      .references(() => process.id),
    organizationId: text('organization_id').notNull(),
    holderOrganizationId: text('holder_organization_id').notNull(),
    formerUntil: instant('former_until').notNull(),
    until: instant('until').notNull(),
    cause: text('cause', { enum: renewalCauses }).notNull(),
    /** The line of a review that says so. */
    reviewId: text('review_id').references(() => reviewLine.id),
    recordedAt: instant('recorded_at').notNull().default(ledgerNow),
  },
  (table) => [
    index('renewal_grant_idx').on(table.grantId),
    check('renewal_direction', sql`(cause = 'shortening') = (until < former_until)`),
    check('renewal_review', sql`(cause = 'review') = (review_id is not null)`),
  ],
);

/**
 * An account in a target that holds several grants. `number` grows with every state that the account was wanted in: a
 * target that has seen a greater one refuses a smaller one, so that the order of states is the order of the ledger.
 */
export const targetAccount = pgTable(
  'target_account',
  {
    resourceId: text('resource_id')
      .notNull()
      .references(() => resource.id),
    account: text('account').notNull(),
    number: integer('number').notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.resourceId, table.account] })],
);
