import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { defaultLive } from '../../api/live/room.ts';
import { suspendPeople } from '../../db/queries/offboarding.ts';
import { actors } from '../../domain/audit-event.ts';
import { type Listening, startIdentity } from '../support/identity.ts';
import { type Listener, listenTo } from '../support/live.ts';
import { roles } from '../support/matrix.ts';
import { caep, email, follow, connect as watchOf } from '../support/signals.ts';
import { signIn, startWeb, Visitor, type WebApi } from '../support/web.ts';

// Who looks at a page is told when something of theirs has changed: soon, only of what they may see, and only for as long as they
// are who they were.

const wish = {
  resource: 'acme-env',
  entitlement: 'read',
  period: 'PT1H',
  justification: 'A look',
  ticket: 'SUP-1',
};
const live = { ...defaultLive, beatMs: 500, patienceMs: 500, giveUpMs: 2_000, perPerson: 23 };
const stopping = new AbortController();

let web: WebApi;
let identity: Listening;
let connected: Listener[] = [];
beforeAll(async () => {
  web = await startWeb({ live, stopping: stopping.signal });
  identity = await startIdentity(web.ledger, web.url);
});
afterAll(async () => {
  await identity.stop();
  await web.stop();
});
afterEach(() => {
  for (const one of connected) one.leave();
  connected = [];
});

async function connect(email: string, since?: string): Promise<Listener> {
  const authorization = `Bearer ${await web.http.token(email)}`;
  const listener = await listenTo(web.url, { authorization }, since);
  connected.push(listener);
  await expect.poll(() => listener.said.some(({ id }) => id !== ''), { timeout: 15_000 }).toBe(true);
  return listener;
}

async function ask(email: string = roles.sam, other = {}): Promise<string> {
  const { body } = await web.http.call(email, 'POST', '/v1/access-requests', { ...wish, ...other });
  return body.id;
}
const told = (listener: Listener, id: string, timeout = 2_000) =>
  expect.poll(() => listener.ids().includes(id), { timeout, interval: 20 }).toBe(true);
const heard = (listener: Listener, event: string, timeout = 5_000) =>
  expect.poll(() => listener.said.some((one) => one.event === event), { timeout, interval: 20 }).toBe(true);
const lastId = (listener: Listener) => listener.said.findLast(({ id }) => id !== '')?.id ?? '';

it('is told within two seconds, to whom it concerns and to nobody else', async () => {
  const who = ['sam', 'mei', 'priya', 'anna', 'gus', 'sita', 'jonas'] as const;
  const listeners = new Map(
    await Promise.all(who.map(async (name) => [name, await connect(roles[name])] as const)),
  );
  const of = (name: (typeof who)[number]) => listeners.get(name) ?? expect.unreachable();
  const id = await ask();
  for (const name of ['sam', 'priya', 'anna', 'sita'] as const) await told(of(name), id);
  // The positive control for those who must hear nothing: each is told of the next thing that is theirs.
  const meis = await ask(roles.mei, { resource: 'globex-env' });
  await Promise.all([told(of('mei'), meis), told(of('gus'), meis), told(of('priya'), meis)]);
  expect(of('mei').ids()).not.toContain(id);
  expect(of('gus').ids()).not.toContain(id);
  expect(of('anna').ids()).not.toContain(meis);
  expect(of('sam').ids()).not.toContain(meis);
  expect(of('jonas').ids()).toEqual([]);

  // What was decided, and the access that begins and ends.
  for (const name of ['priya', 'anna'] as const)
    await web.http.call(roles[name], 'POST', `/v1/access-requests/${id}/decisions`, { decision: 'approve' });
  const grant = await web.http.provision(id);
  await told(of('sam'), grant);
  await told(of('anna'), grant);
  await web.http.end(grant, 'time');
  expect(of('gus').ids()).not.toContain(grant);
  // Nothing but ids is ever said.
  for (const listener of listeners.values())
    expect(JSON.stringify(listener.said)).not.toMatch(/look|acme-env|sam@|SUP-1/i);
});

it('tells of events that a person must look at, to who may read them, and of no others', async () => {
  const [omar, sam] = [await connect(roles.omar), await connect(roles.sam)];
  const [source] = await web.ledger.owner.db.execute<{ key: string }>(
    sql`select key from event_source limit 1`,
  );
  const receive = (id: string, state: string) =>
    web.ledger.owner.db
      .execute(sql`
      insert into inbound_event (id, source, event_id, body, content_type) values (${id}, ${source?.key}, ${id}, '{}', 'application/json')`)
      .then(() =>
        web.ledger.owner.db.execute(sql`update inbound_event set state = ${state} where id = ${id}`),
      );
  await receive('evt_fine', 'mapped');
  await receive('evt_stuck', 'waiting');
  await told(omar, 'evt_stuck');
  omar.said.length = 0;
  await web.ledger.owner.db.execute(sql`update inbound_event set state = 'discarded' where id = 'evt_stuck'`);
  await told(omar, 'evt_stuck');
  expect(omar.ids()).not.toContain('evt_fine');
  await told(sam, await ask());
  expect(sam.ids()).not.toContain('evt_stuck');
});

it('tells of risk signals to who may read them, and to no other organization', async () => {
  const [sita, anna] = [await connect(roles.sita), await connect(roles.anna)];
  const [gus, sam] = [await connect(roles.gus), await connect(roles.sam)];
  const watch = await watchOf(web.http, roles.anna, 'acme');
  await watch.say(`${caep}device-compliance-change`, email(roles.anna), { current_status: 'not-compliant' });
  await follow(web.http);
  const [signal] = await web.ledger.owner.db.execute<{ id: string }>(sql`select id from signal`);
  const id = signal?.id ?? '';
  await Promise.all([told(sita, id), told(anna, id)]);
  const asked = await ask(roles.mei, { resource: 'globex-env' });
  const own = await ask();
  await Promise.all([told(gus, asked), told(sam, own)]);
  for (const other of [gus, sam]) expect(other.ids()).not.toContain(id);
});

it('tells what was committed late, and what was missed by who comes back', async () => {
  const sam = await connect(roles.sam);
  let late = '';
  // A transaction that takes its place early and commits after others.
  await web.ledger.owner.db.transaction(async (tx) => {
    const before = await ask();
    await tx.execute(sql`update access_request set tried_at = tenure_now() where id = ${before}`);
    late = before;
    await told(sam, before);
    sam.said.length = 0;
    await told(sam, await ask());
  });
  await told(sam, late);

  const position = lastId(sam);
  sam.leave();
  const missed = await ask();
  const foreign = await ask(roles.mei, { resource: 'globex-env' });
  const back = await connect(roles.sam, position);
  await told(back, missed);
  expect(back.ids()).not.toContain(foreign);
  expect(back.ids()).not.toContain(late);
  expect(back.said.map(({ event }) => event)).not.toContain('resync');
  // A position that says nothing to this process: look anew at everything.
  for (const strange of ['1:1:', 'x', '999999999:999999999:'])
    await heard(await connect(roles.sam, strange), 'resync');
});

it('ends within five seconds for who signed out, and for who may not sign in any more', async () => {
  const visitor = new Visitor();
  await signIn(visitor, web.url, roles.sam);
  const cookie = [...(visitor.cookies.get('localhost') ?? [])]
    .map(([name, value]) => `${name}=${value}`)
    .join('; ');
  const withSession = await listenTo(web.url, { cookie });
  connected.push(withSession);
  await heard(withSession, 'live');
  const sessions = await visitor.send(`${web.url}/v1/sessions`);
  const [{ id }] = JSON.parse(sessions.text).items;
  const other = await connect(roles.sam);
  await web.http.call(roles.sam, 'POST', `/v1/sessions/${id}/revocation`, { reason: 'x' });
  await heard(withSession, 'ended');
  await expect.poll(() => withSession.isOver).toBe(true);
  // Somebody who came otherwise stays.
  await told(other, await ask());

  const jonas = await connect(roles.jonas);
  const person = await web.ledger.owner.db.execute<{ id: string }>(
    sql`select id from person where email = ${roles.jonas}`,
  );
  await web.ledger.system.db.transaction((tx) =>
    suspendPeople(tx, [person[0]?.id ?? ''], actors.engine, 'left'),
  );
  await heard(jonas, 'ended');
  await expect.poll(() => jonas.isOver).toBe(true);
  const again = await listenTo(web.url, { authorization: `Bearer ${await web.http.token(roles.jonas)}` });
  expect(again.status).toBe(401);
});

it('says when it cannot follow, and goes on without having missed anything', async () => {
  const sam = await connect(roles.sam);
  await web.ledger.kill();
  await heard(sam, 'paused', 10_000);
  // Before: it may be back in the room before we know that it has started.
  sam.said.length = 0;
  await web.ledger.start();
  await heard(sam, 'live', 15_000);
  await told(sam, await ask(), 5_000);
});

it('serves two hundred at once, and refuses who connects too often', async () => {
  const many = await Promise.all(
    Object.values(roles)
      .filter((email) => !email.startsWith('ulla') && !email.startsWith('jonas'))
      .flatMap((email) => Array.from({ length: 23 }, () => connect(email))),
  );
  expect(many).toHaveLength(207);
  const refused = await listenTo(web.url, { authorization: `Bearer ${await web.http.token(roles.sam)}` });
  expect(refused.status).toBe(429);
  const { body } = await web.http.call(null, 'GET', '/metrics');
  expect(body).toContain('tenure_live_connections 207');
  const id = await ask();
  const sees = many.slice(0, 23);
  await Promise.all(sees.map((one) => told(one, id)));
  for (const one of many) one.leave();
  await expect
    .poll(async () => (await web.http.call(null, 'GET', '/metrics')).body, { timeout: 5_000 })
    .toContain('tenure_live_connections 0');
});

it('closes when the process stops', async () => {
  const sam = await connect(roles.sam);
  stopping.abort();
  await expect.poll(() => sam.isOver, { timeout: 2_000 }).toBe(true);
  expect(sam.said.map(({ event }) => event)).not.toContain('ended');
});
