import { sql } from 'drizzle-orm';
import {
  bigint,
  bigserial,
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import type { Contract } from '../../domain/contract.ts';
import { contractStatuses } from '../../domain/contract-fact.ts';
import { instant, ledgerNow } from './columns.ts';
import { organization } from './organization.ts';
import { person } from './person.ts';

/** A customer's contract: the facts folded, and how far they were acted on. One row per customer, made with its first fact. */
export const contract = pgTable(
  'contract',
  {
    organizationId: text('organization_id')
      .primaryKey()
      .references(() => organization.id),
    /** All that was said, folded (`domain/contract.ts`). */
    content: jsonb('content').$type<Contract>().notNull(),
    /** Which facts are in it. */
    foldedSeq: bigint('folded_seq', { mode: 'number' }).notNull().default(0),
    /** An event's mapping was corrected: fold everything anew before the next step. */
    refold: boolean('refold').notNull().default(false),
    state: text('state', { enum: [...contractStatuses, 'none'] })
      .notNull()
      .default('none'),
    /** As agreed; null: the tier's own number counts. */
    seats: integer('seats'),
    until: instant('until'),
    /** When it was written that the contract has ended; the offboarding follows after its grace. */
    endedAt: instant('ended_at'),
    /** Since when payment has failed, and what was done about it so far. */
    dunningSince: instant('dunning_since'),
    dunningState: text('dunning_state', { enum: ['none', 'notice', 'restricted', 'suspended', 'offboarded'] })
      .notNull()
      .default('none'),
    /** Since when there are more users than seats. */
    overSeatsSince: instant('over_seats_since'),
    /** How often the administrators were told of it. */
    seatNotices: integer('seat_notices').notNull().default(0),
    /** Which run of the customer's workflow carries it: `customer/<id>/<run>`. */
    engineRun: integer('engine_run').notNull().default(1),
    engineCheckedAt: instant('engine_checked_at').notNull().default(ledgerNow),
    /**
     * When a step is due next: at once where something is new, else what happens by itself (a grace, a dunning step, seats); null:
     * nothing is planned. Nothing else says that a step is due.
     */
    wakeAt: instant('wake_at'),
    changedAt: instant('changed_at').notNull().default(ledgerNow),
  },
  (table) => [index('contract_wake_idx').on(table.wakeAt).where(sql`wake_at is not null`)],
);

/** Which tier and region a customer had during [from, until). Kept by a trigger on `organization`. */
export const contractTerm = pgTable(
  'contract_term',
  {
    seq: bigserial('seq', { mode: 'number' }).primaryKey(),
    organizationId: text('organization_id')
      .notNull()
      .references(() => organization.id),
    tierKey: text('tier_key'),
    region: text('region'),
    from: instant('from').notNull().default(ledgerNow),
    until: instant('until'),
  },
  (table) => [
    uniqueIndex('contract_term_one_open').on(table.organizationId).where(sql`until is null`),
    index('contract_term_organization_idx').on(table.organizationId, table.from),
  ],
);

/** That a person is a customer's user during [from, until): one of its seats. `contract_role` is the contract's own word. */
export const membership = pgTable(
  'membership',
  {
    seq: bigserial('seq', { mode: 'number' }).primaryKey(),
    personId: text('person_id')
      .notNull()
      .references(() => person.id),
    organizationId: text('organization_id')
      .notNull()
      .references(() => organization.id),
    contractRole: text('contract_role'),
    /**
     * Keys of the roles given to this user by themselves. What of them and of the contract role's counts under the tier stands,
     * with its history, in `person_role`.
     */
    givenRoles: text('given_roles').array().notNull().default([]),
    origin: text('origin', { enum: ['contract', 'administrator', 'import', 'source'] }).notNull(),
    from: instant('from').notNull().default(ledgerNow),
    until: instant('until'),
    /** When the vendor's people last said what this user is; null while the customer itself, or its contract, does. */
    vendorMadeAt: instant('vendor_made_at'),
  },
  (table) => [
    uniqueIndex('membership_one_open').on(table.personId).where(sql`until is null`),
    index('membership_organization_idx').on(table.organizationId, table.seq),
    index('membership_person_idx').on(table.personId, table.seq),
  ],
);
