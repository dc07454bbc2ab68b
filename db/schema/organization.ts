import { sql } from 'drizzle-orm';
import { boolean, check, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import type { ConsentRule } from '../../domain/consent.ts';
import { id, instant, ledgerNow } from './columns.ts';

/** A customer's plan. Data, never code. */
export const tier = pgTable('tier', {
  key: text('key').primaryKey(),
  name: text('name').notNull(),
  /** null: as many as they like. */
  seats: integer('seats'),
  features: jsonb('features').$type<Record<string, boolean>>().notNull().default({}),
  /** The catalog has it no more. */
  retiredAt: instant('retired_at'),
});

/** The vendor itself or one of its customers: the tenant boundary. */
export const organization = pgTable(
  'organization',
  {
    id: id(),
    key: text('key').notNull().unique(),
    kind: text('kind', { enum: ['vendor', 'customer'] }).notNull(),
    name: text('name').notNull(),
    region: text('region'),
    tierKey: text('tier_key').references(() => tier.key),
    /** Its own administrators must approve vendor access to its data. */
    approvesVendorAccess: boolean('approves_vendor_access').notNull().default(false),
    /** What its people must agree to, as its type said when it became a customer; null: all of it, if it approves vendor access. */
    consent: jsonb('consent').$type<ConsentRule[]>(),
    /** The customer type that it began as. */
    customerType: text('customer_type'),
    /** Null while it is only heard of: no contract has stood yet, and its key is provisional. */
    onboardedAt: instant('onboarded_at'),
    /** Set when its last offboarding was done; empty again when it is won back. */
    offboardedAt: instant('offboarded_at'),
    /** Set while suspended; reversible. */
    suspendedAt: instant('suspended_at'),
    /** The customer's own colour, `#rrggbb`, as it was chosen; null: none. Pages use what `domain/brand.ts` makes of it. */
    brandColor: text('brand_color'),
    /** How the panel is headed, where the customer is called otherwise than in its contract. */
    shownName: text('shown_name'),
    createdAt: instant('created_at').notNull().default(ledgerNow),
  },
  () => [check('organization_brand', sql`brand_color is null or brand_color ~ '^#[0-9a-f]{6}$'`)],
);
