import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { assessProcess } from '../../activities/processes/assess.ts';
import { drawUpProcess } from '../../activities/processes/draw-up.ts';
import { takeAwayPage } from '../../activities/processes/take-away.ts';
import { discardFence } from '../../db/queries/fence-decision.ts';
import { memoryTarget, sharedMemoryTarget } from '../support/memory-connector.ts';
import { startProcess } from '../support/processes.ts';
import { bringAll, type Roster, rosterCatalog, startRoster } from '../support/roster.ts';

// Whom a fence had suspended, and who is to stay, gets back what others took meanwhile, wherever the process stands.

let roster: Roster;
beforeAll(async () => {
  const catalog = rosterCatalog();
  catalog.roles.find(({ key }) => key === 'keeper')?.duties.push('release-fences');
  roster = await startRoster({ app: sharedMemoryTarget(), vault: memoryTarget() }, { catalog });
});
afterAll(() => roster?.stop());

const db = () => roster.ledger.db;
const signal = new AbortController().signal;

/** A customer of whose seven users a feed says that they leave: the last of them waits for a second person, suspended. */
async function held(): Promise<{ processId: string; personId: string }> {
  const { id: organizationId, people } = await roster.customer({ users: 7 });
  await bringAll(roster.deps, await roster.process({ organizationId, people, kind: 'onboarding' }));
  let processId = '';
  for (const personId of people) {
    const wish = { why: 'leaving' } as const;
    processId = await startProcess(db(), {
      kind: 'offboarding',
      organizationId,
      personId,
      cause: 'roster',
      wish,
    });
    await drawUpProcess(roster.deps, processId, () => undefined);
    await assessProcess(roster.deps, processId);
    await takeAwayPage(roster.deps, processId, signal, () => undefined);
  }
  return { processId, personId: people.at(-1) ?? '' };
}

async function discard(processId: string): Promise<void> {
  const [omar] = await db().execute<{ id: string }>(
    sql`select id from person where email = 'omar@vendor.example'`,
  );
  const [item] = await db().execute<{ fenceId: string; id: string }>(
    sql`select fence_id as "fenceId", id from fence_item where process_id = ${processId} and state = 'waiting'`,
  );
  const by = { kind: 'person', id: omar?.id ?? '', name: null } as const;
  await db().transaction((tx) =>
    discardFence(tx, {
      fenceId: item?.fenceId ?? '',
      items: [item?.id ?? ''],
      by,
      comment: 'Stays',
      traceparent: null,
    }),
  );
}

it.each(['fenced', 'running'] as const)('while it is %s, a process lets those look anew', async (state) => {
  const { processId, personId } = await held();
  const [process] = await db().execute(sql`select state from process where id = ${processId}`);
  expect(process).toEqual({ state: 'fenced' });
  // Whoever finds it running meanwhile takes up what was decided as well.
  if (state === 'running')
    await db().execute(sql`update process set state = 'running' where id = ${processId}`);
  await discard(processId);
  await assessProcess(roster.deps, processId);
  const anew = await db().execute(sql`
    select s.kind, s.wish->>'what' as what from process s join process_person w on w.process_id = s.id
    where s.cause = 'convergence' and w.person_id = ${personId}`);
  expect([...anew]).toEqual([{ kind: 'role-change', what: 'review' }]);
});
