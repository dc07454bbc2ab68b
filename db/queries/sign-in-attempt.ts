import { sql } from 'drizzle-orm';
import { limits } from '../../domain/limits.ts';
import type { AttemptPurpose } from '../../domain/sign-in.ts';
import type { Executor } from '../client.ts';
import { iso } from './instant.ts';

export interface NewAttempt {
  id: string;
  organizationId: string;
  providerId: string;
  purpose: AttemptPurpose;
  personId: string | null;
  sessionId: string | null;
  stateHash: string;
  nonce: string;
  sealedVerifier: string;
  browserHash: string;
  returnPath: string;
}

/** What a verifier is sealed for. */
export function attemptContext(id: string): string {
  return `sign-in-attempt:${id}`;
}

/** Notes that somebody goes to a provider, and forgets some of those who never came back. */
export async function insertAttempt(tx: Executor, attempt: NewAttempt): Promise<void> {
  await tx.execute(sql`
    delete from sign_in_attempt where id in (
      select id from sign_in_attempt where expires_at <= tenure_now() - interval '1 day' order by expires_at limit 20 for update skip locked)`);
  await tx.execute(sql`
    insert into sign_in_attempt (id, organization_id, provider_id, purpose, person_id, session_id, state_hash, nonce, sealed_verifier,
      browser_hash, return_path, expires_at)
    values (${attempt.id}, ${attempt.organizationId}, ${attempt.providerId}, ${attempt.purpose}, ${attempt.personId}, ${attempt.sessionId},
      ${attempt.stateHash}, ${attempt.nonce}, ${attempt.sealedVerifier}, ${attempt.browserHash}, ${attempt.returnPath},
      tenure_now() + ${limits.signInMs} * interval '1 millisecond')`);
}

/** An attempt that was just used up. */
export interface UsedAttempt extends Omit<NewAttempt, 'stateHash' | 'browserHash'> {
  /** The ledger's clock, ISO 8601 UTC. */
  now: string;
}

/** Uses an attempt up: once, in time, and by the browser that began it. Null when there is no such one, whatever the reason. */
export async function useAttempt(
  tx: Executor,
  stateHash: string,
  browserHash: string,
): Promise<UsedAttempt | null> {
  const rows = await tx.execute<UsedAttempt & Record<string, unknown>>(sql`
    update sign_in_attempt set used_at = tenure_now()
    where state_hash = ${stateHash} and browser_hash = ${browserHash} and used_at is null and expires_at > tenure_now()
    returning id, organization_id as "organizationId", provider_id as "providerId", purpose, person_id as "personId",
      session_id as "sessionId", nonce, sealed_verifier as "sealedVerifier", return_path as "returnPath", ${iso(sql`tenure_now()`)} as now`);
  return rows[0] ?? null;
}
