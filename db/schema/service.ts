import { sql } from 'drizzle-orm';
import { check, integer, pgTable, text } from 'drizzle-orm/pg-core';
import { id, instant, ledgerNow } from './columns.ts';
import { person } from './person.ts';

/** What an application of the vendor's shows to ask what people may do; good for that alone. */
export const serviceToken = pgTable(
  'service_token',
  {
    id: id(),
    /** Which application, in the words of whoever connected it. */
    label: text('label').notNull(),
    /** SHA-256 of the token, which nobody has but the application. */
    tokenHash: text('token_hash').notNull().unique(),
    madeBy: text('made_by')
      .notNull()
      .references(() => person.id),
    createdAt: instant('created_at').notNull().default(ledgerNow),
    expiresAt: instant('expires_at').notNull(),
    /** To the minute. */
    lastUsedAt: instant('last_used_at'),
    revokedAt: instant('revoked_at'),
    revokedBy: text('revoked_by').references(() => person.id),
  },
  () => [
    check(
      'service_token_span',
      sql`expires_at > created_at and expires_at <= created_at + interval '366 days'`,
    ),
    check('service_token_end', sql`(revoked_at is null) = (revoked_by is null)`),
  ],
);

/** The keys that what leaves this installation is signed with, one for each turn; see crypto/turning-keys.ts. */
export const signingKey = pgTable('signing_key', {
  turn: integer('turn').primaryKey(),
  /** PKCS #8, sealed with the installation's key. */
  sealedPrivateKey: text('sealed_private_key').notNull(),
  createdAt: instant('created_at').notNull().default(ledgerNow),
});
