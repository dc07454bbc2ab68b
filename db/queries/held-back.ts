import { sql } from 'drizzle-orm';
import { openProcessStates } from '../../domain/process.ts';
import type { Executor } from '../client.ts';
import type { Difference } from './fence.ts';
import { anyOf } from './texts.ts';

/**
 * What other processes of the organization that are still open would do to these people, and a second person has not let go
 * yet: whoever else plans for them leaves it alone. What was let go for them by this process itself is not held, whichever
 * other one it waits for too. People of whom nothing is held are not in the answer.
 */
export async function readHeldBack(
  tx: Executor,
  { processId, organizationId }: { processId: string; organizationId: string },
  personIds: readonly string[],
): Promise<Map<string, Difference>> {
  // Through the processes, of which few are open: the items of a person have no index of their own.
  const rows = await tx.execute<{ personId: string; state: string; difference: Difference }>(sql`
    select i.person_id as "personId", i.state, i.difference from process s join fence_item i on i.process_id = s.id
    where s.organization_id = ${organizationId} and s.state = ${anyOf(openProcessStates)}
      and coalesce(i.person_id, '') = ${anyOf(personIds)}
      and i.state = case when s.id = ${processId} then 'released' else 'waiting' end`);
  const released = new Map(
    rows.filter(({ state }) => state === 'released').map((row) => [row.personId, row.difference]),
  );
  const held = new Map<string, Difference>();
  for (const { personId, state, difference } of rows) {
    if (state === 'released') continue;
    const own = released.get(personId) ?? { gain: [], lose: [] };
    const known = held.get(personId) ?? { gain: [], lose: [] };
    held.set(personId, {
      gain: [...known.gain, ...difference.gain.filter((name) => !own.gain.includes(name))],
      lose: [...known.lose, ...difference.lose.filter((name) => !own.lose.includes(name))],
    });
  }
  return held;
}
