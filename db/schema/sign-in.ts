import { sql } from 'drizzle-orm';
import { check, index, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core';
import {
  attemptPurposes,
  domainProofs,
  type GroupRole,
  newPeopleRules,
  type ProviderClaims,
  providerStates,
  unsaidGroups,
} from '../../domain/sign-in.ts';
import { id, instant, ledgerNow } from './columns.ts';
import { organization } from './organization.ts';
import { person } from './person.ts';
import { session } from './session.ts';

/** Through whom an organization's people sign in (OpenID Connect). At most one of an organization is live. */
export const signInProvider = pgTable(
  'sign_in_provider',
  {
    id: id(),
    organizationId: text('organization_id')
      .notNull()
      .references(() => organization.id),
    name: text('name').notNull(),
    /** Exactly as the provider says it, which is compared letter by letter. */
    issuer: text('issuer').notNull(),
    clientId: text('client_id').notNull(),
    /** Null for a client that proves itself by PKCE alone. */
    sealedClientSecret: text('sealed_client_secret'),
    /** Under which names the provider says what we need. */
    claims: jsonb('claims').$type<ProviderClaims>().notNull(),
    /** Which role comes with which group, in order. */
    groupRoles: jsonb('group_roles').$type<GroupRole[]>().notNull().default([]),
    /** What becomes of somebody of a proven domain whom nobody has added. */
    newPeople: text('new_people', { enum: newPeopleRules }).notNull().default('refuse'),
    /** Of a customer: what those are who are added so, and whose group gives them nothing (any more). */
    defaultRole: text('default_role'),
    state: text('state', { enum: providerStates }).notNull().default('draft'),
    createdBy: text('created_by').references(() => person.id),
    /** Who wrote it as it is; whoever lets it live is somebody else. */
    changedBy: text('changed_by').references(() => person.id),
    createdAt: instant('created_at').notNull().default(ledgerNow),
    changedAt: instant('changed_at').notNull().default(ledgerNow),
    triedAt: instant('tried_at'),
    liveAt: instant('live_at'),
    retiredAt: instant('retired_at'),
  },
  (table) => [
    check(
      'sign_in_provider_new_people',
      sql`new_people in ('refuse', 'add') and (new_people = 'refuse' or default_role is not null)`,
    ),
    uniqueIndex('sign_in_provider_one_live').on(table.organizationId).where(sql`state = 'live'`),
    index('sign_in_provider_organization_idx').on(table.organizationId, table.id),
    // Without either, what a provider says could not be checked to be its own and for us.
    check('sign_in_provider_checkable', sql`issuer ~ '^https?://[^ ?#]+$' and client_id <> ''`),
  ],
);

/** A mail domain that an organization says is its own. Only what was proven lets anybody in. */
export const signInDomain = pgTable(
  'sign_in_domain',
  {
    id: id(),
    organizationId: text('organization_id')
      .notNull()
      .references(() => organization.id),
    /** Lower case, without a dot at the end. */
    domain: text('domain').notNull(),
    /** What the domain's TXT record must say after `tenure-verification=`; it is no secret. */
    token: text('token').notNull(),
    /** Null: the example company, on a local installation. */
    askedBy: text('asked_by').references(() => person.id),
    askedAt: instant('asked_at').notNull().default(ledgerNow),
    proof: text('proof', { enum: domainProofs }),
    provenAt: instant('proven_at'),
    removedAt: instant('removed_at'),
  },
  (table) => [
    // Whoever proves it first has it until they give it up.
    uniqueIndex('sign_in_domain_one_owner')
      .on(table.domain)
      .where(sql`proof is not null and removed_at is null`),
    uniqueIndex('sign_in_domain_once').on(table.organizationId, table.domain).where(sql`removed_at is null`),
    check('sign_in_domain_proof', sql`(proof is null) = (proven_at is null)`),
    check('sign_in_domain_form', sql`domain = lower(domain) and domain ~ '^[a-z0-9.-]+$'`),
  ],
);

/** One of the vendor's people says that the domain is that organization's. Two who did not ask for it are enough. */
export const signInDomainAcceptance = pgTable(
  'sign_in_domain_acceptance',
  {
    domainId: text('domain_id')
      .notNull()
      .references(() => signInDomain.id),
    personId: text('person_id')
      .notNull()
      .references(() => person.id),
    organizationId: text('organization_id')
      .notNull()
      .references(() => organization.id),
    acceptedAt: instant('accepted_at').notNull().default(ledgerNow),
  },
  (table) => [primaryKey({ columns: [table.domainId, table.personId] })],
);

/** Somebody who went to their provider and is expected back, by the same browser, once and soon. */
export const signInAttempt = pgTable(
  'sign_in_attempt',
  {
    id: id(),
    organizationId: text('organization_id')
      .notNull()
      .references(() => organization.id),
    providerId: text('provider_id')
      .notNull()
      .references(() => signInProvider.id),
    purpose: text('purpose', { enum: attemptPurposes }).notNull(),
    /** Who tries a provider. */
    personId: text('person_id').references(() => person.id),
    /** Whose session is to be stepped up. */
    sessionId: text('session_id').references(() => session.id),
    /** SHA-256 of what comes back with the code. */
    stateHash: text('state_hash').notNull().unique(),
    nonce: text('nonce').notNull(),
    /** RFC 7636; sealed, since with the code it is worth a sign-in. */
    sealedVerifier: text('sealed_verifier').notNull(),
    /** SHA-256 of the browser's cookie. */
    browserHash: text('browser_hash').notNull(),
    /** A path of ours. */
    returnPath: text('return_path').notNull(),
    createdAt: instant('created_at').notNull().default(ledgerNow),
    expiresAt: instant('expires_at').notNull(),
    usedAt: instant('used_at'),
  },
  (table) => [index('sign_in_attempt_expiry_idx').on(table.expiresAt)],
);

/** What a provider said of somebody's groups when they signed in, for the engine to act on. */
export const groupReading = pgTable(
  'group_reading',
  {
    id: id(),
    organizationId: text('organization_id')
      .notNull()
      .references(() => organization.id),
    providerId: text('provider_id')
      .notNull()
      .references(() => signInProvider.id),
    /** Null: somebody of a proven domain whom nobody has added; who that is, is forgotten when it is settled. */
    personId: text('person_id').references(() => person.id),
    email: text('email'),
    name: text('name'),
    /** Those that the mapping names, and no other. */
    groups: text('groups').array(),
    /** Why it is not known in which groups they are. */
    unsaid: text('unsaid', { enum: unsaidGroups }),
    readAt: instant('read_at').notNull().default(ledgerNow),
    settledAt: instant('settled_at'),
    outcome: text('outcome'),
  },
  (table) => [
    index('group_reading_waiting_idx').on(table.id).where(sql`settled_at is null`),
    index('group_reading_settled_idx').on(table.settledAt).where(sql`settled_at is not null`),
    check('group_reading_who', sql`person_id is not null or email is not null or settled_at is not null`),
    check('group_reading_said', sql`(groups is null) = (unsaid is not null)`),
    check('group_reading_end', sql`(settled_at is null) = (outcome is null)`),
  ],
);

/** Which role somebody has by a group now, so that it goes with the group, and no other role does. */
export const groupRole = pgTable(
  'group_role',
  {
    personId: text('person_id')
      .notNull()
      .references(() => person.id),
    organizationId: text('organization_id')
      .notNull()
      .references(() => organization.id),
    role: text('role').notNull(),
    groupName: text('group_name').notNull(),
    providerId: text('provider_id')
      .notNull()
      .references(() => signInProvider.id),
    givenAt: instant('given_at').notNull().default(ledgerNow),
  },
  (table) => [primaryKey({ columns: [table.personId, table.role] })],
);
