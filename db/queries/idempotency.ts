import { sql } from 'drizzle-orm';
import type { Executor } from '../client.ts';

/** The answer that a key got before. */
export interface RememberedAnswer {
  requestHash: string;
  body: unknown;
}

/**
 * Takes the caller's key for this transaction, without waiting. False while another transaction works under the same key.
 */
export async function takeIdempotencyKey(tx: Executor, caller: string, key: string): Promise<boolean> {
  const rows = await tx.execute<{ taken: boolean }>(
    sql`select pg_try_advisory_xact_lock(hashtextextended(${`${caller} ${key}`}, 0)) as taken`,
  );
  return rows[0]?.taken ?? false;
}

/** What the key was answered with, while it is remembered. */
export async function recallAnswer(
  tx: Executor,
  caller: string,
  key: string,
): Promise<RememberedAnswer | null> {
  const rows = await tx.execute<{ requestHash: string; body: unknown }>(sql`
    select request_hash as "requestHash", body from idempotency
    where caller = ${caller} and key = ${key} and status is not null and expires_at > tenure_now()`);
  return rows[0] ?? null;
}

export interface AnswerToRemember {
  caller: string;
  key: string;
  requestHash: string;
  status: number;
  body: unknown;
  forMs: number;
}

/** Keeps an answer beside the fact it speaks of; an expired one under the same key gives way. */
export async function rememberAnswer(tx: Executor, answer: AnswerToRemember): Promise<void> {
  await tx.execute(sql`
    insert into idempotency (caller, key, request_hash, status, body, expires_at)
    values (${answer.caller}, ${answer.key}, ${answer.requestHash}, ${answer.status}, ${JSON.stringify(answer.body)}::jsonb,
      tenure_now() + ${answer.forMs} * interval '1 millisecond')
    on conflict (caller, key) do update set request_hash = excluded.request_hash, status = excluded.status,
      body = excluded.body, created_at = tenure_now(), expires_at = excluded.expires_at`);
}

/** Deletes up to `limit` answers that are remembered no longer; returns how many. They hold names. */
export async function purgeExpiredAnswers(db: Executor, limit: number): Promise<number> {
  const rows = await db.execute(sql`
    delete from idempotency where (caller, key) in (
      select caller, key from idempotency where expires_at <= tenure_now() limit ${limit} for update skip locked)
    returning 1`);
  return rows.length;
}
