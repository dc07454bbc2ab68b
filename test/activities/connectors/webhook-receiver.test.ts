import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createWebhookConnector } from '../../../activities/connectors/webhook/connector.ts';
import { signWebhook, webhookSecret } from '../../../crypto/webhook-signature.ts';
import { newId } from '../../../domain/ids.ts';
import type { Holding } from '../../../domain/plan.ts';
import { startReceiver, type TestReceiver } from '../../support/receiver.ts';

const signal = new AbortController().signal;
const anna = { email: 'anna@acme.example', name: 'Anna' };
const connector = createWebhookConnector();

async function started(options: Parameters<typeof startReceiver>[0] = {}): Promise<TestReceiver> {
  const receiver = await startReceiver(options);
  onTestFinished(() => receiver.stop());
  return receiver;
}

function give(receiver: TestReceiver, holding: Holding, number: number, holder: typeof anna | null = anna) {
  const target = { resource: 'northwind-app', settings: { url: receiver.url }, secret: receiver.secret };
  const attempt = { number, password: null, holder, signal, reach: async () => {} };
  return connector.apply(target, { kind: 'add', holding }, attempt);
}

const holdingOf = (account: string, over: Partial<Holding> = {}): Holding => ({
  account,
  entitlement: 'sign-in',
  scope: 'acme',
  until: '2099-01-01T00:00:00.000Z',
  ...over,
});

interface Forgery {
  body?: string;
  secret?: string;
  signedAtMs?: number;
  spoil?: (headers: Record<string, string>) => void;
  path?: string;
}

/** A request that somebody else sends. Its status. */
async function sent(receiver: TestReceiver, forgery: Forgery): Promise<number> {
  const { body = message(), secret = receiver.secret, signedAtMs = Date.now(), path } = forgery;
  const content = Buffer.from(path === undefined ? body : `GET ${path}`);
  const headers = signWebhook('standard', secret, { body: content, signedAtMs, deliveryId: 'tnr_x' });
  forgery.spoil?.(headers);
  const request = path === undefined ? { method: 'POST', body, headers } : { headers };
  const answer = await fetch(path === undefined ? receiver.url : `${receiver.origin}${path}`, request);
  return answer.status;
}

function message(over: object = {}): string {
  const { account, until } = holdingOf(newId('person'));
  const what = { type: 'access.added', resource: 'northwind-app', account, number: 1 };
  return JSON.stringify({ ...what, entitlement: 'view', customer: null, until, user: anna, ...over });
}

describe('the example application takes nothing that was not signed for it', () => {
  const minuteMs = 60_000;
  const forgeries: [string, Forgery][] = [
    ['unsigned', { spoil: (headers) => void delete headers['webhook-signature'] }],
    ['without an id', { spoil: (headers) => void delete headers['webhook-id'] }],
    ['with another id', { spoil: (headers) => void (headers['webhook-id'] = 'tnr_y') }],
    ['with another instant', { spoil: (headers) => void (headers['webhook-timestamp'] = '1700000000') }],
    ['with no instant', { spoil: (headers) => void (headers['webhook-timestamp'] = 'now') }],
    ['with an empty signature', { spoil: (headers) => void (headers['webhook-signature'] = 'v1,') }],
    ['signed with another secret', { secret: webhookSecret(randomBytes(32)) }],
    ['signed six minutes ago', { signedAtMs: Date.now() - 6 * minuteMs }],
    ['signed for in six minutes', { signedAtMs: Date.now() + 6 * minuteMs }],
  ];
  it.each(forgeries)('%s', async (_, forgery) => {
    const receiver = await started();
    expect(await sent(receiver, forgery)).toBe(401);
    expect(await sent(receiver, { ...forgery, path: `/access/accounts/${newId('person')}` })).toBe(401);
    expect(receiver.accounts()).toEqual([]);
  });

  it('and tells of its users only who asks with the secret, and by no message that was signed for something else', async () => {
    const receiver = await started();
    receiver.enrol({ account: 'u-1', email: anna.email, name: anna.name, holdings: [] });
    const question = JSON.stringify({ type: 'accounts.find', emails: [anna.email, 'nobody@acme.example'] });
    const ask = async (body: string, secret = receiver.secret, path = '/access/accounts') => {
      const content = Buffer.from(body);
      const headers = signWebhook('standard', secret, {
        body: content,
        signedAtMs: Date.now(),
        deliveryId: 'read_x',
      });
      const answer = await fetch(`${receiver.origin}${path}`, { method: 'POST', body, headers });
      return { status: answer.status, body: await answer.json() };
    };
    const told = { account: 'u-1', email: anna.email, administrator: false, holdings: [] };
    expect(await ask(question)).toEqual({ status: 200, body: { accounts: [told] } });
    expect((await ask(question, webhookSecret(randomBytes(32)))).status).toBe(401);
    expect((await ask(message())).status).toBe(400);
    expect((await ask(question, receiver.secret, '/access')).status).toBe(400);
    const many = Array.from({ length: 101 }, () => anna.email);
    expect((await ask(JSON.stringify({ type: 'accounts.find', emails: many }))).status).toBe(400);
    expect(receiver.effects).toEqual([]);
  });

  it('and a read for one account shows no other', async () => {
    const receiver = await started();
    const [mine, other] = [`/access/accounts/${newId('person')}`, `/access/accounts/${newId('person')}`];
    const headers = signWebhook('standard', receiver.secret, {
      body: Buffer.from(`GET ${mine}`),
      signedAtMs: Date.now(),
      deliveryId: 'read_x',
    });
    const [right, wrong] = await Promise.all(
      [mine, other].map((path) => fetch(`${receiver.origin}${path}`, { headers })),
    );
    expect([right?.status, wrong?.status]).toEqual([200, 401]);
  });

  it('but takes what either of two secrets signed, while one replaces the other', async () => {
    const receiver = await started();
    expect(await sent(receiver, {})).toBe(200);
    const both: Forgery = {
      spoil: (headers) => {
        headers['webhook-signature'] = `v1,${'A'.repeat(43)}= ${headers['webhook-signature']}`;
      },
    };
    expect(await sent(receiver, { body: message({ number: 2 }), ...both })).toBe(200);
  });

  it.each([
    ['no JSON', 'hello'],
    ['another type', message({ type: 'access.invented' })],
    ['no number', message({ number: '1' })],
    ['no account', message({ account: '../admin' })],
    ['no end', message({ until: null })],
    ['an end that is none', message({ until: 'some day' })],
    ['half a user', message({ user: { email: 'x@y.example' } })],
  ])('nor what is signed and has %s', async (_, body) => {
    const receiver = await started();
    expect(await sent(receiver, { body })).toBe(400);
    expect(receiver.accounts()).toEqual([]);
  });

  it('nor a first access of somebody whose name is not said', async () => {
    const receiver = await started();
    expect(await sent(receiver, { body: message({ user: null }) })).toBe(422);
  });

  it('nor a message that is too large', async () => {
    const receiver = await started();
    expect(await sent(receiver, { body: message({ more: 'x'.repeat(70_000) }) })).toBe(413);
  });
});

describe('what the example application holds', () => {
  it('ends by itself at its end, with the sessions, though nobody comes', async () => {
    let now = Date.now();
    const receiver = await started({ now: () => now });
    const account = newId('person');
    const until = new Date(now + 60_000).toISOString();
    await give(receiver, holdingOf(account, { until }), 1);
    const session = await receiver.signIn(anna.email);
    expect(await session?.me()).toEqual({
      ...anna,
      holdings: [{ entitlement: 'sign-in', customer: 'acme', until }],
    });
    now += 59_999;
    expect(await session?.alive()).toBe(true);
    now += 1;
    expect(await session?.alive()).toBe(false);
    expect(await receiver.signIn(anna.email)).toBeNull();
    expect(receiver.account(account)).toMatchObject({ holdings: [], sessions: 0 });
  });

  it('lets nobody sign in who holds something else only', async () => {
    const receiver = await started();
    await give(receiver, holdingOf(newId('person'), { entitlement: 'view' }), 1);
    expect(await receiver.signIn(anna.email)).toBeNull();
    expect(await receiver.signIn('nobody@acme.example')).toBeNull();
  });

  it('goes by the account: who gets another address is the same user', async () => {
    const receiver = await started();
    const account = newId('person');
    await give(receiver, holdingOf(account), 1);
    await give(receiver, holdingOf(account, { entitlement: 'view' }), 2, {
      ...anna,
      email: 'anna.berg@acme.example',
    });
    expect(await receiver.signIn(anna.email)).toBeNull();
    expect(await receiver.signIn('Anna.Berg@acme.example')).not.toBeNull();
    expect(receiver.accounts()).toHaveLength(1);
  });

  it('is the same after a restart, even one in the midst of a line, numbers and keys included', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tenure-receiver-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const stateFile = join(folder, 'state.jsonl');
    const first = await startReceiver({ stateFile });
    const { secret } = first;
    const holding = holdingOf(newId('person'));
    await give(first, holding, 4);
    const before = first.accounts();
    await first.stop();
    expect(statSync(stateFile).mode & 0o777).toBe(0o600);
    appendFileSync(stateFile, '{"key":"tnr_half","mess');
    const second = await startReceiver({ stateFile, secret });
    expect(second.accounts()).toEqual(before);
    await expect(give(second, holding, 3)).rejects.toMatchObject({ code: 'superseded' });
    await give(second, holding, 4);
    expect(second.effects).toEqual([]);
    await give(second, holdingOf(holding.account, { entitlement: 'view' }), 5);
    const after = second.accounts();
    await second.stop();
    expect(readFileSync(stateFile, 'utf8')).not.toContain('tnr_half');
    const third = await started({ stateFile, secret });
    expect(third.accounts()).toEqual(after);
  });
});

describe('the page of the example application', () => {
  it('shows each user and what they hold, and runs nothing that a name may say', async () => {
    const receiver = await started();
    const empty = await (await fetch(receiver.origin)).text();
    expect(empty).toContain('No users yet');
    const name = '<script>alert("x")</script>';
    await give(receiver, holdingOf(newId('person')), 1, { ...anna, name });
    await give(receiver, holdingOf(newId('person'), { scope: 'globex' }), 1, {
      email: 'gus@globex.example',
      name: 'Gus',
    });
    const answer = await fetch(receiver.origin);
    const page = await answer.text();
    expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(page).not.toContain('<script');
    for (const shown of [
      'Gus',
      'gus@globex.example',
      'sign-in',
      'globex',
      '2099-01-01 00:00',
      '2 users, 2 with access',
    ])
      expect(page).toContain(shown);
  });
});
