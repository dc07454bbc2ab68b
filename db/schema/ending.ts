import { index, pgTable, text } from 'drizzle-orm/pg-core';
import { actorKinds } from '../../domain/audit-event.ts';
import { accessRequest } from './access-request.ts';
import { id, instant, ledgerNow } from './columns.ts';
import { accessGrant } from './grant.ts';
import { person } from './person.ts';

/** A recorded wish to end: a revocation, a return or a cancellation (`rev_`, `ret_`, `can_`). Immutable. */
export const ending = pgTable(
  'ending',
  {
    id: id(),
    kind: text('kind', { enum: ['revocation', 'return', 'cancellation'] }).notNull(),
    requestId: text('request_id').references(() => accessRequest.id),
    grantId: text('grant_id').references(() => accessGrant.id),
    organizationId: text('organization_id').notNull(),
    holderOrganizationId: text('holder_organization_id').notNull(),
    actorKind: text('actor_kind', { enum: actorKinds }).notNull(),
    /** Null when the engine recorded it. */
    personId: text('person_id').references(() => person.id),
    reason: text('reason'),
    recordedAt: instant('recorded_at').notNull().default(ledgerNow),
  },
  (table) => [index('ending_request_idx').on(table.requestId), index('ending_grant_idx').on(table.grantId)],
);
