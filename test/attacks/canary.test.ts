import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sql } from 'drizzle-orm';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, decide } from '../support/asking.ts';
import { noteAttack } from '../support/attack-report.ts';
import { type HttpApi, startHttpApi } from '../support/over-http.ts';
import { type Processes, processesOf } from '../support/outage.ts';
import { holdSession, type Login } from '../support/foreign-client.ts';
import { durable, startStack, type Stack } from '../support/stack.ts';
import { askExtension, becomes, orderEnding, tell } from '../support/story.ts';
import { eventually } from '../support/wait.ts';
import { loginOf, trySignIn } from './scene.ts';

// No secret and nothing personal in any history, log or audit line; canaries tell.

const patienceMs = 60_000;

let stack: Stack;
let processes: Processes;
let api: HttpApi;
/** What must be nowhere, by what it is. */
const canaries = new Map<string, string>();
/** What must be found where nothing is hidden: ids. */
let requestId = '';
let account = '';

const canary = (what: string, value = `canary${randomBytes(8).toString('hex')}`) => {
  canaries.set(what, value);
  return value;
};

beforeAll(async () => {
  const loud = {
    log_statement: 'all',
    log_min_messages: 'debug1',
    log_connections: 'on',
    log_disconnections: 'on',
  };
  stack = await startStack({
    temporal: { persistent: true },
    target: { settings: { ...durable.settings, ...loud } },
  });
  processes = processesOf(stack);
  await namePeople();
  const debug = { TENURE_LOG_LEVEL: 'debug' };
  await Promise.all([processes.start('worker', debug), processes.start('reaper', debug)]);
  api = await startHttpApi(stack, processes, debug);
  canary('the connector’s secret', stack.keys.namedSecret('target/us'));
  canary('the connector’s other secret', stack.keys.namedSecret('target/eu'));
  canary('the sealing key', stack.key);
  canary('the system’s password', new URL(stack.systemUrl).password);
});

afterAll(async () => {
  await processes?.stop();
  await stack?.stop();
});

/** Everybody gets a name and an address that are found nowhere else. */
async function namePeople(): Promise<void> {
  const owner = postgres(stack.ledgerServer.url, { max: 1, onnotice: () => undefined });
  try {
    for (const who of ['sam', 'priya', 'sita', 'omar']) {
      const name = canary(`${who}’s name`);
      await owner`update person set name = ${name} where email = ${`${who}@northwind.example`}`;
      canary(`${who}’s address`, `${who}@northwind.example`);
    }
  } finally {
    await owner.end({ timeout: 2 });
  }
}

/** A life with everything that can go wrong in it. */
async function live(): Promise<void> {
  const { db } = stack.ledger;
  const words = { justification: canary('the justification'), ticket: canary('the ticket') };
  // What `decide` and `orderEnding` write as comment and reason.
  canary('the comment and the reason', 'a test');
  ({ requestId } = await ask(db, { resource: 'globex-env', stages: ['support-lead'], ...words }));
  await decide(db, requestId, 'priya@northwind.example');
  await stack.targetServer.kill();
  await eventually('a failure to begin', async () => (await tell(db, requestId)).lastError !== null, {
    timeoutMs: patienceMs,
  });
  await stack.targetServer.start();
  const story = await becomes(db, requestId, 'granted', 'held', patienceMs);
  const login = loginOf(stack, story, 'globex_env');
  account = login.username;
  canary('the password', login.password);
  expect(await trySignIn(login)).toMatchObject({ ok: true });
  expect(await trySignIn({ ...login, password: canary('a wrong password') })).toMatchObject({ ok: false });
  await replaceCredential(login);
  const extension = await askExtension(db, requestId, 'PT20M', true);
  await decide(db, extension, 'priya@northwind.example');
  await becomes(db, extension, 'granted', undefined, patienceMs);
  await stack.targetServer.kill();
  await orderEnding(db, requestId, 'revocation');
  const failed = sql`select 1 from access_grant where request_id = ${requestId} and last_error is not null`;
  await eventually('a failure to end', async () => (await db.execute(failed)).length > 0, {
    timeoutMs: patienceMs,
  });
  await stack.targetServer.start();
  await becomes(db, requestId, 'granted', 'ended', patienceMs);
  const denied = await ask(db, { resource: 'globex-env', stages: ['support-lead'], ...words });
  await decide(db, denied.requestId, 'priya@northwind.example', 'deny');
  await becomes(db, denied.requestId, 'denied', undefined, patienceMs);
}

/** The holder is shown the credential and asks for another one: the way from the API through the outbox to the target. */
async function replaceCredential(former: Login): Promise<void> {
  const path = `/v1/access-requests/${requestId}/credential`;
  const holder = 'sam@northwind.example';
  const shown = await api.post(holder, path, {});
  canary('a bearer token', shown.token);
  expect(shown).toMatchObject({ status: 200, body: { username: account, password: former.password } });
  const session = await holdSession(former);
  const replaced = await api.post(holder, path, { replace: true });
  expect(replaced).toMatchObject({ status: 200, body: { username: account } });
  const password = canary('the password that replaced it', String(replaced.body['password']));
  await session.ended;
  expect(await trySignIn(former)).toMatchObject({ ok: false });
  expect(await trySignIn({ ...former, password })).toMatchObject({ ok: true });
}

/** Every text in a value, with bytes read as text. */
function texts(value: unknown): string {
  if (typeof value === 'string') return `${value}\n`;
  if (value instanceof Uint8Array) return `${Buffer.from(value).toString('utf8')}\n`;
  if (Array.isArray(value)) return value.map(texts).join('');
  if (value !== null && typeof value === 'object')
    return Object.entries(value)
      .map(([key, inner]) => `${key} ${texts(inner)}`)
      .join('');
  return '';
}

async function histories(): Promise<string> {
  let all = '';
  for await (const { workflowId, runId, raw } of stack.client.workflow.list())
    all += texts(raw) + texts(await stack.client.workflow.getHandle(workflowId, runId).fetchHistory());
  return all;
}

async function databaseFiles(): Promise<string> {
  const folder = dirname(stack.temporal.logFile);
  const names = (await readdir(folder)).filter((name) => name.startsWith('temporal.db'));
  const files = await Promise.all(names.map((name) => readFile(join(folder, name), 'latin1')));
  return files.join('\n');
}

async function rowsOf(table: string): Promise<string> {
  return JSON.stringify(await stack.ledger.db.execute(`select * from ${table}`));
}

test('names, reasons, tickets, passwords and secrets stay out of histories, logs and audit lines', {
  timeout: 240_000,
}, async () => {
  await live();
  const places: Record<string, { text: string; control: string }> = {
    'workflow histories': { text: await histories(), control: requestId },
    'Temporal’s database file': { text: await databaseFiles(), control: requestId },
    'Temporal’s log': { text: await readFile(stack.temporal.logFile, 'utf8'), control: '' },
    'the worker’s log': { text: await readFile(processes.logFile('worker'), 'utf8'), control: requestId },
    'the API’s log': { text: await readFile(processes.logFile('api'), 'utf8'), control: 'api ready' },
    'the reaper’s log': {
      text: await readFile(processes.logFile('reaper'), 'utf8'),
      control: 'reaper ready',
    },
    'the target’s log': { text: await readFile(stack.targetServer.logFile, 'utf8'), control: account },
    'audit events': { text: await rowsOf('audit_event'), control: requestId },
    'the outbox': { text: await rowsOf('outbox'), control: requestId },
    'the change table': { text: await rowsOf('change'), control: requestId },
  };
  const found: string[] = [];
  for (const [place, { text, control }] of Object.entries(places)) {
    expect(text, `${place} were searched at all`).toContain(control);
    for (const [what, value] of canaries)
      for (const form of [
        value,
        Buffer.from(value).toString('base64').replace(/=+$/, '').slice(0, -1),
        encodeURIComponent(value),
      ])
        if (text.includes(form)) found.push(`${what} in ${place}`);
  }
  expect([...new Set(found)]).toEqual([]);
  // The control: the ledger does hold them, where they belong.
  expect(await rowsOf('access_request')).toContain(canaries.get('the justification'));
  expect(await rowsOf('person')).toContain(canaries.get('sam’s name'));
  await noteAttack({
    attack: 'canaries',
    tried: `${canaries.size} secrets and names, ${Object.keys(places).length} places`,
    found: '0 hits',
  });
});
