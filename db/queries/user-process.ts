import { sql } from 'drizzle-orm';
import { openProcessStates } from '../../domain/process.ts';
import type { Executor } from '../client.ts';
import { anyOf } from './texts.ts';

/**
 * The newest onboarding that is under way for a customer's user and will send them a welcome, or has: one about them, or one
 * about several people that has written them down. Null when there is none.
 */
export async function openOnboarding(tx: Executor, personId: string): Promise<string | null> {
  const rows = await tx.execute<{ id: string }>(sql`
    select s.id from process s
    where s.kind = 'onboarding' and s.state = ${anyOf(openProcessStates)}
      and coalesce(s.wish->>'welcome', 'true') <> 'false'
      and (s.person_id = ${personId} or s.id in (
        select w.process_id from process_person w where w.person_id = ${personId} and w.state not in ('skipped', 'undone')))
    order by s.id desc limit 1`);
  return rows[0]?.id ?? null;
}
