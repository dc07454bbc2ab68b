import { sql } from 'drizzle-orm';
import type { Actor } from '../../domain/audit-event.ts';
import { openProcessStates } from '../../domain/process.ts';
import type { Executor } from '../client.ts';
import { enqueue, type OutboxLine } from '../outbox.ts';
import { personIs } from './catalog.ts';
import { moveProcess } from './process.ts';

const isOpen = sql`s.kind = 'onboarding' and s.state = any(${`{${openProcessStates.join()}}`}::text[])`;

/**
 * The newest onboarding that is under way for a customer's user and will send them a welcome, or has: one about them, or one
 * about several people that has written them down. Null when there is none.
 */
export async function openOnboarding(tx: Executor, personId: string): Promise<string | null> {
  const rows = await tx.execute<{ id: string }>(sql`
    select s.id from process s where ${isOpen} and coalesce(s.wish->>'welcome', 'true') <> 'false'
      and (s.person_id = ${personId} or s.id in (
        select w.process_id from process_person w where w.person_id = ${personId} and w.state not in ('skipped', 'undone')))
    order by s.id desc limit 1`);
  return rows[0]?.id ?? null;
}

/** An onboarding that is under way, locked. */
export interface HeldOnboarding {
  id: string;
  organization: string;
  run: number;
}

/**
 * Locks what onboards the person with this address by themselves; to be called before anything else is locked, as the locks
 * on processes come before those on customers and people. Of nobody, or nobody whom the scope may see, there is none.
 */
export async function holdOnboardings(tx: Executor, email: string): Promise<HeldOnboarding[]> {
  const rows = await tx.execute<HeldOnboarding & Record<string, unknown>>(sql`
    select s.id, s.organization_id as organization, s.engine_run as run from process s
    where ${isOpen} and s.state <> 'undoing' and s.person_id = (select p.id from person p where ${personIs(sql`p`, email)})
    order by s.id for no key update`);
  return [...rows];
}

/**
 * Somebody who was removed while they were being onboarded comes back: what was under way for them makes room for the new
 * process, or each would void the other's welcome. Returns the lines that tell their workflows.
 */
export async function replaceOnboardings(
  tx: Executor,
  former: readonly HeldOnboarding[],
  { by, actor, traceparent }: { by: string; actor: Actor; traceparent: string | null },
): Promise<OutboxLine[]> {
  const lines: OutboxLine[] = [];
  for (const { id, organization, run } of former) {
    await moveProcess(tx, id, openProcessStates, 'discarded', { replacedBy: by, actor });
    const message = { signal: 'discard', id, organization, run, kind: 'onboarding' } as const;
    lines.push(await enqueue(tx, { kind: 'engine', subjectId: id, message, traceparent }));
  }
  return lines;
}
