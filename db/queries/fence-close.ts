import { type SQL, sql } from 'drizzle-orm';
import { openProcessStates } from '../../domain/process.ts';
import type { Executor } from '../client.ts';
import { anyOf } from './texts.ts';

/** Of a row of fence_item: somebody must still decide on it. What a process that is over was to do, nobody waits for. */
export function stillWaits(item: SQL): SQL {
  return sql`(${item}.state = 'waiting' and exists (select 1 from process sw where sw.id = ${item}.process_id
    and sw.state = ${anyOf(openProcessStates)}))`;
}

/** Closes a fence, which the caller has locked, when nothing waits behind it any more. */
export async function closeFence(tx: Executor, fenceId: string): Promise<void> {
  await tx.execute(sql`
    update fence f set closed_at = tenure_now() where f.id = ${fenceId} and f.closed_at is null
      and not exists (select 1 from fence_item i where i.fence_id = f.id and ${stillWaits(sql`i`)})`);
}

/** The same for the fences behind which a process waited that is over now. */
export async function closeFencesOf(tx: Executor, processId: string): Promise<void> {
  // Locked first: whoever puts something behind one meanwhile is seen.
  const fences = await tx.execute<{ id: string }>(sql`
    select f.id from fence f where f.closed_at is null and f.id in (
      select fence_id from fence_item where process_id = ${processId} and state = 'waiting')
    order by f.id for no key update`);
  for (const { id } of fences) await closeFence(tx, id);
}
