import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Connector } from '../../../activities/connectors/connector.ts';
import { createWebhookConnector } from '../../../activities/connectors/webhook/connector.ts';
import { messageOf } from '../../../activities/connectors/webhook/message.ts';
import { webhookSettings } from '../../../activities/connectors/webhook/settings.ts';
import { signWebhook, verifyWebhook, webhookSecret } from '../../../crypto/webhook-signature.ts';
import { newId } from '../../../domain/ids.ts';
import type { Change } from '../../../domain/plan.ts';
import { startReceiver, type TestReceiver } from '../../support/receiver.ts';
import { add, answering, attempt, holder, newHolding, signal, targetAt } from './webhook-trial.ts';

let connector: Connector;
let receiver: TestReceiver;

beforeAll(async () => {
  connector = createWebhookConnector();
  receiver = await startReceiver();
});
beforeEach(() => receiver.flow());
afterAll(async () => {
  await connector?.close();
  await receiver?.stop();
});

const at = (url: string, secret = receiver.secret) => targetAt({ url, secret });
const target = () => targetAt(receiver);
describe('what a change looks like on the wire', () => {
  it('is one request, signed by Standard Webhooks, that says all there is to know', async () => {
    const seen: { method: string; url: string; body: Buffer; headers: Headers }[] = [];
    const url = await answering((request, response) => {
      const { method = '', url = '' } = request;
      const headers = new Headers(
        Object.entries(request.headers).map(([name, value]): [string, string] => [name, String(value)]),
      );
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        seen.push({ method, url, body: Buffer.concat(chunks), headers });
        response.writeHead(204).end();
      });
    });
    const one = newHolding();
    await connector.apply(at(url), add(one), attempt(7));
    await connector.apply(
      at(url),
      { kind: 'move-end', holding: one, until: '2099-02-01T00:00:00.000Z' },
      attempt(8),
    );
    await connector.apply(at(url), { kind: 'remove', holding: one }, attempt(9, { holder: null }));
    const common = {
      resource: 'northwind-app',
      account: one.account,
      entitlement: 'sign-in',
      customer: 'acme',
    };
    expect(seen.map(({ body }) => JSON.parse(body.toString()))).toEqual([
      { type: 'access.added', ...common, number: 7, until: one.until, user: holder },
      { type: 'access.end_moved', ...common, number: 8, until: '2099-02-01T00:00:00.000Z', user: holder },
      { type: 'access.removed', ...common, number: 9, until: null, user: null },
    ]);
    for (const { method, url: path, ...delivery } of seen) {
      expect([method, path]).toEqual(['POST', '/access']);
      expect(delivery.headers.get('content-type')).toBe('application/json');
      const verdict = verifyWebhook(
        'standard',
        { ...delivery, method, url: '' },
        [receiver.secret],
        Date.now(),
      );
      expect(verdict).toMatchObject({ ok: true });
    }
  });

  it('has a key that is the same for every try of one attempt, and another for everything else', async () => {
    const one = newHolding();
    const others: [Change, number][] = [
      [add({ ...one, entitlement: 'view' }), 1],
      [add({ ...one, scope: 'globex' }), 1],
      [add({ ...one, account: newId('person') }), 1],
      [add(one), 2],
      [{ kind: 'remove', holding: one }, 2],
    ];
    receiver.requests.length = 0;
    await connector.apply(target(), add(one), attempt(1));
    await connector.apply(target(), add(one), attempt(1, { holder: { ...holder, name: 'Anna Berg' } }));
    for (const [change, number] of others) await connector.apply(target(), change, attempt(number));
    const keys = receiver.requests.map(({ key }) => key);
    expect(keys[0]).toBe(keys[1]);
    expect(new Set(keys).size).toBe(1 + others.length);
    for (const key of keys) expect(key).toMatch(/^tnr_[A-Za-z0-9_-]{43}$/);
  });

  it('is what the guide shows, the signature included', () => {
    const guide = readFileSync(new URL('../../../docs/guides/connector-webhook.md', import.meta.url), 'utf8');
    const part = (pattern: RegExp) => pattern.exec(guide)?.[1] ?? '';
    const shown = JSON.parse(part(/webhook-signature: [^\n]*\n\n(\{.*?\n\})\n```/su)) as unknown;
    const one = newHolding({
      account: 'person_01kb3v5c2hf8jrxw7s9d0m4p6q',
      until: '2027-11-22T14:02:00.000Z',
    });
    const { key, body } = messageOf('northwind-app', add(one), { number: 7, holder });
    expect(body).toBe(JSON.stringify(shown));
    const signedAtMs = Number(part(/webhook-timestamp: (\d+)/u)) * 1_000;
    const headers = signWebhook('standard', part(/`(whsec_\S+)`/u), {
      body: Buffer.from(body),
      signedAtMs,
      deliveryId: key,
    });
    for (const [name, value] of Object.entries(headers)) expect(guide).toContain(`${name}: ${value}`);
  });

  it('names nobody in a key or an address', async () => {
    receiver.requests.length = 0;
    const one = newHolding();
    await connector.apply(target(), add(one), attempt(1));
    await connector.observe(target(), [one.account], signal);
    expect(JSON.stringify(receiver.requests)).not.toMatch(/anna|acme/iu);
  });

  it('goes to an address of its own where a resource names a path', async () => {
    const paths: string[] = [];
    const url = await answering((request, response) => {
      paths.push(`${request.method} ${request.url}`);
      response.end(
        request.method === 'POST'
          ? ''
          : JSON.stringify({ account: one.account, number: 1, holdings: [], sessions: 0 }),
      );
    });
    const one = newHolding();
    const reports = { ...at(url), settings: { url: `${url}/`, path: '/reports' } };
    await connector.apply(reports, add(one), attempt(1));
    await connector.observe(reports, [one.account], signal);
    expect(paths).toEqual(['POST /access/reports', `GET /access/reports/accounts/${one.account}`]);
  });
});

describe('what it needs to be told', () => {
  it.each([
    ['http://app.example/access', 'in the clear over a network'],
    ['ftp://app.example/access', 'not a web address'],
    ['https://user:password@app.example/access', 'with a password in it'],
    ['https://app.example/access?tenant=1', 'with a query, which is not signed'],
    ['https://app.example/access#here', 'with a fragment'],
    ['http://127.0.0.1.example/access', 'that only looks like this machine'],
    ['app.example', 'no address'],
  ])('is not %s: %s', (url) => {
    expect(() => webhookSettings({ url })).toThrow(expect.objectContaining({ code: 'misconfigured' }));
  });

  it.each([
    'https://app.example',
    'http://localhost:4000/access',
    'http://127.0.0.1:4000',
    'http://[::1]:4000',
  ])('may be %s', (url) => expect(webhookSettings({ url }).url).toBe(url));

  it.each(['', 'whsec_', 'whsec_dG9vIHNob3J0', 'no secret at all'])(
    'is misconfigured with the secret %j',
    async (secret) => {
      const failing = connector.apply(at(receiver.url, secret), add(newHolding()), attempt(1));
      await expect(failing).rejects.toMatchObject({ code: 'misconfigured', retryable: false });
    },
  );

  it('is refused by the application with another secret, and nothing has changed', async () => {
    const foreign = at(receiver.url, webhookSecret(randomBytes(32)));
    const one = newHolding();
    await expect(connector.apply(foreign, add(one), attempt(1))).rejects.toMatchObject({
      code: 'misconfigured',
    });
    await expect(connector.observe(foreign, [one.account], signal)).rejects.toMatchObject({
      code: 'misconfigured',
    });
    expect(receiver.account(one.account)).toBeUndefined();
  });

  it('is an account of the person, whatever the grant', async () => {
    const personId = newId('person');
    const accounts = [1, 2].map(() => connector.account({ personId, grantId: newId('grant') }));
    expect(accounts).toEqual([personId, personId]);
    expect(() => connector.account({ personId: '../..', grantId: newId('grant') })).toThrow(TypeError);
    const reading = connector.observe(target(), ['../../admin'], signal);
    await expect(reading).rejects.toMatchObject({ code: 'misconfigured' });
  });

  it('yields no credential', async () => {
    const replacing = connector.replacePassword(target(), newId('person'), attempt(1));
    await expect(replacing).rejects.toMatchObject({ code: 'misconfigured' });
  });
});

describe('many accounts', () => {
  it('are looked at a few at a time, in the order asked', async () => {
    const people = Array.from({ length: 60 }, () => newHolding());
    await Promise.all(people.map((one) => connector.apply(target(), add(one), attempt(1))));
    const seen = await connector.observe(
      target(),
      people.map(({ account }) => account),
      signal,
    );
    expect(seen.holdings).toEqual(people);
    expect(seen.accounts).toEqual(people.map(({ account }) => account));
  });
});
