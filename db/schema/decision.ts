import { sql } from 'drizzle-orm';
import { index, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { accessRequest, stage } from './access-request.ts';
import { id, instant, ledgerNow } from './columns.ts';
import { person } from './person.ts';

/** One approver's immutable approve or deny on one stage of one request. A trigger checks who, when and where. */
export const decision = pgTable(
  'decision',
  {
    id: id(),
    requestId: text('request_id')
      .notNull()
      .references(() => accessRequest.id),
    stageId: text('stage_id')
      .notNull()
      .references(() => stage.id),
    personId: text('person_id')
      .notNull()
      .references(() => person.id),
    decision: text('decision', { enum: ['approve', 'deny'] }).notNull(),
    comment: text('comment'),
    decidedAt: instant('decided_at').notNull().default(ledgerNow),
    policyVersion: text('policy_version').notNull(),
    requestDigest: text('request_digest').notNull(),
    /** The step-up in which they signed it with a passkey; a guard checks that it is theirs and about this. */
    signedBy: text('signed_by'),
  },
  (table) => [
    uniqueIndex('decision_once_per_person').on(table.requestId, table.personId),
    index('decision_stage_idx').on(table.stageId),
    uniqueIndex('decision_signed_once').on(table.signedBy).where(sql`signed_by is not null`),
  ],
);
