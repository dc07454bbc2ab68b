import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readMappedEvent } from '../../domain/mapped-event.ts';
import { type EventMapping, eventMappingSchema } from '../../domain/mapped-event.schema.ts';
import { changed, eventFixture } from '../support/event-fixtures.ts';

const context = { source: 'erp', receivedAt: '2026-12-31T00:00:00.000Z', deliveryId: 'msg_1' };
const mapping = eventMappingSchema.parse(eventFixture('mapping-erp'));
const signed = eventFixture('cloudevent-contract-signed');
const read = (body: unknown, rules: EventMapping = mapping) => readMappedEvent(body, rules, context);
const rules = (changes: object) => eventMappingSchema.parse({ customer: 'customer', ...changes });

it('a CloudEvent says customer, tier, seats, end and people by the paths of its mapping', () => {
  expect(read(signed)).toEqual({
    eventId: 'contract-7731-v3',
    problems: [],
    ignored: null,
    facts: [
      {
        source: 'erp',
        eventId: 'contract-7731-v3',
        objectId: 'C-7731',
        customer: { id: 'C-7731', key: 'umbra', name: 'Umbra' },
        occurredAt: '2026-11-20T08:15:30.250Z',
        rank: 2,
        status: 'active',
        tier: 'enterprise',
        seats: 40,
        endsAt: '2027-11-20T00:00:00.000Z',
        region: 'eu',
        people: [
          { email: 'nora@umbra.example', name: 'Nora', role: 'administrator' },
          { email: 'luca@umbra.example', name: 'Luca', role: 'member' },
        ],
      },
    ],
  });
});

it('plain JSON says the same by its own paths, also its id and instant', () => {
  const plain = eventMappingSchema.parse(eventFixture('mapping-erp-plain'));
  const found = read(eventFixture('plain-contract-cancelled'), plain);
  expect(found).toMatchObject({ eventId: 'erp-99120', problems: [] });
  expect(found.facts).toMatchObject([
    { objectId: 'C-7731', occurredAt: '2026-11-21T16:00:00.000Z', status: 'ended', tier: undefined },
  ]);
});

it('plain JSON without an id goes by the delivery, and without an instant by its first arrival', () => {
  expect(read({ customer: 'umbra' }, rules({}))).toMatchObject({
    eventId: 'msg_1',
    facts: [
      {
        eventId: 'msg_1',
        occurredAt: context.receivedAt,
        status: 'active',
        customer: { id: 'umbra', key: null },
      },
    ],
  });
  expect(read({ customer: 'umbra', at: null }, rules({ occurred_at: 'at' })).problems).toEqual([
    { code: 'missing', field: 'at' },
  ]);
});

describe('the standing', () => {
  const word = rules({
    status: { path: 'state', values: { trial: 'trialing', live: 'active', stopped: 'ended' } },
  });

  it('comes word by word, is not spoken about when absent, and waits when nobody knows the word', () => {
    expect(read({ customer: 'c', state: 'trial' }, word).facts).toMatchObject([
      { status: 'trialing', rank: 1 },
    ]);
    expect(read({ customer: 'c' }, word).facts).toMatchObject([{ status: undefined }]);
    expect(read({ customer: 'c', state: 'toString' }, word)).toMatchObject({
      facts: [{ status: undefined }],
      problems: [{ code: 'unknown-value', field: 'state', value: 'toString' }],
    });
  });

  it('is over when the churn field says so, whatever else the event says', () => {
    const churn = rules({ churn: { path: 'gone' }, tier: 'tier', tiers: {} });
    expect(read({ customer: 'c', gone: true, tier: 'x' }, churn)).toMatchObject({
      facts: [{ status: 'ended' }],
      problems: [],
    });
    expect(read({ customer: 'c', gone: 'true' }, churn).facts).toMatchObject([{ status: 'active' }]);
  });
});

describe('what cannot be read', () => {
  it('waits with every field at once, while the rest holds', () => {
    const body = changed(signed, { 'data.plan': { code: 'GOLD', seats: -1 }, 'data.ends': 'soon' });
    const found = read(body);
    expect(found.problems).toEqual([
      { code: 'unknown-value', field: 'data.plan.code', value: 'GOLD' },
      { code: 'malformed', field: 'data.plan.seats' },
      { code: 'malformed', field: 'data.ends' },
    ]);
    expect(found.facts).toMatchObject([
      { status: 'active', tier: undefined, seats: undefined, region: 'eu' },
    ]);
  });

  it('a list of people counts whole or not at all', () => {
    const body = changed(signed, { 'data.users.1.email': 'nobody' });
    expect(read(body)).toMatchObject({
      problems: [{ code: 'malformed', field: 'data.users.1.email' }],
      facts: [{ people: undefined }],
    });
    const role = changed(signed, { 'data.users.1.function': 'janitor' });
    expect(read(role).problems).toEqual([
      { code: 'unknown-value', field: 'data.users.1.function', value: 'janitor' },
    ]);
    expect(read(changed(signed, { 'data.users': 'nora@umbra.example' })).problems).toEqual([
      { code: 'malformed', field: 'data.users' },
    ]);
  });

  it('an event without a customer, or from the future, says nothing', () => {
    expect(read(changed(signed, { 'data.account': {} }))).toMatchObject({
      facts: [],
      problems: [{ code: 'missing', field: 'data.account.number' }],
    });
    expect(read(changed(signed, { time: '2027-06-01T00:00:00Z' }))).toMatchObject({
      facts: [],
      problems: [{ code: 'time-in-future', field: 'time' }],
    });
  });

  it('a CloudEvent of another version, or without its required fields, is malformed', () => {
    expect(read(changed(signed, { specversion: '0.3' })).problems).toEqual([
      { code: 'malformed', field: 'specversion' },
    ]);
    expect(read(changed(signed, { id: undefined, time: 'noon' }))).toMatchObject({
      eventId: 'msg_1',
      problems: [
        { code: 'malformed', field: 'id' },
        { code: 'malformed', field: 'time' },
      ],
    });
  });

  it('an event of a kind that is not used is ignored', () => {
    expect(read(changed(signed, { type: 'example.northwind.user.seen' }))).toMatchObject({
      facts: [],
      ignored: 'kind-not-used',
    });
  });
});

it('people may be addresses alone, and one who is named twice is one', () => {
  const list = rules({ people: { path: 'users' } });
  const body = {
    customer: 'c',
    users: ['nora@umbra.example', 'Nora@umbra.example', { email: 'luca@umbra.example', role: 'owner' }],
  };
  expect(read(body, list).facts[0]?.people).toEqual([
    { email: 'nora@umbra.example', name: null, role: 'member' },
    { email: 'luca@umbra.example', name: null, role: 'owner' },
  ]);
});

it('a path reaches what the body holds, never what every object inherits', () => {
  for (const customer of ['constructor.name', '__proto__.x', 'toString.name', 'a.length', 'list.length']) {
    const body = { a: 'text', list: ['x'] };
    expect(read(body, rules({ customer }))).toMatchObject({
      facts: [],
      problems: [{ code: 'missing', field: customer }],
    });
  }
  expect(read({ list: [{ id: 7 }] }, rules({ customer: 'list.0.id' })).facts).toMatchObject([
    { objectId: '7' },
  ]);
});

it('no body makes it throw', () => {
  const everything = rules({
    customer: 'a.a',
    tier: 'a.b',
    seats: 'b',
    ends_at: 'a',
    people: { path: 'b' },
    status: { path: 'a', values: {} },
    churn: { path: 'b' },
    name: 'a',
    occurred_at: 'a.b',
  });
  const nested = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 3 }, fc.jsonValue(), fc.record({ a: tie('value'), b: tie('value') })),
  })).value;
  fc.assert(
    fc.property(nested, (body) => {
      const found = read(body, everything);
      expect(found.facts.length === 1 || found.problems.length > 0).toBe(true);
    }),
  );
});

it('a mapping that cannot work is refused when it is written', () => {
  for (const wrong of [
    { customer: '' },
    { customer: 'a..b' },
    { customer: 'a b' },
    { tiers: { x: 'Not A Key' } },
    { tire: 'x' },
  ]) {
    expect(eventMappingSchema.safeParse({ customer: 'customer', ...wrong }).success).toBe(false);
  }
});
