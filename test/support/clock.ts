import type { ActivityInboundCallsInterceptor } from '@temporalio/worker';
import postgres from 'postgres';

/** A test's ledger whose clock is ahead of the real one. */
export interface LedgerClock {
  /** Moves the ledger's clock to that instant (milliseconds since the epoch), never back. */
  moveTo(instantMs: number): Promise<void>;
  close(): Promise<void>;
}

/** Replaces `tenure_now()` by one with an offset, as only the owner of a database can. */
export async function skippableClock(ownerUrl: string): Promise<LedgerClock> {
  const sql = postgres(ownerUrl, { max: 2, onnotice: () => undefined });
  await sql.unsafe(`
    create table test_clock (offset_ms bigint not null);
    insert into test_clock values (0);
    create or replace function tenure_now() returns timestamptz language sql volatile security definer
      set search_path = public, pg_temp
      as $$ select date_trunc('milliseconds', clock_timestamp() + (select offset_ms from test_clock) * interval '1 millisecond') $$`);
  return {
    async moveTo(instantMs) {
      await sql`update test_clock set offset_ms = greatest(offset_ms,
        ${instantMs}::bigint - floor(extract(epoch from clock_timestamp()) * 1000)::bigint)`;
    },
    close: () => sql.end({ timeout: 1 }),
  };
}

/** Before every activity the ledger's clock is brought to where Temporal's test server has skipped to. */
export function inStep(
  clock: LedgerClock,
  engineNow: () => Promise<number>,
): () => { inbound: ActivityInboundCallsInterceptor } {
  return () => ({
    inbound: {
      async execute(input, next) {
        await clock.moveTo(await engineNow());
        return next(input);
      },
    },
  });
}
