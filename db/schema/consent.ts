import { sql } from 'drizzle-orm';
import { check, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import type { ConsentRule } from '../../domain/consent.ts';
import { instant, ledgerNow } from './columns.ts';
import { organization } from './organization.ts';
import { person } from './person.ts';

/** What a customer asks for itself, beyond what it has agreed on: which vendor access its own people approve. */
export const organizationConsent = pgTable(
  'organization_consent',
  {
    organizationId: text('organization_id')
      .primaryKey()
      .references(() => organization.id),
    rules: jsonb('rules').$type<ConsentRule[]>().notNull(),
    changedBy: text('changed_by')
      .notNull()
      .references(() => person.id),
    changedAt: instant('changed_at').notNull().default(ledgerNow),
  },
  () => [check('organization_consent_rules', sql`jsonb_typeof(rules) = 'array'`)],
);

/** The overrides about consent of the catalog in force; a trigger on its revisions writes them. */
export const consentOverride = pgTable(
  'consent_override',
  {
    customerKey: text('customer_key').primaryKey(),
    rules: jsonb('rules').$type<ConsentRule[]>().notNull(),
    until: instant('until').notNull(),
    /** Who wrote it, as the revision names its author, and the second person without whom it says nothing less. */
    madeBy: text('made_by'),
    confirmedBy: text('confirmed_by'),
    confirmedAt: instant('confirmed_at'),
  },
  () => [
    check(
      'consent_override_second',
      sql`(confirmed_by is null) = (confirmed_at is null) and confirmed_by is distinct from coalesce(made_by, '')`,
    ),
  ],
);
