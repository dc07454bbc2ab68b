import { sql } from 'drizzle-orm';
import type { StreamStanding, StreamStatus } from '../../domain/security-event.ts';
import type { Executor, Ledger } from '../client.ts';

/** A stream of security events, as its receiver sees it. */
export interface Stream extends StreamStanding {
  id: string;
  organizationId: string;
  url: string;
  description: string;
  audience: string;
}

/**
 * The stream that a token's hash is of, if it is good now and the stream was not removed; null otherwise. One statement, as
 * `findDirectory` is: with the vendor's eyes, because it is not known yet whose to use.
 */
export async function findStream(ledger: Ledger, tokenHash: string): Promise<Stream | null> {
  const rows = await ledger.db.execute<Stream & Record<string, unknown>>(sql`
    select found.* from (select set_config('tenure.organization', tenure_vendor(), true) as vendor) scope
    cross join lateral (select w.id, w.organization_id as "organizationId", w.url, w.description, w.audience, w.state,
      w.disabled_for as "disabledFor", w.asked_status as "askedStatus"
    from webhook_endpoint w where (w.token_hash = ${tokenHash} or w.former_token_hash = ${tokenHash} and w.former_until > tenure_now())
      and w.audience is not null and w.state <> 'removed' and scope.vendor is not null offset 0) found`);
  return rows[0] ?? null;
}

/** Its standing now, locked against whoever changes it at once; null when it was removed. */
export async function lockStanding(tx: Executor, id: string): Promise<StreamStanding | null> {
  const rows = await tx.execute<StreamStanding & Record<string, unknown>>(sql`
    select state, disabled_for as "disabledFor", asked_status as "askedStatus" from webhook_endpoint
    where id = ${id} and state <> 'removed' for no key update`);
  return rows[0] ?? null;
}

/** Notes what a stream's receiver wants. Where it wants it again, what we have stopped goes on. */
export async function noteAsked(tx: Executor, id: string, status: StreamStatus): Promise<void> {
  const asked = status === 'enabled' ? null : status;
  await tx.execute(sql`
    update webhook_endpoint set asked_status = ${asked}::text,
      state = case when ${asked}::text is null and state = 'disabled' then 'live' else state end,
      disabled_for = case when ${asked}::text is null then null else disabled_for end,
      failing_since = case when ${asked}::text is null then null else failing_since end
    where id = ${id}`);
}
