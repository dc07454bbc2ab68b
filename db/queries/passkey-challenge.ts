import { sql } from 'drizzle-orm';
import { limits } from '../../domain/limits.ts';
import type { PasskeyPurpose, Signed } from '../../domain/passkey.ts';
import type { Executor } from '../client.ts';
import { iso } from './instant.ts';

export interface NewChallenge {
  id: string;
  /** Null for a sign-in, of which it is not known yet whose it will be: it is kept as the vendor's. */
  organizationId: string | null;
  purpose: PasskeyPurpose;
  personId: string | null;
  sessionId: string | null;
  ticketId: string | null;
  browserHash: string;
  challenge: string;
  nonce: string;
  signs: Signed | null;
}

/** Notes what an authenticator is asked to sign, and forgets some of what was never answered. */
export async function insertChallenge(tx: Executor, asked: NewChallenge): Promise<void> {
  await tx.execute(sql`
    delete from passkey_challenge where id in (
      select id from passkey_challenge where used_at is null and expires_at <= tenure_now() - interval '1 day'
      order by expires_at limit 20 for update skip locked)`);
  await tx.execute(sql`
    insert into passkey_challenge (id, organization_id, purpose, person_id, session_id, ticket_id, browser_hash, challenge, nonce, signs,
      expires_at)
    values (${asked.id}, coalesce(${asked.organizationId}, tenure_vendor()), ${asked.purpose}, ${asked.personId}, ${asked.sessionId}, ${asked.ticketId},
      ${asked.browserHash}, ${asked.challenge}, ${asked.nonce}, ${asked.signs === null ? null : JSON.stringify(asked.signs)}::jsonb,
      tenure_now() + ${limits.passkeyMs} * interval '1 millisecond')`);
}

/** What an answer must be to: the challenge, and all that it was bound to. */
export interface ChallengeUse {
  challenge: string;
  purpose: PasskeyPurpose;
  browserHash: string;
  /** Null where there was none. */
  sessionId: string | null;
  ticketId: string | null;
}

export interface UsedChallenge {
  id: string;
  personId: string | null;
  signs: Signed | null;
  /** The ledger's clock, ISO 8601 UTC. */
  now: string;
}

/**
 * Uses a challenge up: once, in time, for its purpose, by the browser, session and ticket that it was made for. Null when there is
 * no such one, whatever the reason.
 */
export async function useChallenge(tx: Executor, use: ChallengeUse): Promise<UsedChallenge | null> {
  const rows = await tx.execute<UsedChallenge & Record<string, unknown>>(sql`
    update passkey_challenge set used_at = tenure_now()
    where challenge = ${use.challenge} and purpose = ${use.purpose} and browser_hash = ${use.browserHash}
      and session_id is not distinct from ${use.sessionId} and ticket_id is not distinct from ${use.ticketId}
      and used_at is null and expires_at > tenure_now()
    returning id, person_id as "personId", signs, ${iso(sql`tenure_now()`)} as now`);
  return rows[0] ?? null;
}

/** Keeps what was signed with a used challenge, once. */
export async function noteAssertion(
  tx: Executor,
  signed: { id: string; passkeyId: string; assertion: Readonly<Record<string, string>> },
): Promise<void> {
  await tx.execute(sql`
    update passkey_challenge set passkey_id = ${signed.passkeyId}, assertion = ${JSON.stringify(signed.assertion)}::jsonb
    where id = ${signed.id}`);
}

/** What somebody has signed: with which passkey, and what. */
export interface Signature {
  passkeyId: string;
  signs: Signed;
}

/** A step-up of that person's that was answered lately; null when there is none. */
export async function findSignature(
  tx: Executor,
  wish: { id: string; personId: string },
): Promise<Signature | null> {
  const rows = await tx.execute<Signature & Record<string, unknown>>(sql`
    select passkey_id as "passkeyId", signs from passkey_challenge
    where id = ${wish.id} and person_id = ${wish.personId} and purpose = 'step-up' and passkey_id is not null
      and used_at > tenure_now() - ${limits.passkeyMs} * interval '1 millisecond'`);
  return rows[0] ?? null;
}

/** How somebody can sign in, who has just confirmed that they are there. */
export async function readWaysIn(
  tx: Executor,
  whose: { personId: string; organizationId: string },
): Promise<{ hasProvider: boolean; isHere: boolean }> {
  const rows = await tx.execute<{ hasProvider: boolean; isHere: boolean }>(sql`
    select tenure_has_provider(${whose.organizationId}) as "hasProvider",
      tenure_is_here(${whose.personId}, ${whose.organizationId}) as "isHere"`);
  return rows[0] ?? { hasProvider: false, isHere: false };
}

/** Gives the browser that has confirmed a welcome the right to make one passkey. With the eyes of its person. */
export async function insertTicket(
  tx: Executor,
  ticket: { id: string; personId: string; organizationId: string; welcomeId: string; tokenHash: string },
): Promise<void> {
  await tx.execute(sql`
    insert into passkey_ticket (id, person_id, organization_id, welcome_id, token_hash, expires_at)
    values (${ticket.id}, ${ticket.personId}, ${ticket.organizationId}, ${ticket.welcomeId}, ${ticket.tokenHash},
      tenure_now() + ${limits.passkeyTicketMs} * interval '1 millisecond')`);
}

export interface OpenTicket {
  id: string;
  personId: string;
  organizationId: string;
  person: string;
  email: string;
  organizationKind: 'vendor' | 'customer';
}

/** The ticket of that browser, with whose it is; null when there is none that is good. With the vendor's eyes. */
export async function findTicket(tx: Executor, tokenHash: string): Promise<OpenTicket | null> {
  const rows = await tx.execute<OpenTicket & Record<string, unknown>>(sql`
    select t.id, t.person_id as "personId", t.organization_id as "organizationId", p.name as person, p.email,
      o.kind as "organizationKind"
    from passkey_ticket t join person p on p.id = t.person_id join organization o on o.id = t.organization_id
    where t.token_hash = ${tokenHash} and t.used_at is null and t.expires_at > tenure_now()`);
  return rows[0] ?? null;
}

/** Uses a ticket up; false when another call was first. */
export async function useTicket(tx: Executor, id: string): Promise<boolean> {
  const rows = await tx.execute(sql`
    update passkey_ticket set used_at = tenure_now() where id = ${id} and used_at is null and expires_at > tenure_now() returning 1`);
  return rows.length > 0;
}
