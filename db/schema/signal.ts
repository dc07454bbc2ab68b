import { sql } from 'drizzle-orm';
import {
  boolean,
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  unique,
} from 'drizzle-orm/pg-core';
import { signalSourceKinds, type SignalSubject } from '../../domain/signal.ts';
import { id, instant, ledgerNow } from './columns.ts';
import { organization } from './organization.ts';
import { person } from './person.ts';

/**
 * Who speaks of risks about an organization's people: a transmitter of the Shared Signals Framework that pushes or that is asked
 * (`poll`), or a system that sends alerts, signed with a secret.
 */
export const signalSource = pgTable(
  'signal_source',
  {
    id: id(),
    organizationId: text('organization_id')
      .notNull()
      .references(() => organization.id),
    kind: text('kind', { enum: signalSourceKinds }).notNull().default('push'),
    name: text('name').notNull(),
    /** Of a transmitter. */
    issuer: text('issuer'),
    audience: text('audience'),
    /** RFC 7517: the public keys that it signs with. */
    jwks: jsonb('jwks').$type<Record<string, unknown>>(),
    /** Where these are fetched from, and how far that is; null for those that were given. */
    jwksUri: text('jwks_uri'),
    keysFetchedAt: instant('keys_fetched_at'),
    keysTriedAt: instant('keys_tried_at'),
    keysError: text('keys_error'),
    /** Where it is asked, with what, and how far that is. */
    pollUrl: text('poll_url'),
    sealedAuthorization: text('sealed_authorization'),
    pollAt: instant('poll_at').notNull().default(ledgerNow),
    pollTries: integer('poll_tries').notNull().default(0),
    polledAt: instant('polled_at'),
    pollError: text('poll_error'),
    /** What alerts are signed with, and what they were before, for a while. */
    sealedSecret: text('sealed_secret'),
    formerSealedSecret: text('former_sealed_secret'),
    formerUntil: instant('former_until'),
    madeBy: text('made_by')
      .notNull()
      .references(() => person.id),
    createdAt: instant('created_at').notNull().default(ledgerNow),
    endedAt: instant('ended_at'),
    endedBy: text('ended_by').references(() => person.id),
  },
  (t) => [
    unique('signal_source_whose').on(t.id, t.organizationId),
    check('signal_source_end', sql`(ended_at is null) = (ended_by is null)`),
    check(
      'signal_source_kind',
      sql`kind in ('push', 'poll', 'alert') and (kind = 'alert') = (sealed_secret is not null)
    and (kind <> 'alert') = (issuer is not null and audience is not null and jwks is not null) and (kind = 'poll') = (poll_url is not null)
    and (kind = 'poll' or sealed_authorization is null)`,
    ),
    check(
      'signal_source_keys',
      sql`(jwks_uri is null) = (keys_fetched_at is null) and (jwks_uri is null) = (keys_tried_at is null)
    and (jwks_uri is null or kind <> 'alert') and (jwks_uri is not null or keys_error is null)`,
    ),
    check('signal_source_former', sql`(former_sealed_secret is null) = (former_until is null)`),
    index('signal_source_poll_idx').on(t.pollAt).where(sql`kind = 'poll' and ended_at is null`),
    index('signal_source_keys_idx').on(t.keysTriedAt).where(sql`jwks_uri is not null and ended_at is null`),
    index('signal_source_organization_idx').on(t.organizationId, t.id),
  ],
);

/** What a source said, once, and what came of it. */
export const signal = pgTable(
  'signal',
  {
    id: id(),
    sourceId: text('source_id').notNull(),
    organizationId: text('organization_id').notNull(),
    jti: text('jti').notNull(),
    kind: text('kind').notNull(),
    family: text('family').notNull(),
    effect: text('effect').notNull(),
    /** What policy calls it; null for what says nothing about anybody. */
    name: text('name'),
    subject: jsonb('subject').$type<SignalSubject>().notNull(),
    eventAt: instant('event_at').notNull(),
    endsAt: instant('ends_at'),
    receivedAt: instant('received_at').notNull().default(ledgerNow),
    state: text('state').notNull().default('received'),
    personId: text('person_id').references(() => person.id),
    readAt: instant('read_at'),
    tries: integer('tries').notNull().default(0),
    /** It was this that suspended the person; only its end gives them back. */
    suspended: boolean('suspended').notNull().default(false),
    closedAt: instant('closed_at'),
    closedBy: text('closed_by').references(() => person.id),
    closeReason: text('close_reason'),
  },
  (t) => [
    unique('signal_once').on(t.sourceId, t.jti),
    foreignKey({
      name: 'signal_source_fk',
      columns: [t.sourceId, t.organizationId],
      foreignColumns: [signalSource.id, signalSource.organizationId],
    }),
    check(
      'signal_effect',
      sql`effect in ('opens', 'closes', 'nothing') and (name is null) = (effect = 'nothing')`,
    ),
    check(
      'signal_state',
      sql`state in ('received', 'open', 'closed', 'noted', 'superseded', 'unmatched')
    and (person_id is not null or state in ('received', 'noted', 'unmatched'))
    and (closed_at is null) = (state <> 'closed') and (close_reason is not null or closed_by is null)
    and (effect = 'opens' or state not in ('open', 'closed'))`,
    ),
    index('signal_organization_idx').on(t.organizationId, t.id),
    index('signal_person_idx').on(t.personId, t.family, t.eventAt),
    index('signal_open_idx').on(t.personId).where(sql`state = 'open'`),
    index('signal_lapsing_idx').on(t.endsAt).where(sql`state = 'open' and ends_at is not null`),
    index('signal_unread_idx').on(t.id).where(sql`state = 'received'`),
  ],
);
