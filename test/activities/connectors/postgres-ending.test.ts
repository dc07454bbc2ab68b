import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenSession } from '../../../activities/connectors/contract-trial.ts';
import { type ExampleServer, exampleServer, openSession } from './example-server.ts';

let us: ExampleServer;

beforeAll(async () => {
  us = await exampleServer('us', { max_connections: '200', max_prepared_transactions: '5' });
}, 60_000);
afterAll(() => us.stop());

const signal = new AbortController().signal;
const nothing = { holdings: [], accounts: [], sessions: 0 };

describe('ending a grant', () => {
  it('hands on whatever its session made and ends its open transaction, locks included', async () => {
    const grant = await us.give('globex_env', 'administer', null);
    const { account } = grant.holding;
    const sql = us.signIn('globex_env', grant);
    await sql.unsafe(`
      CREATE TABLE workshop.findings (id serial PRIMARY KEY, note text);
      INSERT INTO workshop.findings (note) VALUES ('kept');
      CREATE INDEX ON workshop.findings (note);
      CREATE VIEW workshop.all_orders AS SELECT * FROM public.orders;
      CREATE MATERIALIZED VIEW workshop.frozen_orders AS SELECT * FROM public.orders;
      CREATE TYPE workshop.mood AS ENUM ('calm');
      CREATE DOMAIN workshop.short_text AS text;
      CREATE SEQUENCE workshop.counter;
      CREATE FUNCTION workshop.read_orders() RETURNS bigint LANGUAGE sql SECURITY DEFINER
        AS 'SELECT count(*) FROM public.orders';
      CREATE PROCEDURE workshop.nothing() LANGUAGE sql AS 'SELECT 1';
      CREATE AGGREGATE workshop.total (integer) (SFUNC = int4pl, STYPE = integer);
      CREATE COLLATION workshop.plain FROM "C";
      CREATE TEXT SEARCH CONFIGURATION workshop.search (COPY = simple);
      ALTER DEFAULT PRIVILEGES IN SCHEMA workshop GRANT SELECT ON TABLES TO PUBLIC;
      GRANT SELECT ON workshop.findings TO PUBLIC;
      ALTER ROLE ${account} SET work_mem = '8MB';
      SELECT lo_create(0);
      CREATE TEMPORARY TABLE scratch (id integer)`);
    const open = await sql.reserve();
    await open.unsafe(
      'BEGIN; LOCK TABLE workshop.findings IN ACCESS EXCLUSIVE MODE; CREATE TABLE workshop.half (id int)',
    );
    await open`SELECT pg_advisory_lock(7)`;

    await us.take('globex_env', grant);

    expect(await us.connector.observe(us.target('globex_env'), [account], signal)).toEqual(nothing);
    const superuser = us.superuser('globex_env');
    const owners = await superuser`
      SELECT DISTINCT pg_get_userbyid(relowner) AS owner FROM pg_class WHERE relnamespace = 'workshop'::regnamespace
      UNION SELECT pg_get_userbyid(proowner) FROM pg_proc WHERE pronamespace = 'workshop'::regnamespace
      UNION SELECT pg_get_userbyid(lomowner) FROM pg_largeobject_metadata`;
    expect([...owners]).toEqual([{ owner: 'globex_env_keeper' }]);
    expect([...(await superuser`SELECT note FROM workshop.findings`)]).toEqual([{ note: 'kept' }]);
    const [left] = await superuser`
      SELECT to_regclass('workshop.half') IS NULL AS undone, (SELECT count(*)::int FROM pg_default_acl) AS defaults,
        (SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory') AS locks`;
    expect(left).toEqual({ undone: true, defaults: 0, locks: 0 });
  });

  it('rolls back what its session had prepared for two-phase commit', async () => {
    const grant = await us.give('initech_env', 'administer', null);
    const sql = us.signIn('initech_env', grant);
    const session = await sql.reserve();
    await session.unsafe('BEGIN; CREATE TABLE workshop.later (id int)');
    await session.unsafe(`PREPARE TRANSACTION 'it''s "later"'`);
    await us.take('initech_env', grant);
    expect(await us.connector.observe(us.target('initech_env'), [grant.holding.account], signal)).toEqual(
      nothing,
    );
    expect(await us.superuser('initech_env')`SELECT FROM pg_prepared_xacts`).toHaveLength(0);
  });

  it('takes every right from a session at once, even one that could not be ended yet', async () => {
    const grant = await us.give('globex_env', 'write', null);
    const sql = us.signIn('globex_env', grant);
    await sql`SELECT count(*) FROM orders`;
    const stop = new Error('stopped between refusing logins and ending sessions');
    const reach = async (point: string) => {
      if (point === 'postgres.after-withdrawing') throw stop;
    };
    const change = { kind: 'remove', holding: grant.holding } as const;
    const attempt = { number: 2, password: null, holder: null, signal, reach };
    await expect(us.connector.apply(us.target('globex_env'), change, attempt)).rejects.toBe(stop);
    await expect(sql`SELECT count(*) FROM orders`).rejects.toThrow('permission denied');
    await us.take('globex_env', grant);
  });

  it('waits for nobody: while another session uses what the role owned, only the role’s absence is owed', async () => {
    const grant = await us.give('globex_env', 'administer', null);
    const reader = await us.give('globex_env', 'read', null);
    await us
      .signIn('globex_env', grant)
      .unsafe('CREATE TABLE workshop.popular (); GRANT SELECT ON workshop.popular TO PUBLIC');
    const using = us.signIn('globex_env', reader);
    await using.unsafe('BEGIN; SELECT FROM workshop.popular');
    const owed = { code: 'target-error', retryable: true };
    await expect(us.take('globex_env', grant)).rejects.toMatchObject(owed);
    const observed = await us.connector.observe(us.target('globex_env'), [grant.holding.account], signal);
    expect(observed).toEqual({ holdings: [], accounts: [grant.holding.account], sessions: 0 });
    await using.unsafe('ROLLBACK');
    await us.take('globex_env', grant);
    await us.take('globex_env', reader);
  });

  it('finishes although a foreign hand dropped the role, or gave it another membership, before', async () => {
    const [dropped, enriched] = [
      await us.give('globex_env', 'read', null),
      await us.give('globex_env', 'read', null),
    ];
    const superuser = us.superuser('globex_env');
    await superuser.unsafe(`DROP ROLE ${dropped.holding.account}`);
    await superuser.unsafe(`GRANT pg_read_all_data TO ${enriched.holding.account}`);
    for (const grant of [dropped, enriched]) {
      await us.take('globex_env', grant);
      const after = await us.connector.observe(us.target('globex_env'), [grant.holding.account], signal);
      expect(after).toEqual(nothing);
    }
  });

  it('ends sixty grants with open sessions side by side in a few seconds', async () => {
    const grants = await Promise.all(Array.from({ length: 60 }, () => us.give('globex_env', 'read', null)));
    const sessions = await Promise.all(
      grants.map(({ holding, password }) =>
        openSession(us.server.port, 'globex_env', holding.account, password),
      ),
    );
    const startedAt = performance.now();
    await Promise.all(grants.map((grant) => us.take('globex_env', grant)));
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    const accounts = grants.map((grant) => grant.holding.account);
    expect(await us.connector.observe(us.target('globex_env'), accounts, signal)).toEqual(nothing);
    for (const session of sessions) {
      expect(await session.alive()).toBe(false);
      await session.close();
    }
  }, 60_000);

  it('leaves no session behind when logins keep coming while it ends', async () => {
    const grant = await us.give('globex_env', 'read', null);
    const { account } = grant.holding;
    const opened: OpenSession[] = [];
    let refused = 0;
    const knock = async () => {
      while (refused < 8) {
        try {
          const session = await openSession(us.server.port, 'globex_env', account, grant.password);
          opened.push(session);
          // The account may have five sessions at a time.
          if (opened.length % 4 === 0) await Promise.all(opened.slice(-4, -1).map((one) => one.close()));
        } catch (error) {
          if (!String(error).includes('too many connections')) refused += 1;
        }
      }
    };
    const knocking = Promise.all([knock(), knock(), knock()]);
    await expect.poll(() => opened.length).toBeGreaterThan(5);
    await us.take('globex_env', grant);
    const left = await us.superuser('globex_env')`
      SELECT FROM pg_stat_activity a WHERE a.backend_type = 'client backend' AND a.usesysid IS NOT NULL
        AND NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = a.usesysid)`;
    expect(left).toHaveLength(0);
    await knocking;
    for (const session of opened) {
      expect(await session.alive()).toBe(false);
      await session.close();
    }
  });

  it('forgets its mark after seven days, and no earlier', async () => {
    const [old, recent] = [
      await us.give('initech_env', 'read', null),
      await us.give('initech_env', 'read', null),
    ];
    const superuser = us.superuser('initech_env');
    await us.take('initech_env', recent);
    await us.take('initech_env', old);
    await superuser`
      UPDATE tenure.account SET ended_at = ended_at - interval '7 days 1 second' WHERE account = ${old.holding.account}`;
    // A connector that has just started sweeps with its first removal.
    await us.connector.close();
    await us.take('initech_env', recent);
    const left = await superuser`SELECT account FROM tenure.account`;
    const accounts = left.map((row) => row['account']);
    expect(accounts).toContain(recent.holding.account);
    expect(accounts).not.toContain(old.holding.account);
  });

  it('is seen as drift when someone moved or lifted the role’s own end', async () => {
    const grant = await us.give('globex_env', 'read', null);
    const observe = () => us.connector.observe(us.target('globex_env'), [grant.holding.account], signal);
    const superuser = us.superuser('globex_env');
    for (const [until, seen] of [
      ['infinity', '9999-12-31T23:59:59.999Z'],
      ['2031-01-01T00:00:00.5+02', '2030-12-31T22:00:00.500Z'],
    ]) {
      await superuser.unsafe(`ALTER ROLE ${grant.holding.account} VALID UNTIL '${until}'`);
      expect((await observe()).holdings).toEqual([{ ...grant.holding, until: seen }]);
    }
    await superuser.unsafe(
      `REVOKE globex_env_read FROM ${grant.holding.account} GRANTED BY tenure_connector`,
    );
    expect(await observe()).toEqual({ holdings: [], accounts: [grant.holding.account], sessions: 0 });
    await us.take('globex_env', grant);
  });
});
