import { sql } from 'drizzle-orm';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createWebhookConnector } from '../../activities/connectors/webhook/connector.ts';
import type { ActivityDeps } from '../../activities/deps.ts';
import { drawUpProcess } from '../../activities/processes/draw-up.ts';
import { loadExample } from '../../bin/example.ts';
import { applicationSecret } from '../../bin/local/application.ts';
import { readDefaultPolicies } from '../../bin/policies.ts';
import { prepareLedger } from '../../bin/prepare.ts';
import { deriveKeys } from '../../crypto/keys.ts';
import { type Ledger, openLedger } from '../../db/client.ts';
import { type EphemeralPostgres, ephemeralPostgres } from '../support/postgres.ts';
import { startReceiver, type TestReceiver } from '../support/receiver.ts';
import { bringAll } from '../support/roster.ts';

// A fresh installation: whom the example company names holds what they shall, without anybody doing anything.

const key = Buffer.alloc(32, 5).toString('base64url');
const connector = createWebhookConnector(2_000);
let server: EphemeralPostgres;
let ledger: Ledger;
let receiver: TestReceiver;
let load: () => Promise<unknown>;

beforeAll(async () => {
  receiver = await startReceiver({ secret: applicationSecret(deriveKeys(key)) });
  server = await ephemeralPostgres();
  const { systemUrl } = await prepareLedger({ ownerUrl: server.url, key });
  ledger = openLedger({ url: systemUrl, applicationName: 'tenure-test' });
  load = () => loadExample({ systemUrl, key, targets: {}, application: { url: receiver.url } });
  await load();
});
afterAll(async () => {
  await connector.close();
  await ledger?.close();
  await server?.stop();
  await receiver?.stop();
});

async function processes(): Promise<{ id: string; customer: string; state: string }[]> {
  return [
    ...(await ledger.db.execute<{ id: string; customer: string; state: string }>(sql`
      select s.id, o.key as customer, s.state from process s join organization o on o.id = s.organization_id order by o.key`)),
  ];
}

it('has one process for each customer from its first load on, and no other from a second', async () => {
  const first = await processes();
  expect(first.map(({ customer }) => customer)).toEqual(['acme', 'globex', 'initech']);
  await load();
  expect(await processes()).toEqual(first);
  const lines = await ledger.db.execute(sql`select from outbox where kind = 'engine'`);
  expect(lines).toHaveLength(3);
});

it('has its administrators hold what their role gives in the application, past no fence and without a mail', async () => {
  const { decide, mayHoldMany } = readDefaultPolicies();
  const deps: ActivityDeps = {
    ledger,
    connectors: new Map([[connector.kind, connector]]),
    sealing: deriveKeys(key).sealing,
    decide,
    mayHoldMany,
    reach: async () => undefined,
    log: pino({ level: 'silent' }),
  };
  for (const { id } of await processes()) {
    await drawUpProcess(deps, id, () => undefined);
    await bringAll(deps, id);
  }
  const held = receiver.accounts().map(({ user, holdings }) => ({
    email: user?.email ?? '',
    holds: holdings.map(({ entitlement }) => entitlement).toSorted(),
  }));
  const holds = ['administer', 'sign-in', 'use', 'view'];
  expect(held.toSorted((a, b) => (a.email < b.email ? -1 : 1))).toEqual(
    ['anna@acme.example', 'gus@globex.example', 'ines@initech.example', 'tom@acme.example'].map((email) => ({
      email,
      holds,
    })),
  );
  const [left] = await ledger.db.execute(sql`
    select (select count(*)::int from fence_item) as fenced, (select count(*)::int from mail) as mails,
      (select count(*)::int from task) as tasks`);
  expect(left).toEqual({ fenced: 0, mails: 0, tasks: 0 });
});
