import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Connector } from '../../../activities/connectors/connector.ts';
import { createWebhookConnector } from '../../../activities/connectors/webhook/connector.ts';
import { newId } from '../../../domain/ids.ts';
import { startReceiver, type TestReceiver } from '../../support/receiver.ts';
import { add, answering, attempt, newHolding, signal, targetAt } from './webhook-trial.ts';

let connector: Connector;
let impatient: Connector;
let receiver: TestReceiver;

beforeAll(async () => {
  connector = createWebhookConnector();
  impatient = createWebhookConnector(200);
  receiver = await startReceiver();
});
beforeEach(() => receiver.flow());
afterAll(async () => {
  await connector?.close();
  await impatient?.close();
  await receiver?.stop();
});

const at = (url: string, secret = receiver.secret) => targetAt({ url, secret });
const target = () => targetAt(receiver);
const always = (status: number, body = '', headers: Record<string, string> = {}) =>
  answering((_, response) => void response.writeHead(status, headers).end(body));
describe('what the application answers about people', () => {
  const sought = [{ email: 'anna@acme.example', account: null }];
  const about = (over: object) =>
    JSON.stringify({
      accounts: [{ account: 'u-1', email: 'anna@acme.example', administrator: false, holdings: [], ...over }],
    });
  const find = (url: string) => connector.finder?.find(at(url), sought, signal);

  it.each([404, 405, 501])('is nothing where it does not know the question (%i)', async (status) => {
    expect(await find(await always(status))).toBeNull();
  });

  it.each([
    ['no JSON', 'all is well', 'target-error'],
    ['somebody who was not asked for', about({ email: 'root@acme.example' }), 'target-error'],
    ['a path for a name', about({ account: '../person_x' }), 'target-error'],
    ['nothing of administrators', about({ administrator: undefined }), 'target-error'],
    ['no end', about({ holdings: [{ entitlement: 'view', customer: null, until: null }] }), 'target-error'],
  ])('is not believed: %s', async (_, body, code) => {
    await expect(find(await always(200, body))).rejects.toMatchObject({ code });
  });

  it('is understood, whatever the case of an address', async () => {
    const until = '2099-01-01T00:00:00+00:00';
    const body = about({
      email: ' Anna@ACME.example',
      holdings: [{ entitlement: 'view', customer: 'acme', until }],
    });
    const holding = { account: 'u-1', entitlement: 'view', scope: 'acme', until: '2099-01-01T00:00:00.000Z' };
    expect(await find(await always(200, body))).toEqual([
      { email: 'anna@acme.example', account: 'u-1', hindrance: null, holdings: [holding] },
    ]);
  });

  it.each([
    [401, 'misconfigured'],
    [308, 'misconfigured'],
    [503, 'target-unreachable'],
    [500, 'target-error'],
  ])('is a failure with %i', async (status, code) => {
    const url = await always(status, '', { location: receiver.url });
    await expect(find(url)).rejects.toMatchObject({ code });
  });
});

describe('what the application answers', () => {
  const refusals: [string, number, string, string][] = [
    ['has seen a greater number', 409, '{"code":"superseded"}', 'superseded'],
    ['has a conflict of its own', 409, '{"code":"not-held"}', 'target-error'],
    ['says 409 and no more', 409, '', 'target-error'],
    ['does not know the secret', 401, '', 'misconfigured'],
    ['forbids it', 403, '', 'misconfigured'],
    ['is not at this address', 404, '{"holdings":[]}', 'misconfigured'],
    ['is elsewhere', 308, '', 'misconfigured'],
    ['does not take such a message', 400, '', 'target-refused'],
    ['does not take what the message says', 422, '', 'target-refused'],
    ['has too much to do', 429, '', 'target-unreachable'],
    ['is starting', 503, '', 'target-unreachable'],
    ['is behind something that does not reach it', 502, '', 'target-unreachable'],
    ['is broken', 500, '', 'target-error'],
    ['is a teapot', 418, '', 'target-error'],
  ];
  it.each(refusals)('is understood when it %s (%i)', async (_, status, body, code) => {
    const url = await always(status, body, { location: receiver.url });
    const one = newHolding();
    await expect(connector.apply(at(url), add(one), attempt(1))).rejects.toMatchObject({ code });
    await expect(connector.observe(at(url), [one.account], signal)).rejects.toMatchObject({ code });
    expect(receiver.account(one.account)).toBeUndefined();
  });

  it.each([
    ['no JSON', 'all is well'],
    ['another account', '{"account":"person_x","number":1,"holdings":[],"sessions":0}'],
    ['half of it', '{"account":"ACCOUNT","number":1,"holdings":[]}'],
    [
      'no instant',
      '{"account":"ACCOUNT","number":1,"holdings":[{"entitlement":"view","customer":null,"until":"soon"}],"sessions":0}',
    ],
    ['nothing', ''],
  ])('is not taken for what is held when it is %s', async (_, body) => {
    const { account } = newHolding();
    const url = await always(200, body.replace('ACCOUNT', account));
    await expect(connector.observe(at(url), [account], signal)).rejects.toMatchObject({
      code: 'target-error',
      retryable: true,
    });
  });

  it('may say an instant in any form of ISO 8601; it is ours that is planned with', async () => {
    const { account } = newHolding();
    const held = { entitlement: 'view', customer: null, until: '2099-01-01T02:00:00+02:00' };
    const url = await always(200, JSON.stringify({ account, number: 3, holdings: [held], sessions: 2 }));
    expect(await connector.observe(at(url), [account], signal)).toEqual({
      holdings: [{ account, entitlement: 'view', scope: null, until: '2099-01-01T00:00:00.000Z' }],
      accounts: [account],
      sessions: 2,
    });
  });

  it('is read only so far, however much it is', async () => {
    let sent = 0;
    const url = await answering((_, response) => {
      const source = Readable.from(
        (function* () {
          for (; sent < 64 * 1_048_576; sent += 65_536) yield Buffer.alloc(65_536, 32);
        })(),
      );
      source.pipe(response);
      response.on('close', () => source.destroy());
    });
    const one = newHolding();
    await expect(connector.apply(at(url), add(one), attempt(1))).rejects.toMatchObject({
      code: 'target-error',
    });
    expect(sent).toBeLessThan(32 * 1_048_576);
  });

  it('is in no error, nor is who it was about', async () => {
    const secretive = 'HTTP/1.1 200 anna@acme.example';
    const broken = createServer((socket) => socket);
    broken.removeAllListeners('request');
    broken.on('connection', (socket) => socket.end(`${secretive}\r\nbad header line\r\n\r\n`));
    broken.listen(0, '127.0.0.1');
    await once(broken, 'listening');
    onTestFinished(() => void broken.close());
    const { port } = broken.address() as AddressInfo; // A listening TCP server's address is always one.
    const failing = [`http://127.0.0.1:${port}/access`, await always(422, '{"email":"anna@acme.example"}')];
    for (const url of failing) {
      const failure: unknown = await connector.apply(at(url), add(newHolding()), attempt(1)).catch((e) => e);
      expect(failure).toMatchObject({ name: 'ConnectorError' });
      expect(inspect(failure, { depth: 9 })).not.toMatch(/anna|bad header/iu);
    }
  });
});

describe('an application that does not answer', () => {
  it('is unreachable when nobody listens', async () => {
    const gone = await startReceiver();
    await gone.stop();
    const calls = [
      connector.apply(at(gone.url), add(newHolding()), attempt(1)),
      connector.observe(at(gone.url), [newId('person')], signal),
    ];
    for (const call of calls)
      await expect(call).rejects.toMatchObject({ code: 'target-unreachable', retryable: true });
  });

  it('is unreachable when it hangs, before its answer or in the midst of it', async () => {
    receiver.hang();
    const dribbling = await answering((_, response) => void response.writeHead(200).write('{'));
    for (const url of [receiver.url, dribbling]) {
      const failing = impatient.apply(at(url), add(newHolding()), attempt(1));
      await expect(failing).rejects.toMatchObject({ code: 'target-unreachable' });
    }
  });

  it('keeps nobody who was cancelled', async () => {
    receiver.hang();
    const controller = new AbortController();
    const reason = new Error('cancelled');
    const calls = [
      connector.apply(target(), add(newHolding()), attempt(1, { signal: controller.signal })),
      connector.observe(target(), [newId('person')], controller.signal),
    ];
    setTimeout(() => controller.abort(reason), 20);
    for (const call of calls) await expect(call).rejects.toBe(reason);
  });

  it('is told again at once when a connection that was kept has been closed meanwhile', async () => {
    const stateful = await startReceiver({ secret: receiver.secret });
    const one = newHolding();
    await connector.apply(at(stateful.url), add(one), attempt(1));
    const port = Number(new URL(stateful.url).port);
    await stateful.stop();
    const again = await startReceiver({ port, secret: receiver.secret });
    onTestFinished(() => again.stop());
    await connector.apply(at(again.url), add(one), attempt(2));
    expect(again.account(one.account)?.number).toBe(2);
  });

  it('does not keep an end waiting for beginnings that hang', async () => {
    const one = newHolding();
    await connector.apply(target(), add(one), attempt(1));
    const slowly = receiver.requests.length;
    receiver.hang();
    const controller = new AbortController();
    const begun = Array.from({ length: 20 }, () =>
      connector.apply(target(), add(newHolding()), attempt(1, { signal: controller.signal })),
    );
    const settled = Promise.allSettled(begun);
    await expect.poll(() => receiver.requests.length - slowly).toBe(8);
    // What comes from now on is answered again; the eight that hang keep hanging until they are let go.
    const ending = connector.apply(target(), { kind: 'remove', holding: one }, attempt(2));
    await expect.poll(() => receiver.requests.length - slowly).toBe(9);
    controller.abort();
    await settled;
    receiver.flow();
    await ending;
    expect(receiver.account(one.account)?.holdings).toEqual([]);
  });
});
