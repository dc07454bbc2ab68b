import { it } from 'vitest';
import { sql } from 'drizzle-orm';
import { drawUpProcess } from '/work/main/activities/processes/draw-up.ts';
import { assessProcess } from '/work/main/activities/processes/assess.ts';
import { customerDeps } from '/work/main/test/support/customer.ts';
import { ephemeralLedger } from '/work/main/test/support/ledger.ts';
import { prospect, someUsers, startProcess } from '/work/main/test/support/processes.ts';
it('measures', async () => {
  const ledger = await ephemeralLedger();
  const { db } = ledger.system;
  for (const n of [100, 1000, 10000]) {
    const known = await prospect(db, { name: `Big ${n}`, tier: 'enterprise', people: someUsers(n, `big${n}.example`) });
    const id = await startProcess(db, { kind: 'onboarding', ...known });
    let t = performance.now();
    await drawUpProcess(customerDeps(ledger), id, () => undefined);
    const drawn = performance.now() - t;
    t = performance.now();
    const where = await assessProcess(customerDeps(ledger), id);
    console.log(n, 'draw-up ms per user', (drawn / n).toFixed(3), 'assess ms', (performance.now() - t).toFixed(1), where);
    await db.execute(sql`update process_person set state='done' where process_id=${id}`);
    t = performance.now();
    console.log(await assessProcess(customerDeps(ledger), id), (performance.now() - t).toFixed(1));
    const role = await startProcess(db, { kind: 'role-change', organizationId: known.organizationId, cause: 'configuration', wish: {what: 'catalog'} });
    t = performance.now();
    await drawUpProcess(customerDeps(ledger), role, () => undefined);
    console.log('role-change draw-up with fence, ms per user', ((performance.now() - t) / n).toFixed(3));
  }
  await ledger.stop();
}, 300000);
