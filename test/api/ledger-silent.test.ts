import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { problemShape } from '../../api/schemas/problem.ts';
import { type Ledger, openLedger } from '../../db/client.ts';
import { type ApiHarness, startApi } from '../support/api.ts';
import { type StallingProxy, stallingProxy } from '../support/stalling-proxy.ts';

// A server that is killed says so at once. One that is frozen keeps every connection and never says a word.

const sam = 'sam@northwind.example';
const wish = {
  resource: 'globex-env',
  entitlement: 'read',
  period: 'PT1H',
  justification: 'A look',
  ticket: 'SUP-1',
};

let http: ApiHarness;
let way: StallingProxy;
let ledger: Ledger;

beforeAll(async () => {
  http = await startApi();
  const url = new URL(http.ledger.appUrl);
  way = await stallingProxy(Number(url.port));
  url.port = String(way.port);
  ledger = openLedger({ url: url.href, applicationName: 'tenure-test' });
});
afterAll(async () => {
  await http.stop();
  await ledger.close();
  await way.close();
});

it('everything that needs the ledger says within its time that it does not answer, and goes on when it does', async () => {
  const api = http.over({ ledger, patience: { answerMs: 2_500, wholeReportMs: 2_500 } });
  const authorization = `Bearer ${await http.token(sam)}`;
  const headers = { authorization, 'content-type': 'application/json', 'idempotency-key': 'once' };
  const ask = () =>
    api.request('/v1/access-requests', { method: 'POST', headers, body: JSON.stringify(wish) });
  const ready = async () => (await api.request('/readyz')).status;
  expect((await api.request('/v1/me', { headers })).status).toBe(200);
  expect(await ready()).toBe(200);
  await delay(1_100);

  way.stall();
  const begun = performance.now();
  const [health, readiness, metrics, me, asked] = await Promise.all([
    api.request('/healthz'),
    api.request('/readyz'),
    api.request('/metrics'),
    api.request('/v1/me', { headers }),
    ask(),
  ]);
  expect(performance.now() - begun).toBeLessThan(5_000);
  expect(health.status).toBe(200);
  expect(readiness.status).toBe(503);
  expect(await readiness.json()).toMatchObject({ ledger: 'down' });
  expect(await metrics.text()).toContain('tenure_ledger_up 0');
  for (const late of [me, asked]) {
    expect(late.status).toBe(503);
    expect(late.headers.get('retry-after')).toMatch(/^\d+$/);
  }
  expect(await me.json()).toMatchObject({ type: 'urn:tenure:problem:ledger-unavailable' });
  const { detail } = problemShape.parse(await asked.json());
  expect(detail).toContain('may still record this');

  way.flow();
  await expect.poll(ready, { timeout: 10_000 }).toBe(200);
  await expect.poll(async () => (await ask()).status, { timeout: 10_000 }).toBe(201);
  expect(await http.count('access_request')).toBe(1);
  const rows = await http.ledger.owner.db.execute(sql`select 1 from idempotency where key = 'once'`);
  expect(rows).toHaveLength(1);
  expect(http.faults).toEqual([]);
});
