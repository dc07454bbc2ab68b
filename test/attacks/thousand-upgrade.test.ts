import { rm } from 'node:fs/promises';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { applicationSecret } from '../../bin/local/application.ts';
import type { RunningProcess } from '../../bin/local/running-process.ts';
import { freshFolder } from '../../bin/local/server-user.ts';
import { deriveKeys } from '../../crypto/keys.ts';
import { seal } from '../../crypto/sealing.ts';
import { provideTarget } from '../../db/queries/company.ts';
import type { ApiHarness } from '../support/api.ts';
import { noteAttack } from '../support/attack-report.ts';
import { isDrill, rounds } from '../support/extent.ts';
import { type Processes, processesOf } from '../support/outage.ts';
import { expectEachOnce } from '../support/processes.ts';
import { type TestReceiver, startReceiver } from '../support/receiver.ts';
import { apiOver, erpSays, processesFor, processIs } from '../support/running.ts';
import { type Stack, startStack, testKey } from '../support/stack.ts';
import { eventually } from '../support/wait.ts';
import { keepDoing } from './scene.ts';

// A whole customer is upgraded by an event of its contract, while the worker, a process of its own, dies three times.

const users = rounds(60, 1_000);
const limitMs = isDrill ? 20 * 60_000 : 120_000;

let stack: Stack;
let http: ApiHarness;
let receiver: TestReceiver;
let processes: Processes;
let home: string;

beforeAll(async () => {
  const keys = deriveKeys(testKey);
  const secret = applicationSecret(keys);
  [stack, receiver] = await Promise.all([startStack(), startReceiver({ secret })]);
  await provideTarget(stack.ledger.db, {
    key: 'northwind-app',
    connector: 'webhook',
    endpoint: { url: receiver.url },
    sealedSecret: seal(keys.sealing, secret, 'target:northwind-app'),
  });
  http = await apiOver(stack);
  // Where each worker after the first finds the workflows bundled.
  home = freshFolder('tenure-upgrade-', undefined);
  processes = processesOf({ environment: (role) => ({ ...stack.environment(role), TENURE_HOME: home }) });
});

afterAll(async () => {
  await processes?.stop();
  await http?.stop();
  await Promise.all([stack?.stop(), receiver?.stop()]);
  await rm(home, { recursive: true, force: true });
});

const added = (entitlement: string) =>
  receiver.done.filter((one) => one.type === 'access.added' && one.entitlement === entitlement);

async function died(worker: RunningProcess): Promise<void> {
  const { signal } = await worker.exited;
  expect(signal).toBe('SIGKILL');
}

it(
  `a customer with ${users} users is upgraded although the worker is killed three times, each user once`,
  async () => {
    const owners = Array.from({ length: users }, (_, at) => `user${at}`);
    const contract = { owners, seats: users };
    const first = await processes.start('worker');
    await erpSays(http, 'umbra', { ...contract, tier: 'PRO' });
    await processIs(http, 'umbra', 'onboarding', ['confirming'], limitMs);
    expect(added('administer')).toHaveLength(users);
    expect(added('automate')).toHaveLength(0);

    const seen: number[] = [];
    const stopWatching = keepDoing(20, async () => {
      const [change] = (await processesFor(http, 'umbra')).filter(({ kind }) => kind === 'role-change');
      if (change) seen.push(change.progress.done);
    });
    // In the middle of the targets, from outside.
    receiver.slow(15);
    await erpSays(http, 'umbra', { ...contract, tier: 'ENT' });
    const isInTheMiddle = async () => added('automate').length >= users * 0.3;
    await eventually('the middle', isInTheMiddle, { timeoutMs: limitMs, everyMs: 5 });
    process.kill(first.pid, 'SIGKILL');
    await died(first);
    const atFirstDeath = added('automate').length;
    receiver.flow();
    // With the page written and no target touched, and with targets touched and nothing of it written down.
    for (const point of ['standing.after-intent', 'standing.before-outcome'])
      await died(await processes.start('worker', { TENURE_CRASH_AT: point }));
    expect((await processesFor(http, 'umbra'))[0]).toMatchObject({ kind: 'role-change', state: 'running' });
    await processes.start('worker');
    const change = await processIs(http, 'umbra', 'role-change', ['done', 'residue', 'failed'], limitMs);
    await stopWatching();

    expect(change).toMatchObject({ state: 'done', progress: { total: users, done: users }, tasks: [] });
    expect(atFirstDeath).toBeLessThan(users);
    // The application heard of each entitlement of each user once, and has them all.
    const heard = receiver.done.filter(({ type }) => type === 'access.added');
    expect(new Set(heard.map(({ account, entitlement }) => `${account} ${entitlement}`)).size).toBe(
      heard.length,
    );
    expect(receiver.done.filter(({ type }) => type === 'access.removed')).toEqual([]);
    expect(receiver.effects.every(({ count }) => count === 1)).toBe(true);
    expect(receiver.accounts()).toHaveLength(users);
    const all = ['administer', 'automate', 'export', 'sign-in', 'use', 'view'];
    for (const { holdings } of receiver.accounts())
      expect(holdings.map(({ entitlement }) => entitlement).toSorted()).toEqual(all);
    // So does the ledger.
    await expectEachOnce(stack.ledger.db, change.id, users);
    const [grants] = await stack.ledger.db.execute(sql`
    select count(*)::int as all, count(*) filter (where state = 'held')::int as held, count(distinct (person_id, entitlement_id))::int as different
    from access_grant where holder_organization_id = (select id from organization where key = 'umbra')`);
    expect(grants).toEqual({ all: 6 * users, held: 6 * users, different: 6 * users });
    // Whoever watched saw it go on, and never back.
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(new Set(seen).size).toBeGreaterThan(2);
    await noteAttack({
      attack: 'worker killed while a customer is upgraded',
      tried: `${users} users, three SIGKILLs: amid the targets, before them, before writing down`,
      found: `each of ${users} once; shown as done: ${[...new Set(seen)].join(', ')}`,
    });
  },
  2 * limitMs,
);
