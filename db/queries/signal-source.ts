import { sql } from 'drizzle-orm';
import type { SignalSourceKind } from '../../domain/signal.ts';
import type { Executor } from '../client.ts';
import { fixed } from './fixed.ts';
import { iso } from './instant.ts';
import { type KeyedView, organizationJson } from './organization.ts';
import { type PersonView, personJson } from './person.ts';
import { type SpeakingSource, speakingColumns } from './signal.ts';

/** Who speaks of an organization's people, as those see it who manage them. Instants are ISO 8601 UTC. */
export interface SignalSourceView {
  id: string;
  organization: KeyedView;
  kind: SignalSourceKind;
  name: string;
  /** Of a transmitter; null for who sends alerts. */
  issuer: string | null;
  audience: string | null;
  /** Of its keys, the ids. */
  keys: string[];
  /** Where they are fetched from; null where they were given. */
  keysFrom: { jwksUri: string; fetchedAt: string; lastError: string | null } | null;
  /** Of one that is asked: where, when it answered last, and why it did not since. */
  poll: { url: string; polledAt: string | null; lastError: string | null } | null;
  /** Of one that sends alerts: until when its former secret is good, too. */
  formerSecretUntil: string | null;
  madeBy: PersonView;
  createdAt: string;
  endedAt: string | null;
}

const view =
  fixed(sql`s.id, ${organizationJson(sql`s.organization_id`)} as organization, s.kind, s.name, s.issuer, s.audience,
  (select coalesce(json_agg(k->>'kid'), '[]') from jsonb_array_elements(s.jwks->'keys') k where k ? 'kid') as keys,
  case when s.jwks_uri is not null then json_build_object('jwksUri', s.jwks_uri, 'fetchedAt', ${iso(sql`s.keys_fetched_at`)}, 'lastError', s.keys_error) end as "keysFrom",
  case when s.kind = 'poll' then json_build_object('url', s.poll_url, 'polledAt', ${iso(sql`s.polled_at`)}, 'lastError', s.poll_error) end as poll,
  case when s.former_until > tenure_now() then ${iso(sql`s.former_until`)} end as "formerSecretUntil",
  ${personJson(sql`s.made_by`)} as "madeBy", ${iso(sql`s.created_at`)} as "createdAt", ${iso(sql`s.ended_at`)} as "endedAt"
  from signal_source s`);

/** Newest first, of one organization alone unless it is null. An organization has a handful. */
export async function listSignalSources(
  tx: Executor,
  organizationId: string | null,
): Promise<SignalSourceView[]> {
  const whose = organizationId === null ? sql`true` : sql`s.organization_id = ${organizationId}`;
  const rows = await tx.execute<SignalSourceView & Record<string, unknown>>(
    sql`select ${view} where ${whose} order by s.id desc limit 500`,
  );
  return [...rows];
}

export async function readSignalSource(tx: Executor, id: string): Promise<SignalSourceView | null> {
  const rows = await tx.execute<SignalSourceView & Record<string, unknown>>(
    sql`select ${view} where s.id = ${id}`,
  );
  return rows[0] ?? null;
}

export interface NewSignalSource {
  id: string;
  organizationId: string;
  kind: SignalSourceKind;
  name: string;
  issuer: string | null;
  audience: string | null;
  jwks: Record<string, unknown> | null;
  /** Where these were fetched from just now; null where they were given. */
  jwksUri: string | null;
  pollUrl: string | null;
  sealedAuthorization: string | null;
  sealedSecret: string | null;
  madeBy: string;
}

export async function insertSignalSource(tx: Executor, source: NewSignalSource): Promise<void> {
  const { id, organizationId, kind, name, issuer, audience, jwks, jwksUri, madeBy } = source;
  const fetchedAt = jwksUri === null ? sql`null` : sql`tenure_now()`;
  await tx.execute(sql`
    insert into signal_source (id, organization_id, kind, name, issuer, audience, jwks, jwks_uri, keys_fetched_at, keys_tried_at,
      poll_url, sealed_authorization, sealed_secret, made_by)
    values (${id}, ${organizationId}, ${kind}, ${name}, ${issuer}, ${audience}, ${jwks === null ? null : JSON.stringify(jwks)}::jsonb,
      ${jwksUri}, ${fetchedAt}, ${fetchedAt}, ${source.pollUrl}, ${source.sealedAuthorization}, ${source.sealedSecret}, ${madeBy})`);
}

/** Has alerts signed with another secret from now on; the one before is good for a while. False for who sends none, or was ended. */
export async function replaceAlertSecret(
  tx: Executor,
  id: string,
  sealedSecret: string,
  formerForMs: number,
): Promise<boolean> {
  const rows = await tx.execute(sql`
    update signal_source set former_sealed_secret = sealed_secret, former_until = tenure_now() + ${formerForMs} * interval '1 millisecond',
      sealed_secret = ${sealedSecret} where id = ${id} and kind = 'alert' and ended_at is null returning 1`);
  return rows.length > 0;
}

/** A transmitter that is to be asked, taken by one worker for a while. */
export interface DuePoll extends SpeakingSource {
  pollUrl: string;
  sealedAuthorization: string | null;
  tries: number;
}

/** Takes those that are due; a worker that dies meanwhile keeps none of them. */
export async function claimPolls(db: Executor, limit: number, leaseMs: number): Promise<DuePoll[]> {
  const rows = await db.execute<DuePoll & Record<string, unknown>>(sql`
    update signal_source s set poll_at = tenure_now() + ${leaseMs} * interval '1 millisecond'
    where s.id in (select id from signal_source where kind = 'poll' and ended_at is null and poll_at <= tenure_now()
      order by poll_at limit ${limit} for update skip locked)
    returning ${speakingColumns}, s.poll_url as "pollUrl", s.sealed_authorization as "sealedAuthorization", s.poll_tries as tries`);
  return [...rows];
}

/** Notes that a transmitter was asked, with what came of it, and when it is asked next. */
export async function notePolled(
  db: Executor,
  id: string,
  { error, nextMs }: { error: string | null; nextMs: number },
): Promise<void> {
  await db.execute(sql`
    update signal_source set poll_at = tenure_now() + ${nextMs} * interval '1 millisecond', poll_error = ${error}::text,
      poll_tries = case when ${error}::text is null then 0 else poll_tries + 1 end,
      polled_at = case when ${error}::text is null then tenure_now() else polled_at end
    where id = ${id}`);
}

/** False when it was ended already. */
export async function endSignalSource(tx: Executor, id: string, personId: string): Promise<boolean> {
  const rows = await tx.execute(sql`
    update signal_source set ended_at = tenure_now(), ended_by = ${personId} where id = ${id} and ended_at is null returning 1`);
  return rows.length > 0;
}
