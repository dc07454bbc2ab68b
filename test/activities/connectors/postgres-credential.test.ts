import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { foreignClients, holdSession, signIn as signInWith } from '../../support/foreign-client.ts';
import { type ExampleServer, exampleServer, type Grant, openSession, refusalOf } from './example-server.ts';

let eu: ExampleServer;

beforeAll(async () => {
  eu = await exampleServer('eu', { log_statement: 'all', log_min_duration_statement: '0' });
}, 60_000);
afterAll(() => eu.stop());

const signal = new AbortController().signal;

function signIn({ holding, password }: Grant, database = 'acme_env') {
  return openSession(eu.server.port, database, holding.account, password);
}

describe.each(foreignClients())('a credential, tried with $name', (client) => {
  const loginOf = ({ holding, password }: Grant, database: string) => {
    return { host: '127.0.0.1', port: eu.server.port, database, username: holding.account, password };
  };

  async function query(grant: Grant, statement: string, database = 'acme_env'): Promise<string> {
    const { ok, text } = await signInWith(loginOf(grant, database), statement, client);
    if (!ok) throw new Error(text);
    return text;
  }

  it('ends with the session that is open when access ends', async () => {
    const grant = await eu.give('acme_env', 'read', null);
    const session = await holdSession(loginOf(grant, 'acme_env'), client);
    await eu.take('acme_env', grant);
    expect(await session.ended).toContain('terminating connection due to administrator command');
  });

  it('is good for a login while the grant lives, a wrong password is not, and neither is after the end', async () => {
    const grant = await eu.give('acme_env', 'read', null);
    expect(await query(grant, 'SELECT count(*) > 0 FROM orders')).toBe('t');
    expect(await refusalOf(query({ ...grant, password: 'wrong' }, 'SELECT 1'))).toContain(
      'password authentication failed',
    );
    await eu.take('acme_env', grant);
    expect(await refusalOf(query(grant, 'SELECT 1'))).toContain('password authentication failed');
    const known = await eu.superuser(
      'postgres',
    )`SELECT FROM pg_roles WHERE rolname = ${grant.holding.account}`;
    expect(known).toHaveLength(0);
  });

  it('reaches its own database only', async () => {
    const grant = await eu.give('acme_env', 'administer', null);
    for (const other of ['shared_eu', 'postgres', 'template1']) {
      expect(await refusalOf(query(grant, 'SELECT 1', other))).toContain('permission denied for database');
    }
    await eu.take('acme_env', grant);
  });

  it('is refused by the target itself once its end has passed, with nothing of ours running', async () => {
    const grant = await eu.give('acme_env', 'read', null, new Date(Date.now() + 3_000));
    expect(await query(grant, 'SELECT 1')).toBe('1');
    await expect
      .poll(() => refusalOf(query(grant, 'SELECT 1')), { timeout: 15_000, interval: 200 })
      .toContain('password authentication failed');
    await eu.take('acme_env', grant);
  });

  it('allows five connections and not a sixth', async () => {
    const grant = await eu.give('acme_env', 'read', null);
    const sessions = await Promise.all(Array.from({ length: 5 }, () => signIn(grant)));
    expect(await refusalOf(query(grant, 'SELECT 1'))).toContain('too many connections for role');
    await eu.take('acme_env', grant);
    for (const session of sessions) expect(await session.alive()).toBe(false);
    await Promise.all(sessions.map((session) => session.close()));
  });
});

describe('a credential', () => {
  it('is replaced by another, which ends the open sessions; the former one is refused', async () => {
    const grant = await eu.give('acme_env', 'read', null);
    const session = await signIn(grant);
    const renewed = await eu.renew('acme_env', grant);
    expect(await session.alive()).toBe(false);
    await session.close();
    expect(await refusalOf(signIn(grant))).toContain('password authentication failed');
    const again = await signIn(renewed);
    expect(await again.alive()).toBe(true);
    await again.close();
    await eu.take('acme_env', grant);
  });

  it('is not replaced for a grant that has ended or never was', async () => {
    const grant = await eu.give('acme_env', 'read', null);
    await eu.take('acme_env', grant);
    await expect(eu.renew('acme_env', grant)).rejects.toMatchObject({ code: 'already-ended' });
    const account = eu.connector.account({ grantId: 'grant_01kb3v5c2hf8jrxw7s9d0m4p6q', personId: '' });
    const unknown = { ...grant, holding: { ...grant.holding, account } };
    await expect(eu.renew('acme_env', unknown)).rejects.toMatchObject({ code: 'target-refused' });
  });

  it('never stands in the log of a target that logs every statement, nor does the connector’s own', async () => {
    const grant = await eu.give('acme_env', 'read', null);
    const next = await eu.renew('acme_env', grant);
    const session = await signIn(next);
    await eu.take('acme_env', grant);
    await session.close();
    const log = () => readFile(eu.server.logFile, 'utf8');
    await expect.poll(log).toContain(`DROP ROLE IF EXISTS "${grant.holding.account}"`);
    const text = await log();
    expect(text).toContain(`CREATE ROLE "${grant.holding.account}"`);
    for (const secret of [grant.password, next.password, eu.connectorPassword])
      expect(text).not.toContain(secret);
  });

  it('names its account after the grant alone', () => {
    const grantId = 'grant_01kb3v5c2hf8jrxw7s9d0m4p6q';
    expect(eu.connector.account({ grantId, personId: 'person_x' })).toBe('tnr_01kb3v5c2hf8jrxw7s9d0m4p6q');
    expect(() => eu.connector.account({ grantId: "grant_'; DROP ROLE x", personId: '' })).toThrow(TypeError);
  });
});

describe('a target in trouble', () => {
  it('is reported as unreachable while it is down, and an end is carried out soon after it is back', async () => {
    const grant = await eu.give('acme_env', 'read', null);
    await eu.server.kill();
    const down = { code: 'target-unreachable', retryable: true };
    for (let i = 0; i < 12; i += 1) await expect(eu.take('acme_env', grant)).rejects.toMatchObject(down);
    await expect(eu.give('acme_env', 'read', null)).rejects.toMatchObject(down);
    await eu.server.start();
    const backAt = performance.now();
    for (;;) {
      if ((await refusalOf(eu.take('acme_env', grant))) === '') break;
      if (performance.now() - backAt > 10_000) break;
      await delay(50);
    }
    expect(performance.now() - backAt).toBeLessThan(5_000);
    expect(await eu.connector.observe(eu.target('acme_env'), [grant.holding.account], signal)).toEqual({
      holdings: [],
      accounts: [],
      sessions: 0,
    });
  }, 60_000);

  it('that does not answer is given up soon after the caller gives up', async () => {
    const grant = await eu.give('acme_env', 'read', null);
    const blocker = await eu.superuser('acme_env').reserve();
    await blocker`BEGIN`;
    await blocker`LOCK TABLE tenure.account`;
    const reason = new Error('cancelled');
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 200);
    const change = { kind: 'remove', holding: grant.holding } as const;
    const attempt = {
      number: 2,
      password: null,
      holder: null,
      signal: controller.signal,
      reach: async () => {},
    };
    const startedAt = performance.now();
    await expect(eu.connector.apply(eu.target('acme_env'), change, attempt)).rejects.toBe(reason);
    expect(performance.now() - startedAt).toBeLessThan(6_000);
    await blocker`ROLLBACK`;
    blocker.release();
    await eu.take('acme_env', grant);
  });

  it('is told apart: wrong secret, wrong settings, unknown entitlement, a customer too many or too few', async () => {
    const target = eu.target('acme_env');
    const settings = { ...eu.target('shared_eu'), secret: 'wrong' };
    const misconfigured = { code: 'misconfigured', retryable: false };
    await expect(eu.connector.observe(settings, ['tnr_x'], signal)).rejects.toMatchObject(misconfigured);
    await expect(
      eu.connector.observe({ ...target, settings: { host: 1 } }, ['tnr_x'], signal),
    ).rejects.toMatchObject(misconfigured);
    await expect(eu.give('acme_env', 'toString', null)).rejects.toMatchObject(misconfigured);
    await expect(eu.give('acme_env', 'read', 'acme')).rejects.toMatchObject(misconfigured);
    await expect(eu.give('shared_eu', 'read', null)).rejects.toMatchObject(misconfigured);
  });

  it('fails without a value in the error: no password, no verifier, no statement', async () => {
    const error: unknown = await eu
      .give('acme_env', 'read', null, new Date(8.64e15))
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(Error);
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toMatch(/SCRAM|ROLE|VALUES|tnr_/);
  });
});
