import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { passSourceFence } from '../../db/queries/fence.ts';
import { releaseFence } from '../../db/queries/fence-decision.ts';
import { listFenceItems, readFence } from '../../db/queries/fence-view.ts';
import { createProcess, moveProcess } from '../../db/queries/process.ts';
import { actors } from '../../domain/audit-event.ts';
import { newId } from '../../domain/ids.ts';
import { type EphemeralLedger, ephemeralLedger } from '../support/ledger.ts';

// A customer whose end a fence holds comes back: nobody has anything to decide about it any more.

let ledger: EphemeralLedger;
beforeAll(async () => {
  ledger = await ephemeralLedger();
});
afterAll(() => ledger?.stop());

const db = () => ledger.system.db;

/** So many customers end; the processes of those that a fence holds, and that fence. */
async function held(source: string, times: number): Promise<{ fenceId: string; processes: string[] }> {
  const processes: string[] = [];
  for (let at = 0; at < times; at++) {
    const organizationId = newId('org');
    await db().execute(sql`
      insert into organization (id, key, kind, name, onboarded_at)
      values (${organizationId}, ${organizationId.slice(4)}, 'customer', 'Some', tenure_now())`);
    await db().transaction(async (tx) => {
      const wish = { kind: 'offboarding', organizationId, cause: 'contract', source, wish: {} } as const;
      const { id: processId } = await createProcess(tx, { ...wish, actor: actors.engine, traceparent: null });
      const difference = { gain: [], lose: ['northwind-app:use'] };
      if ((await passSourceFence(tx, { source, organizationId, processId, difference })) !== 'held') return;
      await moveProcess(tx, processId, ['waiting'], 'fenced');
      processes.push(processId);
    });
  }
  const [fence] = await db().execute<{ id: string }>(sql`select id from fence where subject = ${source}`);
  return { fenceId: fence?.id ?? '', processes };
}

const wonBack = (processId: string) =>
  db().transaction((tx) => moveProcess(tx, processId, ['fenced'], 'discarded'));
const items = async (fenceId: string) =>
  (await listFenceItems(db(), fenceId, {}, { limit: 200, after: null })).items.map((one) => one.processId);

it('a fence lists nothing of what is over, and closes when nothing else is left', async () => {
  const { fenceId, processes } = await held('first', 7);
  const [first = '', second = ''] = processes;
  await wonBack(first);
  expect(await readFence(db(), fenceId)).toMatchObject({ state: 'open', waiting: 1 });
  expect((await readFence(db(), fenceId))?.difference).toContain('1 customer leaves');
  expect(await items(fenceId)).toEqual([second]);
  await wonBack(second);
  expect(await readFence(db(), fenceId)).toMatchObject({ state: 'closed', waiting: 0, discarded: 0 });
  expect(await items(fenceId)).toEqual([]);
});

it('and whoever releases the rest releases that alone', async () => {
  const { fenceId, processes } = await held('second', 7);
  const [first = '', second = ''] = processes;
  await wonBack(first);
  const [sita] = await db().execute<{ id: string }>(
    sql`select id from person where email = 'sita@northwind.example'`,
  );
  const by = { kind: 'person', id: sita?.id ?? '', name: 'Sita' } as const;
  const { decided, lines } = await db().transaction((tx) =>
    releaseFence(tx, { fenceId, by, comment: null, traceparent: null }),
  );
  expect([decided, lines.map(({ subjectId }) => subjectId)]).toEqual([1, [second]]);
  expect(await readFence(db(), fenceId)).toMatchObject({ state: 'closed', waiting: 0, released: 1 });
});
