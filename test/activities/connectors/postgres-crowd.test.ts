import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenSession } from '../../../activities/connectors/contract-trial.ts';
import { type ExampleServer, exampleServer, openSession, refusalOf } from './example-server.ts';

let us: ExampleServer;

beforeAll(async () => {
  us = await exampleServer('us', { max_connections: '24', reserved_connections: '8' });
}, 60_000);
afterAll(() => us.stop());

describe('a server whose connections the holders of grants have filled', () => {
  it('still lets the connector in, to end them', async () => {
    const grants = await Promise.all(Array.from({ length: 4 }, () => us.give('globex_env', 'read', null)));
    // The connector's own connections are gone, as after a restart.
    await us.connector.close();
    const sessions: OpenSession[] = [];
    let refusal = '';
    for (const { holding, password } of grants.flatMap((grant) => Array.from({ length: 5 }, () => grant))) {
      const session = openSession(us.server.port, 'globex_env', holding.account, password);
      refusal = await refusalOf(session);
      if (refusal !== '') break;
      sessions.push(await session);
    }
    expect(refusal).toContain('remaining connection slots are reserved');
    await Promise.all(grants.map((grant) => us.take('globex_env', grant)));
    const accounts = grants.map((grant) => grant.holding.account);
    const signal = new AbortController().signal;
    expect(await us.connector.observe(us.target('globex_env'), accounts, signal)).toEqual({
      holdings: [],
      accounts: [],
      sessions: 0,
    });
    for (const session of sessions) {
      expect(await session.alive()).toBe(false);
      await session.close();
    }
  });
});
