import { sql } from 'drizzle-orm';
import type { Executor } from './client.ts';
import { type OutboxMessage, outbox } from './schema/outbox.ts';

export interface OutboxLine {
  seq: number;
  kind: 'engine' | 'credential' | 'mail' | 'webhook';
  subjectId: string;
  message: OutboxMessage;
  traceparent: string | null;
  tries: number;
}

/**
 * Notes in the caller's transaction that somebody must be told. Returns the line, so that it can be tried at once; a writer
 * that will not do so leaves it to the relay from the start.
 */
export async function enqueue(
  tx: Executor,
  line: Pick<OutboxLine, 'kind' | 'subjectId' | 'message' | 'traceparent'>,
  left: 'to-writer' | 'to-relay' = line.kind === 'engine' ? 'to-writer' : 'to-relay',
): Promise<OutboxLine> {
  // A writer that tells at once needs a moment.
  const dueAt = left === 'to-writer' ? {} : { dueAt: sql`tenure_now()` };
  const [row] = await tx
    .insert(outbox)
    .values({ ...line, ...dueAt })
    .returning({ seq: outbox.seq });
  return { ...line, seq: row?.seq ?? 0, tries: 0 };
}

/** The same for wake-ups of many workflows, each of another subject, in their order and in one statement. */
export async function enqueueEngine(
  tx: Executor,
  lines: readonly Pick<OutboxLine, 'subjectId' | 'message' | 'traceparent'>[],
): Promise<OutboxLine[]> {
  const rows = await tx.execute<{ seq: number; subjectId: string }>(sql`
    insert into outbox (kind, subject_id, message, traceparent)
    select 'engine', l."subjectId", l.message, l.traceparent
    from jsonb_to_recordset(${JSON.stringify(lines)}::jsonb) as l ("subjectId" text, message jsonb, traceparent text)
    returning seq::int as seq, subject_id as "subjectId"`);
  const seqs = new Map(rows.map(({ subjectId, seq }) => [subjectId, seq]));
  return lines.map((line) => ({ ...line, kind: 'engine', seq: seqs.get(line.subjectId) ?? 0, tries: 0 }));
}

/**
 * Takes up to `limit` lines of a kind that are due and marks when they are due again, so that no lock is held while they
 * are delivered and a relay that dies loses nothing. Concurrent relays skip each other's.
 */
export async function claimOutbox(
  db: Executor,
  kind: OutboxLine['kind'],
  limit: number,
): Promise<OutboxLine[]> {
  const rows = await db.execute<OutboxLine & Record<string, unknown>>(sql`
    update outbox set tries = tries + 1, due_at = tenure_now() + least(power(2, tries), 30) * interval '1 second'
    where seq in (select seq from outbox where kind = ${kind} and delivered_at is null and due_at <= tenure_now()
      order by seq limit ${limit} for update skip locked)
    returning seq::int, kind, subject_id as "subjectId", message, traceparent, tries`);
  return rows.toSorted((a, b) => a.seq - b.seq);
}

/** Marks lines as delivered; a second time changes nothing. */
export async function markDelivered(db: Executor, ...seqs: number[]): Promise<void> {
  await db.execute(sql`
    update outbox set delivered_at = tenure_now() where seq = any(${`{${seqs.join()}}`}::bigint[]) and delivered_at is null`);
}

/** Deletes up to `limit` lines that were delivered a week ago or longer; returns how many. */
export async function purgeDelivered(db: Executor, limit: number): Promise<number> {
  const rows = await db.execute(sql`
    delete from outbox where seq in (
      select seq from outbox where delivered_at <= tenure_now() - interval '7 days' order by seq limit ${limit} for update skip locked)
    returning 1`);
  return rows.length;
}
