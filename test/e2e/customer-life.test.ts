import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type DemoInstallation, startInstallation } from '../../bin/demo/installation.ts';
import { hold, release } from '../../bin/local/hold.ts';
import { checkout } from '../../bin/local/node-script.ts';
import { signWebhook } from '../../crypto/webhook-signature.ts';
import { eventFixture } from '../support/event-fixtures.ts';
import { type EphemeralSmtp, ephemeralSmtp, readMail } from '../support/smtp.ts';
import { eventually } from '../support/wait.ts';

// The whole life of one customer, seen and done from outside alone: Stripe signs, people have tokens, mails arrive at a mail
// server, and what users may do is asked of the application that they work in.

const run = promisify(execFile);
const ada = 'ada@northwind.example';
const omar = 'omar@northwind.example';
const sita = 'sita@northwind.example';
const nora = 'nora@umbra.example';
const luca = 'luca@umbra.example';
const began = Date.now() - 1_000;

let smtp: EphemeralSmtp;
let tenure: DemoInstallation;
let application: string;
let stripeSecret: string;

beforeAll(async () => {
  smtp = await ephemeralSmtp();
  tenure = await startInstallation(undefined, {
    TENURE_SMTP_URL: smtp.url,
    TENURE_MAIL_FROM: 'Tenure <tenure@northwind.example>',
  });
  application = JSON.parse(readFileSync(join(tenure.home, 'run/endpoints.json'), 'utf8')).application;
  const words = [join(checkout, 'bin/tenure.mjs'), 'secret', 'stripe'];
  const env = { PATH: process.env['PATH'], TENURE_HOME: tenure.home };
  stripeSecret = (await run(process.execPath, words, { env })).stdout.trim();
}, 240_000);

afterAll(async () => {
  await tenure?.stop();
  await smtp?.stop();
});

// Answers of many shapes; what matters of each is said where it is expected.
// oxlint-disable-next-line typescript/no-explicit-any
type Body = any;

async function call(who: string, method: string, path: string, body?: object) {
  const headers = { authorization: `Bearer ${await tenure.token(who)}`, 'content-type': 'application/json' };
  const init = { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) };
  const response = await fetch(`${tenure.url}${path}`, init);
  const answer: Body = await response.json();
  return { status: response.status, body: answer };
}

let events = 0;

/** Stripe delivers an event like the one in the examples, made now and about what `object` says otherwise. */
async function stripeSays(fixture: string, object: object = {}): Promise<void> {
  const event: Body = structuredClone(eventFixture(`stripe-${fixture}`));
  events += 1;
  event.id = `evt_life_${events}`;
  // Seconds are all that Stripe says: each event later than the one before.
  event.created = Math.floor(began / 1_000) - 60 + events;
  const periods = { current_period_start: event.created, current_period_end: event.created + 30 * 86_400 };
  for (const item of event.data.object.items?.data ?? []) Object.assign(item, periods);
  Object.assign(event.data.object, object);
  const body = JSON.stringify(event);
  const signed = signWebhook('stripe', stripeSecret, {
    body: Buffer.from(body),
    signedAtMs: Date.now(),
    deliveryId: event.id,
    method: 'POST',
    url: `${tenure.url}/v1/events/stripe`,
  });
  const headers = { ...signed, 'content-type': 'application/json' };
  const { status } = await fetch(`${tenure.url}/v1/events/stripe`, { method: 'POST', headers, body });
  expect(status).toBe(202);
}

/** The newest message to somebody with that in its subject; waits for one that came after the first `seen`. */
async function mailTo(address: string, subject: string, seen = 0): Promise<string> {
  return eventually(
    `a mail to ${address}: ${subject}`,
    async () => {
      const theirs = smtp.received.slice(seen).filter(({ to }) => to.includes(address));
      for (const { raw } of theirs.toReversed()) {
        const mail = await readMail(raw);
        const [, said = ''] = mail.headers.find(([name]) => name.toLowerCase() === 'subject') ?? [];
        if (said.includes(subject)) return mail.text;
      }
      return null;
    },
    { timeoutMs: 60_000, everyMs: 200, describe: async () => smtp.received.map(({ to }) => to) },
  );
}

/** What a person does with the link in a welcome: looks, ticks the box, presses the button. Looking alone changes nothing. */
async function confirm(mail: string): Promise<void> {
  const [link = ''] = /http\S+\/welcome\/\S+/.exec(mail) ?? [];
  expect(link).toContain(tenure.url);
  await fetch(link);
  const opened = await fetch(link);
  const cookie = (opened.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  const page = /name="page" value="([^"]+)"/.exec(await opened.text())?.[1] ?? '';
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'sec-fetch-site': 'same-origin',
    origin: 'null',
    cookie,
  };
  const body = new URLSearchParams({ page, me: 'yes' }).toString();
  expect((await fetch(link, { method: 'POST', headers, body })).status).toBe(200);
}

/** A session in the application, as a user's browser has one; null when they may not sign in. */
async function signIn(email: string): Promise<{ may(): Promise<string[] | null> } | null> {
  const answer = await fetch(`${application}/session`, { method: 'POST', body: JSON.stringify({ email }) });
  if (answer.status !== 200) return null;
  const said: Body = await answer.json();
  const headers = { authorization: `Bearer ${said.token}` };
  return {
    async may() {
      const seen = await fetch(`${application}/me`, { headers });
      const { holdings }: Body = await seen.json();
      return seen.status === 200
        ? holdings.map((one: { entitlement: string }) => one.entitlement).toSorted()
        : null;
    },
  };
}

const may = async (email: string) => (await signIn(email))?.may() ?? null;

function userMay(email: string, what: string[] | null): Promise<unknown> {
  const is = async () => JSON.stringify(await may(email)) === JSON.stringify(what);
  return eventually(`${email} may ${what?.join() ?? 'nothing'}`, is, {
    timeoutMs: 60_000,
    everyMs: 150,
    describe: () => may(email),
  });
}

const over = new Set<string>();

/** The newest process of that kind, once it is in that state; one that was seen to be over is not it. */
async function processBecomes(kind: string, state: string): Promise<Body> {
  const newest = async () => {
    const { body } = await call(omar, 'GET', `/v1/processes?customer=umbra&kind=${kind}`);
    return body.items?.find(({ id }: { id: string }) => !over.has(id));
  };
  const found = await eventually(
    `${kind} ${state}`,
    async () => {
      const one = await newest();
      return one?.state === state && one;
    },
    { timeoutMs: 60_000, everyMs: 200, describe: newest },
  );
  if (found.settled_at !== null) over.add(found.id);
  return found;
}

const edit = async (path: string, value: unknown) => {
  const { body } = await call(ada, 'GET', '/v1/catalog');
  const wish = { base_revision: body.revision, reason: 'For Umbra', value };
  expect(await call(ada, 'PUT', `/v1/catalog/${path}`, wish)).toMatchObject({ status: 201 });
};

const professional = ['administer', 'export', 'sign-in', 'use', 'view'];
const enterprise = ['administer', 'automate', 'export', 'sign-in', 'use', 'view'];

it('Umbra buys: it is onboarded, and Nora confirms that she is there', async () => {
  await stripeSays('checkout-completed');
  await stripeSays('subscription-active');
  const welcome = await mailTo(nora, 'Confirm your access');
  await userMay(nora, professional);
  expect(await processBecomes('onboarding', 'confirming')).toMatchObject({
    cause: 'contract',
    progress: { done: 1 },
  });
  await confirm(welcome);
  await processBecomes('onboarding', 'done');
  const { body } = await call(nora, 'GET', '/v1/customers/umbra');
  expect(body).toMatchObject({ state: 'active', tier: 'professional', seats: { limit: 10, used: 1 } });
}, 120_000);

it('upgrades: Nora may do more', async () => {
  await stripeSays('subscription-upgraded');
  await userMay(nora, enterprise);
  expect(await processBecomes('role-change', 'done')).toMatchObject({ cause: 'contract' });
}, 120_000);

it('fails to pay and is told; pays, and nothing is left of it', async () => {
  const dunning = async () => (await call(omar, 'GET', '/v1/customers/umbra')).body.contract.dunning;
  await stripeSays('invoice-payment-failed');
  expect(await mailTo(nora, 'a payment for Northwind Cloud failed')).toContain('Umbra');
  expect(await dunning()).toBe('notice');
  expect(await may(nora)).toEqual(enterprise);
  await stripeSays('invoice-paid');
  await eventually('it is paid', async () => (await dunning()) === 'none');
  expect(await may(nora)).toEqual(enterprise);
}, 120_000);

it('adds Luca, and removes him: he is out within five seconds although no worker runs', async () => {
  const wish = { email: luca, name: 'Luca', contract_role: 'member', reason: 'Joins the team' };
  const added = await call(nora, 'POST', '/v1/customers/umbra/users', wish);
  expect(added.status).toBe(201);
  await mailTo(luca, 'Confirm your access');
  await userMay(luca, ['export', 'sign-in', 'use', 'view']);
  const session = await signIn(luca);
  await hold(tenure.home, 'worker');
  await eventually('the worker is down', async () => {
    const answer: Body = await (await fetch(`${tenure.url}/readyz`)).json();
    return answer.worker === 'down';
  });
  const since = performance.now();
  const path = `/v1/customers/umbra/users/${luca}/removal`;
  expect((await call(nora, 'POST', path, { reason: 'Has left' })).status).toBe(201);
  await eventually('his session is over', async () => (await session?.may()) === null, { everyMs: 25 });
  expect(performance.now() - since).toBeLessThan(5_000);
  expect(await signIn(luca)).toBeNull();
  await release(tenure.home, 'worker');
  await processBecomes('offboarding', 'done');
  expect(await may(nora)).toEqual(enterprise);
}, 120_000);

it('leaves: everything is gone, what Nora owned is Omar’s, and the records say who had what, when and why', async () => {
  await edit('settings/churn_grace', 'PT0S');
  await edit('resources/umbra-wiki', {
    name: 'Umbra’s wiki',
    kind: 'application',
    organization: 'umbra',
    owner: nora,
    region: 'us',
    classification: 'internal',
    connector: 'webhook',
    target: 'northwind-app',
    entitlements: [{ key: 'sign-in', name: 'Sign in' }],
  });
  const session = await signIn(nora);
  const token = await tenure.token(nora);
  await stripeSays('subscription-deleted');
  expect(await processBecomes('offboarding', 'done')).toMatchObject({
    progress: { done: 1 },
    cause: 'contract',
  });
  expect(await session?.may()).toBeNull();
  expect(await signIn(nora)).toBeNull();
  const headers = { authorization: `Bearer ${token}` };
  expect((await fetch(`${tenure.url}/v1/me`, { headers })).status).toBe(401);
  const { catalog } = (await call(ada, 'GET', '/v1/catalog')).body;
  expect(catalog.resources.find(({ key }: { key: string }) => key === 'umbra-wiki').owner).toBe(omar);
  const { items: tasks } = (await call(omar, 'GET', '/v1/tasks')).body;
  expect(tasks).toContainEqual(expect.objectContaining({ kind: 'handover' }));
  await mailTo(omar, 'needs an owner');

  const to = new Date(Date.now() + 1_000).toISOString();
  const during = `from=${new Date(began).toISOString()}&to=${to}&limit=200`;
  const { body } = await call(sita, 'GET', `/v1/customers/umbra/access-report?${during}`);
  const lines: string[] = body.items.map(
    (one: Body) => `${one.person.name} ${one.entitlement.key} ${one.ended_by}`,
  );
  const left = (name: string, all: string[]) => all.map((one) => `${name} ${one} offboarding`);
  expect(lines.toSorted()).toEqual(
    [...left('Nora', enterprise), ...left('Luca', ['export', 'sign-in', 'use', 'view'])].toSorted(),
  );
  // Why she had it: her contract, and the role that gives it.
  const automate = body.items.find((one: Body) => one.entitlement.key === 'automate').grant_id;
  const grant = (await call(sita, 'GET', `/v1/grants/${automate}`)).body;
  expect(grant).toMatchObject({ origin: 'contract', ended_by: 'offboarding' });
  const intended = `/v1/audit-events?grant=${automate}&type=grant.intended`;
  expect((await call(sita, 'GET', intended)).body.items).toMatchObject([{ reason: 'integrator' }]);
  for (const one of body.items) {
    expect(Date.parse(one.from)).toBeGreaterThan(began);
    expect(Date.parse(one.ended_at)).toBeGreaterThanOrEqual(Date.parse(one.from));
  }
}, 120_000);

it('is won back: clean, as a new customer', async () => {
  const seen = smtp.received.length;
  const again = { id: 'sub_2UmbraNorthwind', subscription: 'sub_2UmbraNorthwind' };
  await stripeSays('checkout-completed', { subscription: again.id });
  await stripeSays('subscription-active', { id: again.id, created: Math.floor(Date.now() / 1_000) });
  await confirm(await mailTo(nora, 'Confirm your access', seen));
  await processBecomes('onboarding', 'done');
  expect(await may(nora)).toEqual(professional);
  expect(await signIn(luca)).toBeNull();
  const { body } = await call(nora, 'GET', '/v1/customers/umbra');
  expect(body).toMatchObject({ state: 'active', tier: 'professional', seats: { used: 1 } });
  const { items } = (await call(nora, 'GET', '/v1/customers/umbra/users')).body;
  const active = items.filter(({ state }: { state: string }) => state === 'active');
  expect(active.map((one: Body) => one.person.email)).toEqual([nora]);
}, 120_000);
