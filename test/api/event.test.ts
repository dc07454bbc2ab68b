import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { signWebhook, verifyWebhook, type WebhookScheme } from '../../crypto/webhook-signature.ts';
import { createRateLimiter } from '../../api/guards/rate-limit.ts';
import { type ReceptionDeps, receiveEvent } from '../../api/operations/receive-event.ts';
import { eventListShape, eventShape, eventWholeShape, receivedShape } from '../../api/schemas/event.ts';
import { type ApiHarness, startApi } from '../support/api.ts';
import { changed, eventFixture } from '../support/event-fixtures.ts';
import { deliver, mappingFixture, provideExampleSources, readAll, secrets } from '../support/events.ts';

const ada = 'ada@northwind.example';
let http: ApiHarness;
beforeAll(async () => {
  http = await startApi();
  await provideExampleSources(http.ledger);
});
afterAll(() => http.stop());

const stripe = (name: string, id: string) => changed(eventFixture(`stripe-${name}`), { id });

async function rows<T extends Record<string, unknown>>(statement: ReturnType<typeof sql>): Promise<T[]> {
  const found = await http.ledger.owner.db.execute<T>(statement);
  // The driver's type of a row says the same in more words.
  return found.map((row) => row as T);
}

describe('A delivery', () => {
  it('is stored as it came, once, with one audit event', async () => {
    const text = JSON.stringify(stripe('subscription-created', 'evt_once'), null, 2);
    const first = await deliver(http, 'stripe', text);
    expect(first).toMatchObject({ status: 202, body: { received: 1, duplicates: 0 } });
    receivedShape.strict().parse(first.body);
    expect((await deliver(http, 'stripe', text)).body).toEqual({ received: 0, duplicates: 1 });
    const stored = await rows<{ body: string; state: string }>(
      sql`select body, state from inbound_event where event_id = 'evt_once'`,
    );
    expect(stored).toEqual([{ body: text, state: 'received' }]);
    const audited = await rows(sql`select 1 from audit_event where type = 'event.received'`);
    expect(audited).toHaveLength(1);
  });

  it('of several events is stored as several', async () => {
    const answer = await deliver(http, 'hubspot', eventFixture('hubspot-deal-won'));
    const { length } = eventFixture('hubspot-deal-won') as unknown[];
    expect(answer.body).toEqual({ received: length, duplicates: 0 });
    expect((await deliver(http, 'hubspot', eventFixture('hubspot-deal-won'))).body).toEqual({
      received: 0,
      duplicates: length,
    });
  });

  it('that names itself in no way goes by its own id, which a retry repeats', async () => {
    const body = { customer: 'C-9', state: 'active', happened: '2026-11-01T00:00:00Z' };
    const deliveryId = 'msg_retry';
    expect((await deliver(http, 'erp', body, { deliveryId })).body).toEqual({ received: 1, duplicates: 0 });
    expect((await deliver(http, 'erp', body, { deliveryId })).body).toEqual({ received: 0, duplicates: 1 });
  });

  it('that is rightly signed and no JSON is malformed, and not stored', async () => {
    const before = await http.count('inbound_event');
    for (const body of ['{"id": ', '', '\u0000'])
      expect(await deliver(http, 'stripe', body)).toMatchObject({
        status: 400,
        body: { type: 'urn:tenure:problem:malformed-json' },
      });
    expect(await http.count('inbound_event')).toBe(before);
  });

  it('that cannot be what the ledger holds is kept all the same, and waits', async () => {
    const body = {
      id: 'evt_\u0000',
      type: 'customer.subscription.updated',
      created: 1,
      data: { object: { object: 'x' } },
    };
    expect((await deliver(http, 'stripe', body)).body).toEqual({ received: 1, duplicates: 0 });
    await readAll(http.ledger);
    expect(await rows(sql`select 1 from inbound_event where state = 'received'`)).toEqual([]);
  });

  it('a thousand at once: each once, none lost', async () => {
    const send = (n: number) =>
      deliver(http, 'stripe', stripe('subscription-created', `evt_many_${n % 500}`));
    const answers = await Promise.all(Array.from({ length: 1_000 }, (_, n) => send(n)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    const sum = (name: string) => answers.reduce((total, { body }) => total + body[name], 0);
    expect([sum('received'), sum('duplicates')]).toEqual([500, 500]);
  });
});

describe('What is stored', () => {
  /** The event as whoever manages access reads it, of which the source's id is given. */
  async function whole(source: string, eventId: string) {
    const { items } = (await http.call(ada, 'GET', `/v1/events?source=${source}&limit=200`)).body;
    const found = items.find((one: { event_id: string }) => one.event_id === eventId);
    const { body } = await http.call(ada, 'GET', `/v1/events/${found?.id}`);
    return eventWholeShape.strict().parse(body);
  }

  /** Whether what the ledger kept is still signed by the source's secret, as its scheme says. */
  function isProven(
    source: keyof typeof secrets,
    scheme: WebhookScheme,
    event: z.infer<typeof eventWholeShape>,
  ) {
    const { signed, body, delivery_body: delivery } = event;
    const verdict = verifyWebhook(
      scheme,
      {
        method: signed?.method ?? '',
        url: signed?.url ?? '',
        headers: new Headers(signed?.headers),
        body: Buffer.from(delivery ?? body),
      },
      [secrets[source] ?? ''],
      Date.now(),
    );
    return verdict.ok;
  }

  it('proves itself by the signature, byte for byte, also where one delivery held several events', async () => {
    // Nothing that writes JSON again would write it like this.
    const events = eventFixture('hubspot-deal-won') as { eventId: number }[];
    const written = events.map((one, at) =>
      JSON.stringify({ ...one, eventId: 9_000 + at }, null, at).replace('"eventId"', '  "event\\u0049d" '),
    );
    const text = ` [${written.join(' ,\n')} ]`;
    expect((await deliver(http, 'hubspot', text)).body).toEqual({ received: events.length, duplicates: 0 });
    const { items } = (await http.call(ada, 'GET', '/v1/events?source=hubspot&limit=200')).body;
    const stored = items.filter((one: { event_id: string }) => one.event_id.includes('/900'));
    expect(stored).toHaveLength(events.length);
    for (const one of stored) {
      const event = await whole('hubspot', one.event_id);
      expect(event.delivery_body).toBe(text);
      expect(event.body).not.toBe(text);
      expect(isProven('hubspot', 'hubspot', event)).toBe(true);
      expect(isProven('hubspot', 'hubspot', { ...event, delivery_body: `${text} ` })).toBe(false);
    }
    // Once for the delivery, and not again when it is repeated.
    const before = await http.count('inbound_delivery');
    await deliver(http, 'hubspot', text);
    expect(await http.count('inbound_delivery')).toBe(before);
    expect(await rows(sql`select 1 from inbound_delivery where body = ${text}`)).toHaveLength(1);
  });

  it('proves itself where the body is the event', async () => {
    const text = JSON.stringify(stripe('subscription-created', 'evt_proven'), null, 3);
    await deliver(http, 'stripe', text);
    const event = await whole('stripe', 'evt_proven');
    expect(event).toMatchObject({ body: text, delivery_body: null });
    expect(isProven('stripe', 'stripe', event)).toBe(true);
    await deliver(http, 'erp', { id: 'proven', customer: 'C-1' }, { deliveryId: 'msg_proven' });
    const mapped = await whole('erp', 'proven').catch(() => whole('erp', 'msg_proven'));
    expect(isProven('erp', 'standard', mapped)).toBe(true);
  });

  it('cannot be changed afterwards', async () => {
    for (const change of [
      sql`update inbound_delivery set body = 'x'`,
      sql`delete from inbound_delivery`,
      sql`update inbound_event set delivery_id = null`,
    ])
      await expect(http.ledger.owner.db.execute(change)).rejects.toThrow();
  });
});

describe('An id that comes again with other words', () => {
  const conflicting = async (source: string) =>
    (await http.call(ada, 'GET', `/v1/events?state=conflicting&source=${source}&limit=200`)).body.items;
  const first = stripe('subscription-created', 'evt_twice');
  const other = changed(first, { 'data.object.quantity': 4_000 });

  it('is acknowledged, changes nothing, and is listed with its record, once', async () => {
    await deliver(http, 'stripe', first);
    await readAll(http.ledger);
    const facts = await http.count('contract_fact');
    for (const _ of [1, 2])
      expect(await deliver(http, 'stripe', other)).toMatchObject({
        status: 202,
        body: { received: 0, duplicates: 1 },
      });
    await readAll(http.ledger);
    expect(await http.count('contract_fact')).toBe(facts);
    const [item, ...more] = await conflicting('stripe');
    expect(more).toEqual([]);
    eventShape.strict().parse(item);
    const [kept] = await rows<{ id: string }>(sql`select id from inbound_event where event_id = 'evt_twice'`);
    expect(item).toMatchObject({ state: 'conflicting', conflicts_with: kept?.id });
    const shown = await http.call(ada, 'GET', `/v1/events/${item.id}`);
    expect(JSON.parse(shown.body.body)).toEqual(other);
    expect(
      await rows(
        sql`select subject_id as id, actor_id as by from audit_event where type = 'event.conflicting'`,
      ),
    ).toEqual([{ id: item.id, by: 'stripe' }]);
  });

  it('is not read by replaying, and goes off the list by discarding', async () => {
    const [item] = await conflicting('stripe');
    expect(await http.call(ada, 'POST', `/v1/events/${item.id}/replay`, {})).toMatchObject({
      status: 409,
      body: { type: 'urn:tenure:problem:no-longer-waiting' },
    });
    const discarded = await http.call(ada, 'POST', `/v1/events/${item.id}/discarding`, { reason: 'A test' });
    expect(discarded).toMatchObject({ status: 200, body: { state: 'discarded' } });
    expect(await conflicting('stripe')).toEqual([]);
    expect((await http.call(ada, 'POST', `/v1/events/${item.id}/replay`, {})).status).toBe(409);
    await http.call(ada, 'POST', '/v1/event-sources/stripe/replay', {});
    expect(
      await rows(sql`select 1 from inbound_event where conflicts_with is not null and state <> 'discarded'`),
    ).toEqual([]);
  });

  it('is a plain repetition where only what changes with each try is other', async () => {
    await deliver(http, 'stripe', changed(first, { pending_webhooks: 7, 'request.id': 'req_other' }));
    const events = eventFixture('hubspot-deal-won') as object[];
    const again = events.map((one) => ({ attemptNumber: 3, ...one })).toReversed();
    expect((await deliver(http, 'hubspot', again)).body.received).toBe(0);
    const body = { id: 'retry-order', customer: 'C-10' };
    await deliver(http, 'erp', body, { deliveryId: 'msg_order' });
    await deliver(http, 'erp', { customer: 'C-10', id: 'retry-order' }, { deliveryId: 'msg_order' });
    expect([await conflicting('stripe'), await conflicting('hubspot'), await conflicting('erp')]).toEqual([
      [],
      [],
      [],
    ]);
    await deliver(http, 'erp', { ...body, customer: 'C-11' }, { deliveryId: 'msg_order' });
    expect(await conflicting('erp')).toHaveLength(1);
  });
});

describe('A source that floods', () => {
  it('is told to wait, loses nothing, and keeps no other source waiting', async () => {
    const limits = {
      accepted: createRateLimiter({ burst: 2, perSecond: 0.001 }),
      recorded: createRateLimiter({ burst: 1, perSecond: 1 }),
    };
    const deps: ReceptionDeps = {
      ledger: http.ledger.app,
      sealing: http.ledger.keys.sealing,
      publicUrl: 'http://localhost:3000',
    };
    const flood = (source: string, n: number) => {
      const text = JSON.stringify({ customer: 'C-flood', id: `flood-${source}-${n}` });
      const body = Buffer.from(text);
      const secret = secrets[source] ?? '';
      const scheme = source === 'erp' ? 'standard' : 'stripe';
      const headers = new Headers(
        signWebhook(scheme, secret, { body, signedAtMs: Date.now(), deliveryId: `flood-${n}` }),
      );
      const delivery = { source, method: 'POST', path: `/v1/events/${source}`, headers, body };
      return receiveEvent(deps, delivery, limits);
    };
    await flood('erp', 1);
    await flood('erp', 2);
    await expect(flood('erp', 3)).rejects.toMatchObject({ code: 'too-many-requests' });
    await expect(flood('stripe', 1)).resolves.toEqual({ received: 1, duplicates: 0 });
    expect(
      await rows(sql`select 1 from inbound_event where source = 'erp' and event_id = 'flood-3'`),
    ).toEqual([]);
  });
});

describe('The waiting list', () => {
  const unknown = changed(eventFixture('stripe-subscription-created'), {
    id: 'evt_new_price',
    'data.object.id': 'sub_new_price',
    'data.object.customer': 'cus_new_price',
    'data.object.items.data.0.price.id': 'price_new',
    'data.object.items.data.0.price.product': 'prod_new',
  });
  let id = '';

  it('has what the mapping does not know, and says what that is', async () => {
    await deliver(http, 'stripe', unknown);
    await readAll(http.ledger);
    const { body } = await http.call(ada, 'GET', '/v1/events?state=waiting&source=stripe');
    eventListShape.parse(body);
    const item = body.items.find((one: { event_id: string }) => one.event_id === 'evt_new_price');
    eventShape.strict().parse(item);
    expect(item.problems).toEqual([
      { code: 'unknown-price', field: 'data.object.items.data.0.price.id', value: 'price_new' },
    ]);
    expect(JSON.stringify(body)).not.toContain('"body"');
    id = item.id;
  });

  it('shows the whole event to whoever manages access, and to nobody else', async () => {
    const whole = await http.call(ada, 'GET', `/v1/events/${id}`);
    eventWholeShape.strict().parse(whole.body);
    expect(JSON.parse(whole.body.body)).toEqual(unknown);
    for (const who of ['sam@northwind.example', 'anna@acme.example', 'sita@northwind.example'])
      expect((await http.call(who, 'GET', `/v1/events/${id}`)).status).toBe(403);
    expect((await http.call(null, 'GET', `/v1/events/${id}`)).status).toBe(401);
    expect((await http.call(ada, 'GET', '/v1/events/evt_01kb4c1q0efv3m8r6x2t9d5wzk')).status).toBe(404);
  });

  it('is worked off by correcting the mapping and replaying', async () => {
    const mapping = {
      ...mappingFixture('stripe'),
      prices: {
        price_new: 'professional',
        price_northwind_professional: 'professional',
        price_northwind_enterprise: 'enterprise',
      },
    };
    const put = await http.call(ada, 'PUT', '/v1/event-sources/stripe', { scheme: 'stripe', mapping });
    expect(put).toMatchObject({ status: 200, body: { mapping } });
    const replayed = await http.call(ada, 'POST', `/v1/events/${id}/replay`, {});
    expect(replayed).toMatchObject({ status: 202, body: { state: 'received' } });
    await readAll(http.ledger);
    const { body } = await http.call(ada, 'GET', `/v1/events/${id}`);
    expect(body).toMatchObject({ state: 'mapped', problems: [] });
    const facts = await rows<{ tier: string }>(
      sql`select fact->>'tier' as tier from contract_fact where inbound_event_id = ${id}`,
    );
    expect(facts).toEqual([{ tier: 'professional' }]);
    const refold = await rows(
      sql`select refold from contract where organization_id = ${body.customer.id} and refold`,
    );
    expect(refold).toHaveLength(1);
  });

  it('is replayed as a whole, or an event is taken off it with a reason', async () => {
    for (const n of [1, 2])
      await deliver(
        http,
        'stripe',
        changed(unknown, { id: `evt_odd_${n}`, 'data.object.items.data.0.price.id': 'price_odd' }),
      );
    await readAll(http.ledger);
    const waiting = await http.call(ada, 'GET', '/v1/events?state=waiting&source=stripe');
    const [first] = waiting.body.items;
    const discarded = await http.call(ada, 'POST', `/v1/events/${first.id}/discarding`, {
      reason: 'A test price',
    });
    expect(discarded).toMatchObject({ status: 200, body: { state: 'discarded' } });
    expect(
      (await http.call(ada, 'POST', `/v1/events/${first.id}/discarding`, { reason: 'again' })).status,
    ).toBe(409);
    const all = await http.call(ada, 'POST', '/v1/event-sources/stripe/replay', {});
    expect(all).toMatchObject({ status: 202, body: { replayed: waiting.body.items.length - 1 } });
    await readAll(http.ledger);
    const types = await rows<{ type: string }>(
      sql`select distinct type from audit_event where subject_kind in ('event', 'event_source') order by 1`,
    );
    expect(types.map(({ type }) => type)).toEqual([
      'event.conflicting',
      'event.discarded',
      'event.mapped',
      'event.received',
      'event.replayed',
      'event.waiting',
      'source.changed',
    ]);
  });
});

describe('A source', () => {
  const path = '/v1/event-sources/ledgerly';

  it('is made by whoever manages access, with a mapping that its scheme can read', async () => {
    const wrong = { scheme: 'standard', mapping: { customer: 'data..id', whatever: 1 } };
    const refused = await http.call(ada, 'PUT', path, wrong);
    expect(refused).toMatchObject({ status: 422, body: { type: 'urn:tenure:problem:invalid-input' } });
    expect(JSON.stringify(refused.body.errors)).toContain('/mapping/customer');
    const right = { name: 'Ledgerly', scheme: 'standard', mapping: { customer: 'account' } };
    const made = await http.call(ada, 'PUT', path, right);
    expect(made).toMatchObject({
      status: 200,
      body: {
        key: 'ledgerly',
        name: 'Ledgerly',
        secrets: [],
        url: 'http://localhost:3000/v1/events/ledgerly',
      },
    });
    expect((await http.call('anna@acme.example', 'PUT', path, right)).status).toBe(403);
    expect((await http.call(ada, 'GET', path)).body).toEqual(made.body);
    const otherScheme = { scheme: 'stripe', mapping: {} };
    expect((await http.call(ada, 'PUT', path, otherScheme)).status).toBe(422);
  });

  it('rotates its secret with two valid at a time', async () => {
    const send = (secret: string, id: string) =>
      deliver(http, 'ledgerly', { account: 'C-1', id }, { secret }).then(({ status }) => status);
    const rotate = async (body: object) => (await http.call(ada, 'POST', `${path}/secrets`, body)).body;
    const { secret: first } = await rotate({});
    const { secret: second, former_expires_at: ends } = await rotate({});
    expect(Date.parse(ends)).toBeGreaterThan(Date.now() + 23 * 3_600_000);
    expect([await send(first, '1'), await send(second, '2')]).toEqual([202, 202]);
    const { secret: third } = await rotate({ former_valid_for: 'PT0S' });
    expect([await send(first, '3'), await send(second, '4'), await send(third, '5')]).toEqual([
      401, 401, 202,
    ]);
    const { secret: fourth } = await rotate({});
    const { secret: fifth } = await rotate({});
    expect([await send(third, '6'), await send(fourth, '7'), await send(fifth, '8')]).toEqual([
      401, 202, 202,
    ]);
    const shown = await http.call(ada, 'GET', path);
    expect(shown.body.secrets).toHaveLength(2);
    expect(shown.headers.get('cache-control')).toBe('no-store');
    expect(JSON.stringify(shown.body)).not.toMatch(/whsec_|sealed/);
  });

  it('takes the secret that the other side made', async () => {
    const secret = 'whsec_bWFkZS1ieS10aGUtb3RoZXItc2lkZS0wMTIzNDU2Nzg5';
    const put = { scheme: 'stripe', mapping: mappingFixture('stripe'), secret };
    expect((await http.call(ada, 'PUT', '/v1/event-sources/stripe', put)).body.secrets).toHaveLength(2);
    // The same again is no new secret.
    expect((await http.call(ada, 'PUT', '/v1/event-sources/stripe', put)).body.secrets).toHaveLength(2);
    for (const one of [secret, secrets['stripe'] ?? ''])
      expect(
        (await deliver(http, 'stripe', stripe('invoice-paid', `evt_${one}`), { secret: one })).status,
      ).toBe(202);
  });
});
