import { setTimeout as delay } from 'node:timers/promises';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stallingProxy } from '../../support/stalling-proxy.ts';
import { exampleServer, type ExampleServer, type Grant, openSession, refusalOf } from './example-server.ts';

let us: ExampleServer;

beforeAll(async () => {
  us = await exampleServer('us', { max_prepared_transactions: '5' });
}, 60_000);
afterAll(() => us.stop());

const signal = new AbortController().signal;
const nothing = { holdings: [], accounts: [], sessions: 0 };

/** What a holder may always do to the role that they are. */
const ownChange = `ALTER ROLE CURRENT_USER PASSWORD 'mine'`;

/** Ways to keep the role's own row from everybody else. Each resolves when it is in force. */
const hindrances: Record<string, (sql: Sql) => Promise<void>> = {
  'a transaction left open on its own role': async (sql) => {
    const session = await sql.reserve();
    await session.unsafe(`BEGIN; ${ownChange}`);
  },
  'a transaction on its own role prepared for two-phase commit': async (sql) => {
    const session = await sql.reserve();
    await session.unsafe(`BEGIN; ${ownChange}`);
    await session.unsafe(`PREPARE TRANSACTION 'mine'`);
    session.release();
  },
  'a loop that keeps changing its own role': async (sql) => {
    void refusalOf(sql.unsafe(`DO $$BEGIN LOOP ${ownChange}; COMMIT; END LOOP; END$$`));
    await expect
      .poll(() => us.superuser('postgres')`SELECT FROM pg_stat_activity WHERE query LIKE 'DO %'`)
      .toHaveLength(1);
  },
};

async function underOneLimit(work: Promise<unknown>): Promise<void> {
  const startedAt = performance.now();
  await work;
  expect(performance.now() - startedAt).toBeLessThan(10_000);
}

/** Signs in again and again, with either password, and each time tries to keep the role to itself. Returns how to stop. */
async function besiege({ holding, password }: Grant): Promise<() => Promise<void>> {
  const over = new AbortController();
  let came = 0;
  const soldiers = Array.from({ length: 4 }, async (_, i) => {
    while (!over.signal.aborted) {
      for (const known of [password, 'mine']) {
        const login = { host: '127.0.0.1', port: us.server.port, database: 'globex_env', max: 1 };
        const sql = postgres({ ...login, username: holding.account, password: known, fetch_types: false });
        const statement = i % 2 ? `BEGIN; ${ownChange}; SELECT pg_sleep(0.2)` : `${ownChange}; ${ownChange}`;
        // The driver forgets a statement whose connection ends before it is ready.
        const said = await Promise.race([refusalOf(sql.unsafe(statement)), delay(1_500, 'forgotten')]);
        if (said === '') came += 1;
        await sql.end({ timeout: 0 });
      }
    }
  });
  await expect.poll(() => came, { timeout: 10_000 }).toBeGreaterThan(1);
  return async () => {
    over.abort();
    await Promise.all(soldiers);
  };
}

/** A login that has been asked for its password and takes its time to answer. The statement it wants to say changes the password. */
async function hesitantLogin(port: number, database: string, { holding, password }: Grant) {
  const way = await stallingProxy(port, { beforeMessage: 3 });
  const sql = postgres({
    host: '127.0.0.1',
    port: way.port,
    database,
    username: holding.account,
    password,
    max: 1,
  });
  const refusal = refusalOf(sql.unsafe(ownChange));
  await way.stalled;
  return {
    refusal,
    async answer() {
      way.flow();
      await refusal;
      await sql.end({ timeout: 1 });
      await way.close();
    },
  };
}

describe('a holder who changes their own role', () => {
  it.each(Object.entries(hindrances))('cannot hinder its end by %s', async (_, hinder) => {
    const grant = await us.give('globex_env', 'read', null);
    await hinder(us.signIn('globex_env', grant));
    await underOneLimit(us.take('globex_env', grant));
    const { account } = grant.holding;
    expect(await us.connector.observe(us.target('globex_env'), [account], signal)).toEqual(nothing);
  });

  it('cannot hinder its end by coming back as often as they can', async () => {
    const grant = await us.give('globex_env', 'read', null);
    const stop = await besiege(grant);
    await underOneLimit(us.take('globex_env', grant));
    await stop();
    const { account } = grant.holding;
    expect(await us.connector.observe(us.target('globex_env'), [account], signal)).toEqual(nothing);
  }, 30_000);
});

describe('a thief who has the credential', () => {
  const signIn = ({ holding }: Grant, password: string) =>
    openSession(us.server.port, 'globex_env', holding.account, password);

  async function expectEvicted(former: Grant, renewed: Grant): Promise<void> {
    for (const password of [former.password, 'mine']) {
      expect(await refusalOf(signIn(former, password))).toContain('password authentication failed');
    }
    const session = await signIn(renewed, renewed.password);
    await session.close();
    const observed = await us.connector.observe(us.target('globex_env'), [former.holding.account], signal);
    expect(observed.holdings).toEqual([former.holding]);
  }

  it.each(Object.entries(hindrances))('is out when it is replaced, in spite of %s', async (_, hinder) => {
    const grant = await us.give('globex_env', 'write', null);
    await hinder(us.signIn('globex_env', grant));
    const renewing = us.renew('globex_env', grant);
    await underOneLimit(renewing);
    await expectEvicted(grant, await renewing);
    await us.take('globex_env', grant);
  });

  it('does not come in by a login that began before the replacement', async () => {
    const grant = await us.give('globex_env', 'write', null);
    const slow = await hesitantLogin(us.server.port, 'globex_env', grant);
    const renewing = us.renew('globex_env', grant);
    await expect
      .poll(
        () => us.superuser('postgres')`
      SELECT FROM pg_roles WHERE rolname = ${grant.holding.account} AND NOT rolcanlogin`,
      )
      .toHaveLength(1);
    // The replacement may be through already, were it not to wait for the login.
    await Promise.race([renewing, delay(500)]);
    await slow.answer();
    expect(await slow.refusal).toContain('is not permitted to log in');
    await expectEvicted(grant, await renewing);
    await us.take('globex_env', grant);
  });

  it('is out when it is replaced, however often they come back', async () => {
    const grant = await us.give('globex_env', 'read', null);
    const stop = await besiege(grant);
    const renewing = us.renew('globex_env', grant);
    await underOneLimit(renewing);
    await stop();
    await expectEvicted(grant, await renewing);
    await us.take('globex_env', grant);
  }, 30_000);
});

describe('a replacement', () => {
  it('that broke off half-way is completed by the next one', async () => {
    const grant = await us.give('globex_env', 'read', null);
    const superuser = us.superuser('globex_env');
    const { account } = grant.holding;
    await superuser.unsafe(`
      REVOKE globex_env_read FROM ${account} GRANTED BY tenure_connector; ALTER ROLE ${account} NOLOGIN`);
    const renewed = await us.renew('globex_env', grant, 3);
    const session = await openSession(us.server.port, 'globex_env', account, renewed.password);
    expect(await session.alive()).toBe(true);
    await session.close();
    await us.take('globex_env', grant);
  });
});
