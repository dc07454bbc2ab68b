import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { assessProcess } from '../../activities/processes/assess.ts';
import { lockProcess } from '../../db/queries/process.ts';
import { customerDeps, drawUp } from '../support/customer.ts';
import { type EphemeralLedger, ephemeralLedger } from '../support/ledger.ts';
import { prospect, someUsers, startProcess } from '../support/processes.ts';

let ledger: EphemeralLedger;
beforeAll(async () => {
  ledger = await ephemeralLedger();
});
afterAll(() => ledger?.stop());

const db = () => ledger.system.db;

async function onboarding(domain: string): Promise<{ organizationId: string; processId: string }> {
  const { organizationId, wish } = await prospect(db(), { name: domain, people: someUsers(3, domain) });
  return {
    organizationId,
    processId: await startProcess(db(), { kind: 'onboarding', organizationId, wish }),
  };
}

it('where a process stands is answered while somebody else holds it, when nothing is to be written', async () => {
  const { processId } = await onboarding('held.example');
  const asked = () => assessProcess(customerDeps(ledger), processId);
  const whileHeld = () =>
    db().transaction(async (tx) => {
      await lockProcess(tx, processId);
      return asked();
    });
  expect(await whileHeld()).toMatchObject({ kind: 'onboarding', phase: 'drawing-up', left: 1 });
  await drawUp(ledger, processId);
  expect(await whileHeld()).toMatchObject({ kind: 'onboarding', phase: 'bringing-about', left: 3 });
  await db().execute(sql`update process_person set state = 'failed' where process_id = ${processId}`);
  // Now it moves on, which waits for whoever holds it.
  let isAnswered = false;
  let later = Promise.resolve();
  await db().transaction(async (tx) => {
    await lockProcess(tx, processId);
    later = asked().then(() => {
      isAnswered = true;
    });
    await tx.execute(sql`select pg_sleep(0.3)`);
    expect(isAnswered).toBe(false);
  });
  await later;
  const [row] = await db().execute(sql`select state from process where id = ${processId}`);
  expect(row?.['state']).not.toBe('running');
});

it('an onboarding of a page of people is drawn up as a whole or not at all', async () => {
  const { organizationId, processId } = await onboarding('whole.example');
  const { owner } = ledger;
  await owner.db.execute(sql`
    create function fail_here() returns trigger language plpgsql as $$ begin raise exception 'here'; end $$`);
  await owner.db.execute(sql`
    create trigger fail_here after insert on process_person for each row execute function fail_here()`);
  await expect(drawUp(ledger, processId)).rejects.toThrow();
  await owner.db.execute(sql`drop trigger fail_here on process_person`);
  const known = async () => {
    const [row] = await db().execute(sql`
      select o.onboarded_at is not null as onboarded, s.state, (select count(*)::int from person p
        where p.organization_id = o.id) as people from process s join organization o on o.id = s.organization_id
      where s.id = ${processId}`);
    return row;
  };
  expect(await known()).toEqual({ onboarded: false, state: 'waiting', people: 0 });
  await drawUp(ledger, processId);
  expect(await known()).toEqual({ onboarded: true, state: 'running', people: 3 });
  expect(
    await db().execute(sql`select 1 from membership where organization_id = ${organizationId}`),
  ).toHaveLength(3);
});
