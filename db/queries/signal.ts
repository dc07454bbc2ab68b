import { type SQL, sql } from 'drizzle-orm';
import type {
  SignalEffect,
  SignalKind,
  SignalReading,
  SignalSourceKind,
  SignalState,
} from '../../domain/signal.ts';
import { newId } from '../../domain/ids.ts';
import { appendAudit } from '../audit.ts';
import type { Executor } from '../client.ts';
import { fixed } from './fixed.ts';
import { allOf, iso, type Page, type PageWish, pageOf } from './instant.ts';
import { type KeyedView, organizationJson } from './organization.ts';
import { type PersonView, personJson } from './person.ts';

/** The condition that a signal `x` counts: nothing was said against it, and it is not over by itself. */
const isOpen = fixed(sql`x.state = 'open' and (x.ends_at is null or x.ends_at > tenure_now())`);

/** The names of a person's open signals, sorted, as a `text[]`: by an index of what is open. `person` is an expression of their id. */
export function openSignals(person: SQL): SQL<string[]> {
  return sql`array(select distinct x.name from signal x where x.person_id = ${person} and ${isOpen} order by x.name)`;
}

/**
 * From when on a person must have shown who they are, in milliseconds since 1970: since then their credentials, or how well they
 * are proven, have changed, or their sessions were revoked. Null: nothing was said of that.
 */
export function provenFrom(person: SQL): SQL<number | null> {
  return sql`(select (extract(epoch from max(x.event_at)) * 1000)::float8 from signal x where x.person_id = ${person}
    and x.family in ('session', 'credential', 'assurance') and x.effect = 'opens' and x.close_reason is null)`;
}

/** The same for one person, by their id. */
export async function readProvenFrom(tx: Executor, personId: string): Promise<number | null> {
  const rows = await tx.execute<{ at: number | null }>(sql`select ${provenFrom(sql`${personId}`)} as at`);
  return rows[0]?.at ?? null;
}

/** A source that is not ended, with what what it says is verified by. */
export interface SpeakingSource {
  id: string;
  organizationId: string;
  kind: SignalSourceKind;
  /** Of a transmitter; null for who sends alerts. */
  issuer: string | null;
  audience: string | null;
  jwks: Record<string, unknown> | null;
  /** Where these are fetched from; null where they were given. */
  jwksUri: string | null;
  /** What alerts are signed with now; none of a transmitter. */
  sealedSecrets: string[];
  /** By the ledger's clock, in milliseconds since 1970. */
  nowMs: number;
}

/** What a {@link SpeakingSource} has, of a source `s`. */
export const speakingColumns =
  fixed(sql`s.id, s.organization_id as "organizationId", s.kind, s.issuer, s.audience, s.jwks, s.jwks_uri as "jwksUri",
  array_remove(array[s.sealed_secret, case when s.former_until > tenure_now() then s.former_sealed_secret end], null) as "sealedSecrets",
  (extract(epoch from tenure_now()) * 1000)::float8 as "nowMs"`);

export async function readSpeakingSource(tx: Executor, id: string): Promise<SpeakingSource | null> {
  const rows = await tx.execute<SpeakingSource & Record<string, unknown>>(
    sql`select ${speakingColumns} from signal_source s where s.id = ${id} and s.ended_at is null`,
  );
  return rows[0] ?? null;
}

/** What a source has said, verified and read. */
export interface SaidSignal {
  source: Pick<SpeakingSource, 'id' | 'organizationId'>;
  jti: string;
  reading: SignalReading;
}

/** Keeps what a source says, once for its `jti`, with its audit event. */
export async function keepSignal(tx: Executor, { source, jti, reading }: SaidSignal): Promise<void> {
  const { kind, family, effect, name, subject, atMs, endsAtMs } = reading;
  const { id: sourceId, organizationId } = source;
  const id = newId('sig');
  const rows = await tx.execute(sql`
    insert into signal (id, source_id, organization_id, jti, kind, family, effect, name, subject, event_at, ends_at)
    values (${id}, ${sourceId}, ${organizationId}, ${jti}, ${kind}, ${family}, ${effect}, ${name},
      ${JSON.stringify(subject)}::jsonb, ${new Date(atMs).toISOString()}::timestamptz,
      ${endsAtMs === null ? null : new Date(endsAtMs).toISOString()}::timestamptz)
    on conflict (source_id, jti) do nothing returning 1`);
  if (rows.length === 0) return;
  await appendAudit(tx, {
    type: 'signal.received',
    actor: { kind: 'source', id: sourceId, name: null },
    subject: { kind: 'signal', id },
    organizationId,
    holderOrganizationId: organizationId,
    reason: kind === 'alert' ? name : kind,
  });
}

/** A signal as those see it who read records. Instants are ISO 8601 UTC. */
export interface SignalView {
  id: string;
  source: { id: string; name: string };
  organization: KeyedView;
  kind: SignalKind;
  name: string | null;
  /** Whether it says that this is so, that it is over, or nothing about access. */
  effect: SignalEffect;
  state: SignalState;
  /** Null where nobody of the organization is known by what was said. */
  person: PersonView | null;
  eventAt: string;
  receivedAt: string;
  endsAt: string | null;
  closedAt: string | null;
  closedBy: PersonView | null;
  closeReason: string | null;
}

const view =
  fixed(sql`x.id, json_build_object('id', s.id, 'name', s.name) as source, ${organizationJson(sql`x.organization_id`)} as organization,
  x.kind, x.name, x.effect, x.state, case when x.person_id is not null then ${personJson(sql`x.person_id`)} end as person,
  ${iso(sql`x.event_at`)} as "eventAt", ${iso(sql`x.received_at`)} as "receivedAt", ${iso(sql`x.ends_at`)} as "endsAt",
  ${iso(sql`x.closed_at`)} as "closedAt", case when x.closed_by is not null then ${personJson(sql`x.closed_by`)} end as "closedBy",
  x.close_reason as "closeReason" from signal x join signal_source s on s.id = x.source_id`);

/** Newest first; of one organization alone unless it is null, and about one person if one is named. `open`: those that count. */
export async function listSignals(
  tx: Executor,
  filter: { organizationId: string | null; personId?: string; state?: SignalState | undefined },
  page: PageWish,
): Promise<Page<SignalView>> {
  const conditions = [
    filter.organizationId === null ? null : sql`x.organization_id = ${filter.organizationId}`,
    filter.personId === undefined ? null : sql`x.person_id = ${filter.personId}`,
    filter.state === undefined ? null : filter.state === 'open' ? isOpen : sql`x.state = ${filter.state}`,
    page.after ? sql`x.id < ${page.after}` : null,
  ];
  const rows = await tx.execute<SignalView & Record<string, unknown>>(
    sql`select ${view} where ${allOf(conditions)} order by x.id desc limit ${page.limit + 1}`,
  );
  return pageOf([...rows], page.limit, (one) => one.id);
}

/** How many signals count now, of everybody, and how many of those with that id or a later one are about nobody who is known. */
export async function countSignals(
  tx: Executor,
  since: string,
): Promise<{ open: number; unmatched: number }> {
  const rows = await tx.execute<{ open: number; unmatched: number }>(sql`
    select (select count(*)::int from signal x where ${isOpen}) as open,
      (select count(*)::int from signal x where x.id >= ${since} and x.state = 'unmatched') as unmatched`);
  return rows[0] ?? { open: 0, unmatched: 0 };
}

export async function readSignal(tx: Executor, id: string): Promise<SignalView | null> {
  const rows = await tx.execute<SignalView & Record<string, unknown>>(sql`select ${view} where x.id = ${id}`);
  return rows[0] ?? null;
}

/** Closes an open signal by somebody's hand. Returns whether it was what suspended its person; null when it is not open. */
export async function closeSignal(
  tx: Executor,
  id: string,
  by: { personId: string; reason: string },
): Promise<{ suspended: boolean } | null> {
  const rows = await tx.execute<{ suspended: boolean }>(sql`
    update signal set state = 'closed', closed_at = tenure_now(), closed_by = ${by.personId}, close_reason = ${by.reason}
    where id = ${id} and state = 'open' returning suspended`);
  return rows[0] ?? null;
}
