import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { sql } from 'drizzle-orm';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createPost } from '../../activities/egress/post.ts';
import { createWebhooks, type Webhooks } from '../../activities/webhooks/sending.ts';
import { appendAudit } from '../../db/audit.ts';
import { type Executor, within } from '../../db/client.ts';
import { forwardFrom, listWebhookPlaces } from '../../db/queries/webhook-sending.ts';
import { actors } from '../../domain/audit-event.ts';
import { newId } from '../../domain/ids.ts';
import { isGenuine } from '../../examples/receiver/signature.ts';
import { type ApiHarness, startApi } from '../support/api.ts';

const [ada, omar, anna, gus, sam] = [
  'ada@northwind.example',
  'omar@northwind.example',
  'anna@acme.example',
  'gus@globex.example',
  'sam@northwind.example',
];

interface Taken {
  path: string;
  headers: IncomingHttpHeaders;
  event: {
    id: string;
    type: string;
    subject: string;
    data: { subject: { id: string }; organization_id: string };
  };
  isGenuineBy(...secrets: string[]): boolean;
}

let http: ApiHarness;
let server: Server;
let origin: string;
const taken: Taken[] = [];
/** What a path answers with; 204 unless said. `hang`: nothing. */
const answers = new Map<string, { status: number; headers?: Record<string, string> } | 'hang'>();
const organizations: Record<string, string> = {};
const senders: Webhooks[] = [];

beforeAll(async () => {
  http = await startApi({ webhooksReach: 'anywhere' });
  for (const { id, key } of await http.ledger.owner.db.execute<{ id: string; key: string }>(
    sql`select id, key from organization`,
  ))
    organizations[key] = id;
  server = createServer((request, response) => {
    void buffer(request).then((body) => take(request, body, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  origin = `http://127.0.0.1:${port}`;
});

function take(request: IncomingMessage, body: Buffer, response: ServerResponse): void {
  const { url: path = '', headers } = request;
  const signed = {
    id: String(headers['webhook-id']),
    timestamp: String(headers['webhook-timestamp']),
    signature: String(headers['webhook-signature']),
  };
  taken.push({
    path,
    headers,
    event: JSON.parse(body.toString()),
    isGenuineBy: (...secrets) => isGenuine(signed, body, secrets, Date.now()),
  });
  const answer = answers.get(path) ?? { status: 204 };
  if (answer !== 'hang') response.writeHead(answer.status, answer.headers).end();
}
beforeEach(() => {
  taken.length = 0;
  answers.clear();
});
afterEach(async () => {
  for (const one of senders.splice(0)) {
    one.close();
    await one.settled();
  }
  // Each test begins with endpoints of its own.
  await http.ledger.owner.db.execute(
    sql`update webhook_endpoint set state = 'removed', disabled_for = null where state <> 'removed'`,
  );
  expect(http.faults.splice(0)).toEqual([]);
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await http.stop();
});

function sender(ledger = http.ledger.system): Webhooks {
  const made = createWebhooks({
    ledger,
    sealing: http.ledger.keys.sealing,
    post: createPost({ reachable: 'anywhere', limitMs: 5_000 }),
    publicUrl: 'http://localhost:3000',
    log: pino({ enabled: false }),
    chance: () => 0,
  });
  senders.push(made);
  return made;
}

async function made(
  who: string,
  path: string,
  wish: { types?: string[] } = {},
): Promise<{ id: string; secret: string }> {
  const body = { url: `${origin}${path}`, description: path, ...wish };
  const { status, body: answer } = await http.call(who, 'POST', '/v1/webhooks', body);
  expect(status, JSON.stringify(answer)).toBe(201);
  return answer;
}

async function happen(customer: string, db: Executor = http.ledger.system.db): Promise<string> {
  const id = newId('org');
  const organizationId = organizations[customer] ?? '';
  const owners = { organizationId, holderOrganizationId: organizationId };
  await appendAudit(db, {
    type: 'consent.changed',
    actor: actors.system,
    subject: { kind: 'organization', id },
    ...owners,
  });
  return id;
}

/** Forwards and sends all that is due, and waits for it. */
async function run(webhooks = sender()): Promise<void> {
  await webhooks.forward();
  while ((await webhooks.send()) > 0) await webhooks.settled();
}

const subjects = (path: string, type = 'tenure.consent.changed.v1') =>
  taken.filter((one) => one.path === path && one.event.type === type).map((one) => one.event.data.subject.id);

async function deliveries(who: string, id: string, query = '') {
  const { status, body } = await http.call(who, 'GET', `/v1/webhooks/${id}/deliveries${query}`);
  expect(status).toBe(200);
  return body.items;
}

const makeDue = (id: string) =>
  http.ledger.owner.db.execute(
    sql`update webhook_delivery set due_at = tenure_now() where endpoint_id = ${id}`,
  );

describe('A webhook', () => {
  it('is sent what its organization sees, once and in order, each as the feed has it', async () => {
    const vendor = await made(ada, '/all');
    const ofAcme = await made(anna, '/acme');
    await made(gus, '/globex', { types: ['tenure.grant.ended.v1'] });
    const told = [await happen('acme'), await happen('globex'), await happen('acme')];
    await run();
    expect(subjects('/all')).toEqual(told);
    expect(subjects('/acme')).toEqual([told[0], told[2]]);
    expect(subjects('/globex')).toEqual([]);
    await run();
    expect(subjects('/all')).toHaveLength(3);
    const [first] = taken.filter(({ path, event }) => path === '/all' && event.data.subject.id === told[0]);
    expect(first?.headers['content-type']).toBe('application/cloudevents+json; charset=utf-8');
    expect(first?.headers['webhook-id']).toMatch(/^msg_/);
    expect(first?.isGenuineBy(vendor.secret)).toBe(true);
    expect(first?.isGenuineBy(ofAcme.secret)).toBe(false);
    const { body: feed } = await http.call(ada, 'GET', '/v1/feed?limit=1000');
    const ofFeed = feed.find(({ id }: { id: string }) => id === first?.event.id);
    expect(first?.event).toEqual(ofFeed);
    // It began with what happened from then on, its own making among it.
    expect(subjects('/all', 'tenure.webhook.made.v1')).toHaveLength(3);
    expect(await deliveries(ada, vendor.id)).toMatchObject([
      { state: 'delivered', tries: 1, last_status: 204 },
      {},
      {},
      {},
      {},
      {},
    ]);
  });

  it('loses nothing and gets nothing twice when several forward at once, and one dies in the middle', async () => {
    const { id } = await made(ada, '/many');
    await run();
    const told: string[] = [];
    for (let i = 0; i < 30; i += 1) told.push(await happen('acme'));
    const { db } = http.ledger.system;
    const dies = db.transaction(async (tx) => {
      for (const place of await listWebhookPlaces(tx)) await forwardFrom(tx, place, 7);
      throw new Error('dies');
    });
    await expect(dies).rejects.toThrow('dies');
    const places = await listWebhookPlaces(db);
    expect(places).toHaveLength(1);
    const forward = async () => {
      for (let round = 0; round < 10; round += 1)
        for (const place of await listWebhookPlaces(db)) await forwardFrom(db, place, 4);
    };
    await Promise.all([forward(), forward(), forward()]);
    const sending = [sender(), sender()];
    await Promise.all(sending.map((one) => run(one)));
    expect(subjects('/many').toSorted()).toEqual(told.toSorted());
    expect(await deliveries(ada, id, '?state=pending')).toEqual([]);
  });

  it('is tried again under the same id with a new signature until it is dead, and sent again when asked', async () => {
    const { id, secret } = await made(anna, '/down', { types: ['tenure.consent.changed.v1'] });
    answers.set('/down', { status: 500 });
    const told = await happen('acme');
    const webhooks = sender();
    const pauses: number[] = [];
    await run(webhooks);
    for (let round = 0; round < 7; round += 1) {
      const [one] = await deliveries(anna, id);
      expect(one).toMatchObject({
        state: 'pending',
        tries: round + 1,
        last_status: 500,
        last_error: 'refused',
      });
      pauses.push(Math.round((Date.parse(one.due_at) - Date.now()) / 60_000));
      await makeDue(id);
      await run(webhooks);
    }
    expect(pauses).toEqual([0, 5, 30, 120, 300, 600, 600]);
    expect(await deliveries(anna, id, '?state=dead')).toMatchObject([{ tries: 8, due_at: null }]);
    expect(subjects('/down')).toEqual(Array(8).fill(told));
    expect(new Set(taken.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(taken.every((one) => one.isGenuineBy(secret))).toBe(true);
    const { body: view } = await http.call(anna, 'GET', `/v1/webhooks/${id}`);
    expect(view).toMatchObject({ state: 'live', dead: 1, pending: 0, failing_since: expect.any(String) });
    const [dead] = await deliveries(anna, id);
    answers.clear();
    const path = `/v1/webhooks/${id}/deliveries/${dead.id}/replay`;
    const again = await http.call(anna, 'POST', path, {});
    expect(again).toMatchObject({ status: 201, body: { id: dead.id, state: 'pending', tries: 0 } });
    expect((await http.call(anna, 'POST', path, {})).status).toBe(409);
    await run(webhooks);
    expect(taken.at(-1)?.headers['webhook-id']).toBe(dead.id);
    expect(await deliveries(anna, id)).toMatchObject([{ state: 'delivered', tries: 1 }]);
    expect((await http.call(anna, 'GET', `/v1/webhooks/${id}`)).body).toMatchObject({
      dead: 0,
      failing_since: null,
    });
  });

  it('has all its dead sent again since an instant', async () => {
    const { id } = await made(anna, '/lost', { types: ['tenure.consent.changed.v1'] });
    const told = [await happen('acme'), await happen('acme')];
    await sender().forward();
    const { db } = http.ledger.owner;
    await db.execute(sql`update webhook_delivery set state = 'dead' where endpoint_id = ${id}`);
    const later = { since: '2099-01-01T00:00:00.000Z' };
    expect((await http.call(anna, 'POST', `/v1/webhooks/${id}/replay`, later)).body).toEqual({ replayed: 0 });
    const { created_at: since } = (await http.call(anna, 'GET', `/v1/webhooks/${id}`)).body;
    const replay = await http.call(anna, 'POST', `/v1/webhooks/${id}/replay`, { since });
    expect(replay).toMatchObject({ status: 201, body: { replayed: 2 } });
    await run();
    expect(subjects('/lost')).toEqual(told);
  });

  it('waits as long as it is asked to, is not sent on, and is stopped by what says that it is gone', async () => {
    const [busy, moved, gone] = [
      await made(anna, '/busy'),
      await made(anna, '/moved'),
      await made(anna, '/gone'),
    ];
    answers.set('/busy', { status: 503, headers: { 'retry-after': '3600' } });
    answers.set('/moved', { status: 307, headers: { location: `${origin}/elsewhere` } });
    answers.set('/gone', { status: 410 });
    await run();
    const [waiting] = await deliveries(anna, busy.id);
    expect(Math.round((Date.parse(waiting.due_at) - Date.now()) / 60_000)).toBe(60);
    expect(await deliveries(anna, moved.id)).toMatchObject([
      { last_error: 'redirected', state: 'pending' },
      {},
    ]);
    expect(subjects('/elsewhere')).toEqual([]);
    const { body: stopped } = await http.call(anna, 'GET', `/v1/webhooks/${gone.id}`);
    expect(stopped).toMatchObject({ state: 'disabled', disabled_for: 'gone', dead: 1 });
    // With the same transaction, who may mend it is to be told.
    const told = await http.ledger.owner.db.execute(
      sql`select p.email from notice n join person p on p.id = n.person_id
        where n.kind = 'webhook-stopped' and n.data->>'webhookId' = ${gone.id} order by 1`,
    );
    expect(told).toEqual([{ email: anna }, { email: 'tom@acme.example' }]);
    answers.clear();
    await happen('acme');
    await run();
    expect(taken.filter(({ path }) => path === '/gone')).toHaveLength(1);
    // It goes on where it stopped.
    expect((await http.call(anna, 'POST', `/v1/webhooks/${gone.id}/resumption`, {})).body).toMatchObject({
      state: 'live',
    });
    await run();
    expect(subjects('/gone')).toHaveLength(1);
    const events = await http.call(anna, 'GET', '/v1/feed?limit=1000');
    const types = events.body
      .filter(({ subject }: { subject: string }) => subject === `webhook/${gone.id}`)
      .map(({ type }: { type: string }) => type);
    expect(types).toEqual([
      'tenure.webhook.made.v1',
      'tenure.webhook.disabled.v1',
      'tenure.webhook.resumed.v1',
    ]);
  });

  it('that takes nothing for days is stopped when a delivery dies, and one that takes some is not', async () => {
    const { id } = await made(anna, '/long', { types: ['tenure.consent.changed.v1'] });
    answers.set('/long', { status: 500 });
    await happen('acme');
    await run();
    const { db } = http.ledger.owner;
    await db.execute(sql`update webhook_delivery set tries = 7 where endpoint_id = ${id}`);
    await db.execute(
      sql`update webhook_endpoint set failing_since = tenure_now() - interval '6 days' where id = ${id}`,
    );
    await makeDue(id);
    await run();
    expect((await http.call(anna, 'GET', `/v1/webhooks/${id}`)).body).toMatchObject({
      state: 'disabled',
      disabled_for: 'failing',
    });
  });

  it('that hangs takes up nobody else’s time', async () => {
    const dead = await made(anna, '/hangs');
    const well = await made(anna, '/well', { types: ['tenure.consent.changed.v1'] });
    answers.set('/hangs', 'hang');
    const told: string[] = [];
    for (let i = 0; i < 20; i += 1) told.push(await happen('acme'));
    const webhooks = sender();
    await webhooks.forward();
    await expect
      .poll(
        async () => {
          await webhooks.send();
          return (await deliveries(anna, well.id, '?state=delivered&limit=200')).length;
        },
        { timeout: 4_000 },
      )
      .toBe(20);
    expect(subjects('/well').toSorted()).toEqual(told.toSorted());
    expect(taken.filter(({ path }) => path === '/hangs')).toHaveLength(8);
    // What was cut off by our own end is not the other side's fault.
    webhooks.close();
    await webhooks.settled();
    expect((await http.call(anna, 'GET', `/v1/webhooks/${dead.id}`)).body).toMatchObject({
      failing_since: null,
      dead: 0,
    });
  });

  it('of a customer with many endpoints that hang takes up no other customer’s time', async () => {
    const hanging = await Promise.all(Array.from({ length: 10 }, (_, nth) => made(anna, `/hangs/${nth}`)));
    const well = await made(gus, '/well', { types: ['tenure.consent.changed.v1'] });
    for (const [nth] of hanging.entries()) answers.set(`/hangs/${nth}`, 'hang');
    for (let i = 0; i < 8; i += 1) await happen('acme');
    const told = await happen('globex');
    const webhooks = sender();
    await webhooks.forward();
    await webhooks.send();
    await webhooks.send();
    await expect.poll(() => subjects('/well'), { timeout: 4_000 }).toEqual([told]);
    expect(await deliveries(gus, well.id, '?state=delivered')).toHaveLength(1);
    const underWay = await http.ledger.owner.db.execute<{ count: number }>(sql`
      select count(*)::int from webhook_delivery d join webhook_endpoint w on w.id = d.endpoint_id and w.state = 'live'
      where w.organization_id = ${organizations['acme'] ?? ''} and d.tries > 0 and d.state = 'pending'`);
    expect([...underWay]).toEqual([{ count: 16 }]);
  });

  it('signs by both secrets while one takes the place of the other', async () => {
    const { id, secret: former } = await made(anna, '/turn');
    const rotated = await http.call(anna, 'POST', `/v1/webhooks/${id}/secrets`, {});
    expect(rotated).toMatchObject({ status: 201, body: { secret: expect.stringMatching(/^whsec_/) } });
    expect(rotated.headers.get('cache-control')).toBe('no-store');
    const { secret } = rotated.body;
    await run();
    expect(taken.length).toBeGreaterThan(0);
    for (const one of taken.splice(0))
      expect([former, secret].map((by) => one.isGenuineBy(by))).toEqual([true, true]);
    const last = await http.call(anna, 'POST', `/v1/webhooks/${id}/secrets`, { former_valid_for: 'PT0S' });
    expect(last.body).toMatchObject({ former_secret_until: null });
    await run();
    const by = [former, secret, last.body.secret].map((one) => taken.at(-1)?.isGenuineBy(one));
    expect(by).toEqual([false, false, true]);
    const { body } = await http.call(anna, 'GET', `/v1/webhooks/${id}`);
    expect(JSON.stringify(body)).not.toContain('whsec_');
    // Whoever helps a customer does not get to sign for it.
    expect((await http.call(omar, 'POST', `/v1/webhooks/${id}/secrets`, {})).status).toBe(403);
  });

  it('is tested, paused, let go on and removed; nothing is lost while it is paused', async () => {
    const { id } = await made(anna, '/life', { types: ['tenure.consent.changed.v1'] });
    const tested = await http.call(anna, 'POST', `/v1/webhooks/${id}/test`, {});
    expect(tested).toMatchObject({
      status: 201,
      body: { type: 'tenure.webhook.tested.v1', state: 'pending' },
    });
    await run();
    expect(taken).toMatchObject([
      { headers: { 'webhook-id': tested.body.id }, event: { id: tested.body.event_id } },
    ]);
    const act = (what: string) => http.call(anna, 'POST', `/v1/webhooks/${id}/${what}`, {});
    expect(await act('pause')).toMatchObject({ status: 201, body: { state: 'paused' } });
    expect((await act('pause')).status).toBe(409);
    const told = await happen('acme');
    await run();
    expect(subjects('/life')).toEqual([]);
    expect((await act('resumption')).status).toBe(201);
    await run();
    expect(subjects('/life')).toEqual([told]);
    expect((await act('removal')).status).toBe(201);
    expect((await act('removal')).status).toBe(404);
    expect((await http.call(anna, 'GET', '/v1/webhooks')).body.items).toEqual([]);
    await happen('acme');
    await run();
    expect(subjects('/life')).toEqual([told]);
  });

  it('is made by those alone who may see its events, to an address that may be sent to, twenty at most', async () => {
    const wish = { url: 'https://hooks.example.com/x', description: 'x' };
    expect((await http.call(sam, 'POST', '/v1/webhooks', wish)).status).toBe(403);
    const strict = http.over({ webhooksReach: 'outside' });
    for (const url of [
      'http://hooks.example.com',
      'https://127.0.0.1',
      'https://[::ffff:127.0.0.1]',
      'https://2130706433',
      'https://169.254.169.254',
    ]) {
      const response = await strict.request('/v1/webhooks', {
        method: 'POST',
        headers: { authorization: `Bearer ${await http.token(anna)}`, 'content-type': 'application/json' },
        body: JSON.stringify({ ...wish, url }),
      });
      expect({ url, status: response.status }).toEqual({ url, status: 422 });
      expect(await response.json()).toMatchObject({ errors: [{ pointer: '/url' }] });
    }
    for (const types of [['tenure.nothing.v1'], ['consent.changed'], 'all'])
      expect((await http.call(anna, 'POST', '/v1/webhooks', { ...wish, types })).status).toBe(422);
    for (let i = 0; i < 20; i += 1) await made(anna, `/${i}`, { types: ['tenure.grant.begun.v1'] });
    expect(await http.call(anna, 'POST', '/v1/webhooks', wish)).toMatchObject({
      status: 409,
      body: { type: 'urn:tenure:problem:webhook-limit' },
    });
  });

  it('is guarded by the ledger: nobody moves it, leads it elsewhere or writes its deliveries', async () => {
    const { id } = await made(anna, '/guarded');
    const scope = { personId: '', organizationId: organizations['acme'] ?? '', reach: 'own' as const };
    const [person] = await http.ledger.owner.db.execute<{ id: string }>(
      sql`select id from person where email = ${anna}`,
    );
    scope.personId = person?.id ?? '';
    const refused = [
      sql`update webhook_endpoint set url = 'https://elsewhere.example' where id = ${id}`,
      sql`update webhook_endpoint set event_id = 'aud_z' where id = ${id}`,
      sql`delete from webhook_endpoint where id = ${id}`,
      sql`insert into webhook_endpoint (id, organization_id, url, description, sealed_secret, made_by)
        values ('hook_x', ${organizations['globex']}, 'https://x.example', 'x', 'x', ${scope.personId})`,
      sql`insert into webhook_endpoint (id, organization_id, url, description, sealed_secret, made_by)
        values ('hook_y', ${organizations['northwind']}, 'https://x.example', 'x', 'x', ${scope.personId})`,
      sql`insert into webhook_delivery (id, endpoint_id, organization_id, event_id, type)
        select 'msg_x', ${id}, organization_id, id, type from audit_event where organization_id = ${scope.organizationId} limit 1`,
    ];
    for (const statement of refused)
      await expect(within(http.ledger.app, scope, (tx) => tx.execute(statement))).rejects.toThrow();
  });

  it('forgets after thirty days what was sent, and never what waits', async () => {
    const { id } = await made(anna, '/old', { types: ['tenure.consent.changed.v1'] });
    await happen('acme');
    await run();
    const { db } = http.ledger.owner;
    const old = (state: string) => sql`
      insert into webhook_delivery (id, endpoint_id, organization_id, event_id, type, state)
      select 'msg_00000000000000000000000' || ${state.slice(0, 3)}, ${id}, ${organizations['acme']}, a.id, a.type, ${state}
      from audit_event a where not exists (select 1 from webhook_delivery d where d.event_id = a.id and d.endpoint_id = ${id}) limit 1`;
    for (const state of ['pending', 'dead', 'delivered']) await db.execute(old(state));
    expect(await sender().tidy()).toBe(2);
    expect(await deliveries(anna, id)).toHaveLength(2);
  });
});
