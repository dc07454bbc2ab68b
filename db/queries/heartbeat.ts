import { sql } from 'drizzle-orm';
import type { Executor } from '../client.ts';

/** Says that one of our processes is alive, and forgets instances that were not for a day. */
export async function beat(
  db: Executor,
  process: 'worker' | 'reaper',
  instance: string,
  pid: number,
): Promise<void> {
  await db.execute(sql`
    with old as (delete from heartbeat where seen_at < tenure_now() - interval '1 day')
    insert into heartbeat (process, instance, pid) values (${process}, ${instance}, ${pid})
    on conflict (instance) do update set seen_at = tenure_now()`);
}

/** Says that it stops in good order, so that nobody waits for its silence. */
export async function lastBeat(db: Executor, instance: string): Promise<void> {
  await db.execute(sql`delete from heartbeat where instance = ${instance}`);
}
