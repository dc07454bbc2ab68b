import { sql } from 'drizzle-orm';
import {
  type AnyPgColumn,
  bigserial,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import type { ContractFact, MappingProblem } from '../../domain/contract-fact.ts';
import type { Json } from '../../domain/catalog.ts';
import { id, instant, ledgerNow } from './columns.ts';
import { organization } from './organization.ts';

/** One of a source's signing secrets. Two are valid at a time while one is being replaced. */
export interface SourceSecret {
  id: string;
  sealed: string;
  createdAt: string;
  /** When it stops being valid, ISO 8601 UTC; null: until it is replaced. */
  expiresAt: string | null;
}

/** A system that may send us events: how it signs, and what its words mean here. */
export const eventSource = pgTable('event_source', {
  key: text('key').primaryKey(),
  name: text('name').notNull(),
  /** How it signs: Stripe's own way, HubSpot's signature v3, or Standard Webhooks. */
  scheme: text('scheme', { enum: ['stripe', 'hubspot', 'standard'] }).notNull(),
  /** Which field is what; the reader of its scheme has the schema. */
  mapping: jsonb('mapping').$type<Record<string, Json>>().notNull(),
  secrets: jsonb('secrets').$type<SourceSecret[]>().notNull(),
  /** What its own API is read with, where one is configured. */
  sealedApiKey: text('sealed_api_key'),
  changedAt: instant('changed_at').notNull().default(ledgerNow),
});

/** How a delivery was signed: the parts of what its signature is over beside the body, and the signature. */
export interface SignedParts {
  method: string;
  /** The public address that the sender called. */
  url: string;
  /** By lower-case name; those of the signature alone. */
  headers: Record<string, string>;
}

/** A delivery that brought something new, with which its signature can be proven afterwards. */
export const inboundDelivery = pgTable('inbound_delivery', {
  id: id(),
  source: text('source')
    .notNull()
    .references(() => eventSource.key),
  /** As it came, where it held several events; null where it is the body of its one event. */
  body: text('body'),
  signed: jsonb('signed').$type<SignedParts>().notNull(),
  receivedAt: instant('received_at').notNull().default(ledgerNow),
});

/** One event as it was delivered, kept once however often it comes. */
export const inboundEvent = pgTable(
  'inbound_event',
  {
    id: id(),
    source: text('source')
      .notNull()
      .references(() => eventSource.key),
    /** The source's own id of it, or a hash of its body where it has none. */
    eventId: text('event_id').notNull(),
    body: text('body').notNull(),
    contentType: text('content_type').notNull(),
    /** Of the first arrival. */
    receivedAt: instant('received_at').notNull().default(ledgerNow),
    /** `received` until it was read; `waiting`: cannot be mapped (fully) until the mapping is corrected. */
    state: text('state', { enum: ['received', 'mapped', 'ignored', 'waiting', 'conflicting', 'discarded'] })
      .notNull()
      .default('received'),
    /** Closed reason why it says nothing. */
    ignored: text('ignored'),
    problems: jsonb('problems').$type<MappingProblem[]>().notNull().default([]),
    /** Whose contract it is about, once that is known. */
    organizationId: text('organization_id').references(() => organization.id),
    readAt: instant('read_at'),
    tries: integer('tries').notNull().default(0),
    /** The first that brought it; null for what came before deliveries were kept. */
    deliveryId: text('delivery_id').references(() => inboundDelivery.id),
    /** The event that came first under the same id and says otherwise. This one is never read. */
    conflictsWith: text('conflicts_with').references((): AnyPgColumn => inboundEvent.id),
  },
  (table) => [
    uniqueIndex('inbound_event_once').on(table.source, table.eventId),
    index('inbound_event_open_idx').on(table.state, table.id).where(sql`state in ('received', 'waiting')`),
    index('inbound_event_organization_idx').on(table.organizationId, table.id),
  ],
);

/** What a mapped event says about a customer's contract, in the order in which it became known. */
export const contractFact = pgTable(
  'contract_fact',
  {
    seq: bigserial('seq', { mode: 'number' }).primaryKey(),
    organizationId: text('organization_id')
      .notNull()
      .references(() => organization.id),
    inboundEventId: text('inbound_event_id')
      .notNull()
      .references(() => inboundEvent.id),
    fact: jsonb('fact').$type<ContractFact>().notNull(),
    /** What it says of payments (`domain/payment-verdict.ts`); null: nothing. */
    verdict: text('verdict', { enum: ['good', 'bad'] }),
    /** About what, source and object, and when it was so. */
    verdictOn: text('verdict_on'),
    verdictAt: instant('verdict_at'),
  },
  (table) => [
    index('contract_fact_verdict_idx')
      .on(table.organizationId, table.verdictOn, table.verdict, table.verdictAt)
      .where(sql`verdict is not null`),
    index('contract_fact_organization_idx').on(table.organizationId, table.seq),
    index('contract_fact_event_idx').on(table.inboundEventId),
  ],
);

/** Whose a source's customer or object is. Said once; a later word does not move it. */
export const contractLink = pgTable(
  'contract_link',
  {
    source: text('source').notNull(),
    /** `customer:<id>` or `object:<id>`, each the source's own. */
    externalId: text('external_id').notNull(),
    organizationId: text('organization_id')
      .notNull()
      .references(() => organization.id),
    linkedAt: instant('linked_at').notNull().default(ledgerNow),
  },
  (table) => [
    primaryKey({ columns: [table.source, table.externalId] }),
    index('contract_link_organization_idx').on(table.organizationId),
  ],
);
