import { sql } from 'drizzle-orm';
import { boolean, check, index, pgTable, text } from 'drizzle-orm/pg-core';
import { sessionEnds, sessionMethods } from '../../domain/session.ts';
import { id, instant, ledgerNow } from './columns.ts';
import { organization } from './organization.ts';
import { person } from './person.ts';

/** Somebody is signed in with one browser. Its cookie holds two random words and nothing else. */
export const session = pgTable(
  'session',
  {
    id: id(),
    personId: text('person_id')
      .notNull()
      .references(() => person.id),
    organizationId: text('organization_id')
      .notNull()
      .references(() => organization.id),
    method: text('method', { enum: sessionMethods }).notNull(),
    /** Of method `oidc`. No foreign key: providers name attempts, and attempts sessions. */
    providerId: text('provider_id'),
    /** Of method `passkey`. No foreign key: passkeys name challenges, and challenges sessions. */
    passkeyId: text('passkey_id'),
    /** SHA-256 of the word that stays the same as long as the session: it is found by this. */
    familyHash: text('family_hash').notNull().unique(),
    /** SHA-256 of the word that changes; any other than this and the former one was stolen. */
    tokenHash: text('token_hash').notNull(),
    formerHash: text('former_hash'),
    /** The former token is from before a step-up: it shows less than the session now does. A trigger says so. */
    formerIsWeaker: boolean('former_is_weaker').notNull().default(false),
    /** How they signed in (RFC 8176), at what level, and when. */
    amr: text('amr').array().notNull(),
    acr: text('acr'),
    authTime: instant('auth_time').notNull(),
    createdAt: instant('created_at').notNull().default(ledgerNow),
    rotatedAt: instant('rotated_at').notNull().default(ledgerNow),
    seenAt: instant('seen_at').notNull().default(ledgerNow),
    /** When it ends in any case, and when it ends unless it is used. */
    endsAt: instant('ends_at').notNull(),
    idleEndsAt: instant('idle_ends_at').notNull(),
    endedAt: instant('ended_at'),
    endedBy: text('ended_by', { enum: sessionEnds }),
    endedByPerson: text('ended_by_person').references(() => person.id),
    /** Family and system only, e.g. `Firefox on Linux`: enough to know one's own by. */
    browser: text('browser').notNull(),
  },
  (table) => [
    index('session_person_idx').on(table.personId, table.id),
    index('session_organization_idx').on(table.organizationId).where(sql`ended_at is null`),
    index('session_passkey_idx').on(table.passkeyId).where(sql`passkey_id is not null`),
    check('session_span', sql`ends_at <= created_at + interval '24 hours' and idle_ends_at <= ends_at`),
    check('session_end', sql`(ended_at is null) = (ended_by is null)`),
    check('session_method', sql`(method = 'oidc') = (provider_id is not null)`),
  ],
);
