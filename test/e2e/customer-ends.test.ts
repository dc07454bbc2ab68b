import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createPostgresConnector } from '../../activities/connectors/postgres/connector.ts';
import type { ActivityDeps } from '../../activities/deps.ts';
import { provisionRequest } from '../../activities/provision.ts';
import { createReaper } from '../../activities/reaper.ts';
import { loadExample } from '../../bin/example.ts';
import { readDefaultPolicies } from '../../bin/policies.ts';
import { holdSession, signIn as logIn } from '../support/foreign-client.ts';
import { type Listening, startIdentity } from '../support/identity.ts';
import { type EphemeralPostgres, ephemeralPostgres } from '../support/postgres.ts';
import { hiddenOf, signIn, startWeb, Visitor, type WebApi } from '../support/web.ts';
import { eventually } from '../support/wait.ts';

// Acme's administrator ends an access of the vendor's from the panel: the database session that is open dies, on a real server.

const [sam, priya, anna] = ['sam@northwind.example', 'priya@northwind.example', 'anna@acme.example'];
let web: WebApi;
let identity: Listening;
let target: EphemeralPostgres;
let postgres: ReturnType<typeof createPostgresConnector>;
let deps: ActivityDeps;
beforeAll(async () => {
  [web, target] = await Promise.all([startWeb(), ephemeralPostgres()]);
  identity = await startIdentity(web.ledger, web.url);
  const server = { host: '127.0.0.1', port: target.port, adminUrl: target.url };
  await loadExample({ systemUrl: web.ledger.systemUrl, key: web.ledger.key, targets: { eu: server } });
  postgres = createPostgresConnector();
  const policies = readDefaultPolicies();
  deps = {
    ledger: web.ledger.system,
    connectors: new Map([['postgres', postgres]]),
    sealing: web.ledger.keys.sealing,
    decide: policies.decide,
    mayHoldMany: policies.mayHoldMany,
    reach: async () => undefined,
    log: pino({ level: 'silent' }),
  };
});
afterAll(async () => {
  await postgres?.close();
  await identity?.stop();
  await web?.stop();
  await target?.stop();
});

it('an access is asked for, approved by both sides, used, and ended from the panel: the open session dies', async () => {
  const { call } = web.http;
  const asked = await call(sam, 'POST', '/v1/access-requests', {
    resource: 'acme-env',
    entitlement: 'operate',
    period: 'PT1H',
    justification: 'Replay the import',
    ticket: 'NW-4821',
  });
  const { id, reference } = asked.body;
  await call(priya, 'POST', `/v1/access-requests/${id}/decisions`, { decision: 'approve' });
  const visitor = new Visitor();
  await signIn(visitor, web.url, anna);
  const page = `${web.url}/admin/access/${reference}`;
  const said = await visitor.post(page, { ...hiddenOf(await visitor.open(page)), decision: 'approve' });
  expect(said.status).toBe(303);

  await provisionRequest(deps, id, new AbortController().signal);
  const { body: login } = await call(sam, 'POST', `/v1/access-requests/${id}/credential`, {});
  expect(login).toHaveProperty('port');
  const session = await holdSession(login);
  try {
    const held = await visitor.open(`${web.url}/admin/access`);
    expect(held.text).toContain('End it now');
    const { csrf = '' } = hiddenOf(held);
    const ended = await visitor.post(`${web.url}/admin/access/${login.grant_id}/end`, { csrf });
    expect(ended.headers.get('location')).toBe('/admin/access');
    const reaper = createReaper(deps, 4);
    await eventually('the end', async () => {
      await reaper.round();
      return (await call(anna, 'GET', `/v1/grants/${login.grant_id}`)).body.state === 'ended';
    });
    expect(await session.ended).toMatch(/terminat|closed|connection|server/i);
  } finally {
    session.close();
  }
  expect((await logIn(login)).ok).toBe(false);
  const { text } = await visitor.open(`${web.url}/admin/access`);
  expect(text).toContain('Anna ended it');
});
