import { sql } from 'drizzle-orm';
import { bigint, boolean, check, index, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import type { Json } from '../../domain/catalog.ts';
import { passkeyEnds, passkeyMakers, passkeyPurposes, type Signed } from '../../domain/passkey.ts';
import { id, instant, ledgerNow } from './columns.ts';
import { organization } from './organization.ts';
import { person } from './person.ts';
import { session } from './session.ts';
import { welcome } from './welcome.ts';

/** The right of one browser to make one passkey, for a while after it has confirmed a welcome. */
export const passkeyTicket = pgTable('passkey_ticket', {
  id: id(),
  personId: text('person_id')
    .notNull()
    .references(() => person.id),
  organizationId: text('organization_id')
    .notNull()
    .references(() => organization.id),
  welcomeId: text('welcome_id')
    .notNull()
    .unique()
    .references(() => welcome.id),
  /** SHA-256 of the browser's cookie. */
  tokenHash: text('token_hash').notNull().unique(),
  createdAt: instant('created_at').notNull().default(ledgerNow),
  expiresAt: instant('expires_at').notNull(),
  usedAt: instant('used_at'),
});

/** What an authenticator is asked to sign: once, soon, by one browser and for one purpose. */
export const passkeyChallenge = pgTable(
  'passkey_challenge',
  {
    id: id(),
    /** Of a sign-in the vendor: it is not known yet whose it will be. */
    organizationId: text('organization_id')
      .notNull()
      .references(() => organization.id),
    purpose: text('purpose', { enum: passkeyPurposes }).notNull(),
    personId: text('person_id').references(() => person.id),
    sessionId: text('session_id').references(() => session.id),
    ticketId: text('ticket_id').references(() => passkeyTicket.id),
    /** SHA-256 of the browser's mark. */
    browserHash: text('browser_hash').notNull(),
    /** base64url of SHA-256 over the nonce and what is signed: whoever has the row can check the signature. */
    challenge: text('challenge').notNull().unique(),
    nonce: text('nonce').notNull(),
    signs: jsonb('signs').$type<Signed>(),
    /** With which passkey it was signed, and the signature. */
    passkeyId: text('passkey_id').references(() => passkey.id),
    assertion: jsonb('assertion').$type<Record<string, Json>>(),
    createdAt: instant('created_at').notNull().default(ledgerNow),
    expiresAt: instant('expires_at').notNull(),
    usedAt: instant('used_at'),
  },
  (table) => [
    index('passkey_challenge_expiry_idx').on(table.expiresAt).where(sql`used_at is null`),
    check(
      'passkey_challenge_purpose',
      sql`case purpose
      when 'enrol' then person_id is not null and (session_id is null) <> (ticket_id is null) and signs is null
      when 'sign-in' then person_id is null and session_id is null and ticket_id is null and signs is null
      else person_id is not null and session_id is not null and ticket_id is null and signs is not null end`,
    ),
  ],
);

/** A key of a person's whose private half never leaves their devices (Web Authentication, level 3). */
export const passkey = pgTable(
  'passkey',
  {
    id: id(),
    personId: text('person_id')
      .notNull()
      .references(() => person.id),
    organizationId: text('organization_id')
      .notNull()
      .references(() => organization.id),
    /** base64url, chosen by the authenticator. */
    credentialId: text('credential_id').notNull().unique(),
    /** base64url of the COSE key. */
    publicKey: text('public_key').notNull(),
    /** How often it was used, as far as the authenticator counts; zero where it does not. */
    counter: bigint('counter', { mode: 'number' }).notNull(),
    transports: text('transports').array().notNull(),
    /** It is copied between devices. */
    backedUp: boolean('backed_up').notNull(),
    name: text('name').notNull(),
    madeBy: text('made_by', { enum: passkeyMakers }).notNull(),
    /** The challenge that it was made with. No foreign key: challenges name passkeys. */
    challengeId: text('challenge_id').notNull().unique(),
    madeAt: instant('made_at').notNull().default(ledgerNow),
    lastUsedAt: instant('last_used_at'),
    revokedAt: instant('revoked_at'),
    revokedBy: text('revoked_by', { enum: passkeyEnds }),
    revokedByPerson: text('revoked_by_person').references(() => person.id),
  },
  (table) => [
    index('passkey_person_idx').on(table.personId, table.id),
    check('passkey_counter', sql`counter >= 0`),
    check('passkey_end', sql`(revoked_at is null) = (revoked_by is null)`),
  ],
);
