import { sql } from 'drizzle-orm';
import type { SignalKind, SignalReading, SignalSubject } from '../../domain/signal.ts';
import type { Assurance } from '../../domain/policy.ts';
import type { Executor } from '../client.ts';
import { openSignals } from './signal.ts';

/** A kept signal that is to be read. */
export interface UnreadSignal extends Pick<SignalReading, 'family' | 'effect'> {
  id: string;
  sourceId: string;
  organizationId: string;
  kind: SignalKind;
  name: string | null;
  subject: SignalSubject;
}

/** The oldest that nobody has read; one that failed rests longer with each try, at most a minute. */
export async function listUnreadSignals(db: Executor, limit: number): Promise<string[]> {
  const rows = await db.execute<{ id: string }>(sql`
    select id from signal where state = 'received'
      and (tries = 0 or read_at <= tenure_now() - least(power(2, tries), 60) * interval '1 second') order by id limit ${limit}`);
  return rows.map(({ id }) => id);
}

/** Locks one that still is to be read until the transaction ends; null when it is not, or somebody else has it. */
export async function lockUnreadSignal(tx: Executor, id: string): Promise<UnreadSignal | null> {
  const rows = await tx.execute<UnreadSignal & Record<string, unknown>>(sql`
    select id, source_id as "sourceId", organization_id as "organizationId", kind, family, effect, name, subject
    from signal where id = ${id} and state = 'received' for no key update skip locked`);
  return rows[0] ?? null;
}

export async function noteUnreadableSignal(db: Executor, id: string): Promise<void> {
  await db.execute(
    sql`update signal set tries = tries + 1, read_at = tenure_now() where id = ${id} and state = 'received'`,
  );
}

/**
 * Locks whom it is about: somebody of the organization by every name that is given, an address, here or else in the directory, an
 * identity provider's subject or a directory's id. Null when there is nobody, or more than one.
 */
export async function lockSubject(
  tx: Executor,
  organizationId: string,
  { email, issuer, subject, opaque }: SignalSubject,
): Promise<{ id: string; signals: string[]; hasLeft: boolean } | null> {
  const matching = await tx.execute<{ id: string }>(sql`
    select p.id from person p where p.organization_id = ${organizationId} and p.id in (
      select tenure_person_at(${email ?? null}::text)
      union select i.person_id from source_identity i where i.organization_id = ${organizationId}
        and i.external_id = ${subject ?? null}::text
        and starts_with(i.source, 'oidc:' || ${organizationId} || ':' || ${issuer ?? ''}::text || '#')
      union select u.person_id from scim_user u where u.organization_id = ${organizationId}
        and (${opaque ?? null}::text in (u.external_id, u.id) or (u.user_key = lower(${email ?? null}::text)
          or strpos(u.email_keys, lower(to_jsonb(${email ?? null}::text)::text)) > 0) and not exists (
            select from person x where x.id = tenure_person_at(${email ?? null}::text) and x.organization_id = ${organizationId}))) limit 2`);
  const [one, another] = matching;
  if (!one || another) return null;
  const rows = await tx.execute<{ id: string; signals: string[]; hasLeft: boolean }>(sql`
    select p.id, ${openSignals(sql`p.id`)} as signals, p.offboarded_at is not null as "hasLeft"
    from person p where p.id = ${one.id} for no key update`);
  return rows[0] ?? null;
}

/** The names of a person's open signals now. */
export async function readOpenSignals(tx: Executor, personId: string): Promise<string[]> {
  const rows = await tx.execute<{ signals: string[] }>(
    sql`select ${openSignals(sql`${personId}`)} as signals`,
  );
  return rows[0]?.signals ?? [];
}

/** Settles one that says nothing of anybody, or of nobody who is known. */
export async function noteSignal(tx: Executor, id: string, state: 'noted' | 'unmatched'): Promise<void> {
  await tx.execute(sql`update signal set state = ${state}, read_at = tenure_now() where id = ${id}`);
}

/**
 * Takes a signal into account: of one source, person and family that of the latest instant holds, in whatever order they come; of
 * two of the same instant the bad news. Former ones are closed. Returns whether it holds, and whether one that it closed had suspended
 * the person.
 */
export async function applySignal(
  tx: Executor,
  signal: UnreadSignal,
  personId: string,
): Promise<{ holds: boolean; hadSuspended: boolean }> {
  const peers = sql`n.source_id = s.source_id and n.person_id = ${personId} and n.family = s.family and n.id <> s.id`;
  const [row] = await tx.execute<{ state: string }>(sql`
    update signal s set person_id = ${personId}, read_at = tenure_now(), state = case
      when exists (select 1 from signal n where ${peers} and (n.event_at > s.event_at
        or n.event_at = s.event_at and n.effect = 'opens' and n.close_reason is null)) then 'superseded'
      when s.effect = 'opens' then 'open' else 'noted' end
    where s.id = ${signal.id} returning state`);
  if (row?.state === 'superseded') return { holds: false, hadSuspended: false };
  const closed = await tx.execute<{ suspended: boolean }>(sql`
    update signal n set state = 'closed', closed_at = tenure_now() from signal s
    where s.id = ${signal.id} and ${peers} and n.state = 'open' returning n.suspended`);
  return { holds: true, hadSuspended: closed.some(({ suspended }) => suspended) };
}

/** Of a row of signal: it was open until an instant that has come. */
const isLapsed = sql`(state = 'open' and ends_at is not null and ends_at <= (select tenure_now()))`;

/** Those that are open although their time is over, the oldest first. */
export async function listLapsedSignals(db: Executor, limit: number): Promise<string[]> {
  const rows = await db.execute<{ id: string }>(
    sql`select id from signal where ${isLapsed} order by ends_at, id limit ${limit}`,
  );
  return rows.map(({ id }) => id);
}

/** Locks the person of one of them and then itself, as whoever closes one does; null when it is none any more. */
export async function lockLapsedSignal(
  tx: Executor,
  id: string,
): Promise<(Omit<UnreadSignal, 'subject'> & { personId: string }) | null> {
  await tx.execute(
    sql`select from person where id = (select person_id from signal where id = ${id} and ${isLapsed}) for no key update`,
  );
  const rows = await tx.execute<Omit<UnreadSignal, 'subject'> & { personId: string }>(sql`
    select id, source_id as "sourceId", organization_id as "organizationId", kind, family, effect, name, person_id as "personId"
    from signal where id = ${id} and ${isLapsed} for no key update`);
  return rows[0] ?? null;
}

export async function noteLapsed(tx: Executor, id: string): Promise<void> {
  await tx.execute(sql`update signal set state = 'closed', closed_at = tenure_now() where id = ${id}`);
}

export async function noteSuspended(tx: Executor, id: string): Promise<void> {
  await tx.execute(sql`update signal set suspended = true where id = ${id}`);
}

/** Another open signal that keeps the person suspended takes over from one that is closed; false when there is none. */
export async function passSuspension(tx: Executor, personId: string): Promise<boolean> {
  const rows = await tx.execute(sql`
    update signal set suspended = true where id = (select id from signal where person_id = ${personId} and family = 'account'
      and state = 'open' order by id limit 1) returning 1`);
  return rows.length > 0;
}

/** Open sessions that began, or were proven last, before the signal's instant. */
export async function sessionsBefore(tx: Executor, personId: string, signalId: string): Promise<string[]> {
  const rows = await tx.execute<{ id: string }>(sql`
    select n.id from session n join signal s on s.id = ${signalId}
    where n.person_id = ${personId} and n.ended_at is null and n.auth_time <= s.event_at order by n.id`);
  return rows.map(({ id }) => id);
}

/** Access that a person holds, or is about to, because they asked: what policy is asked about it again. */
export interface AskedAccess {
  requestId: string;
  resourceId: string;
  entitlementId: string;
  organizationId: string;
  assurance: Assurance;
  hasTicket: boolean;
  run: number;
}

/** All of one person's, with those that wait. */
export async function listAskedAccess(tx: Executor, personId: string): Promise<AskedAccess[]> {
  const rows = await tx.execute<AskedAccess & Record<string, unknown>>(sql`
    select a.id as "requestId", a.resource_id as "resourceId", a.entitlement_id as "entitlementId",
      a.organization_id as "organizationId", a.assurance, a.ticket is not null as "hasTicket", a.engine_run as run
    from access_request a where a.person_id = ${personId} and a.kind = 'access' and exists (select 1 from access_grant g
      where g.request_id = a.id and g.state in ('provisioning', 'held') and g.end_at is null) order by a.id`);
  return [...rows];
}
