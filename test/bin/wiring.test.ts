import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiHarness, apiOn } from '../support/api.ts';
import { ephemeralLedger } from '../support/ledger.ts';
import { type Processes, processesOf } from '../support/outage.ts';
import { caep, connect, email } from '../support/signals.ts';
import { type EphemeralTemporal, ephemeralTemporal } from '../support/temporal.ts';
import { eventually } from '../support/wait.ts';

// What only bin/ puts together: our processes as they are run, the ledger and Temporal as servers, and another company's servers.

const [omar, mei] = ['omar@northwind.example', 'mei@northwind.example'];
let http: ApiHarness;
let temporal: EphemeralTemporal;
let processes: Processes;
let elsewhere: Server;
let origin: string;
/** Types of the events that were taken, and ids of the tokens that were acknowledged. */
const [taken, acknowledged]: [string[], string[]] = [[], []];
/** Security event tokens that wait to be asked for. */
const waiting = new Map<string, string>();

/** A company that takes our events, and a transmitter that is asked for its own (RFC 8936). */
function company(): Server {
  return createServer((request, response) => {
    void text(request).then((body) => {
      const said = JSON.parse(body);
      if (request.url === '/hook') {
        taken.push(said.type);
        response.writeHead(204).end();
        return;
      }
      for (const jti of said.ack ?? []) if (waiting.delete(jti)) acknowledged.push(jti);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ sets: Object.fromEntries(waiting), moreAvailable: false }));
    });
  });
}

beforeAll(async () => {
  const [ledger, engine] = await Promise.all([ephemeralLedger(), ephemeralTemporal()]);
  temporal = engine;
  http = apiOn(ledger, { webhooksReach: 'anywhere' });
  elsewhere = company();
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
  // A listening TCP server's address is always one.
  origin = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
  processes = processesOf({
    environment: (role) => ({
      DATABASE_URL: role === 'system' ? ledger.systemUrl : ledger.appUrl,
      TENURE_KEY: ledger.key,
      TEMPORAL_ADDRESS: temporal.address,
      TENURE_WEBHOOKS_TO: 'anywhere',
    }),
  });
});
afterAll(async () => {
  await processes?.stop();
  elsewhere?.closeAllConnections();
  elsewhere?.close();
  await temporal?.stop();
  await http?.stop();
});

it('the worker sends webhooks, asks transmitters for signals and follows them', async () => {
  const hook = await http.call(omar, 'POST', '/v1/webhooks', { url: `${origin}/hook`, description: 'Lake' });
  expect(hook.status).toBe(201);
  const transmitter = await connect(http, omar, 'northwind', { url: `${origin}/poll` });
  const payload = { current_status: 'not-compliant', previous_status: 'compliant' };
  const token = await transmitter.token(`${caep}device-compliance-change`, email(mei), payload, {
    jti: 'the-one',
  });
  waiting.set('the-one', token);
  await processes.start('worker');
  await eventually('the acknowledgement', async () => acknowledged.includes('the-one'));
  const open = await eventually('the signal that counts', async () => {
    const { body } = await http.call(omar, 'GET', '/v1/signals');
    return body.items.find(({ state }: { state: string }) => state === 'open');
  });
  expect(open).toMatchObject({ person: { email: mei } });
  await eventually('its event', async () => taken.includes('tenure.signal.received.v1'));
  const { body } = await http.call(omar, 'GET', `/v1/webhooks/${hook.body.id}/deliveries?state=delivered`);
  expect(body.items.length).toBeGreaterThan(0);
});

it('the API says at its start which roles policy wants approvals of and the catalog lacks', async () => {
  await http.ledger.owner.db.execute(sql`update role set key = 'support-chief' where key = 'support-lead'`);
  await processes.start('api', { PORT: '0' });
  const log = () => readFile(processes.logFile('api'), 'utf8').catch(() => '');
  await eventually('the role’s name', async () => /"roles":\["support-lead"\]/.test(await log()));
});
