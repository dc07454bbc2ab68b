import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyContract, foldContract } from '../../domain/contract.ts';
import { contractEffects } from '../../domain/contract-effects.ts';
import { readHubspotEvents } from '../../domain/hubspot-event.ts';
import { hubspotMappingSchema } from '../../domain/hubspot-event.schema.ts';
import { changed, eventFixture } from '../support/event-fixtures.ts';

const mapping = hubspotMappingSchema.parse(eventFixture('mapping-hubspot'));
const context = { source: 'hubspot', receivedAt: '2026-12-31T00:00:00.000Z' };
const read = (body: unknown, rules = mapping) => readHubspotEvents(body, rules, context);
const won = eventFixture('hubspot-deal-won');
const churned = eventFixture('hubspot-deal-churned');

/** One property of one object, as HubSpot sends it. */
const property = (kind: string, propertyName: string, propertyValue: unknown) =>
  changed(churned, {
    '0.subscriptionType': kind,
    '0.propertyName': propertyName,
    '0.propertyValue': propertyValue,
  });

it('a deal that is won and its company make a contract, a churned deal ends it, in any order of the array', () => {
  const facts = (body: unknown) =>
    read(body).flatMap((event) => {
      expect(event.problems).toEqual([]);
      return event.facts;
    });
  const begun = facts(won).reduce(foldContract, emptyContract());
  expect(facts(won).toReversed().reduce(foldContract, emptyContract())).toEqual(begun);
  expect(begun.terms).toMatchObject({
    state: 'active',
    tier: 'professional',
    seats: 25,
    until: '2027-11-30T00:00:00.000Z',
    carrier: { source: 'hubspot', objectId: 'deal/17745300412' },
  });
  const more = facts(eventFixture('hubspot-company-changed')).reduce(foldContract, begun);
  expect(contractEffects(begun, more)).toEqual([{ kind: 'seats-changed', from: 25, to: 30 }]);
  const over = facts(churned).reduce(foldContract, more);
  expect(contractEffects(more, over)).toEqual([{ kind: 'churned' }]);
});

it('whose a deal is stands in its association, and whose a company is in a property', () => {
  const customers = read(won).flatMap((event) => event.facts.map((fact) => [fact.objectId, fact.customer]));
  expect(customers).toContainEqual(['deal/17745300412', { id: 'company/9036215501', key: null, name: null }]);
  expect(customers).toContainEqual([
    'company/9036215501',
    { id: 'company/9036215501', key: 'initech', name: null },
  ]);
  expect(customers).toContainEqual(['deal/17745300412', { id: null, key: null, name: null }]);
});

it("an association that is taken away, or of another kind, changes nobody's contract", () => {
  expect(read(changed(won, { '1.associationRemoved': true }))[1]).toMatchObject({ ignored: 'nothing-said' });
  expect(read(changed(won, { '1.associationType': 'DEAL_TO_CONTACT' }))[1]).toMatchObject({
    ignored: 'kind-not-used',
  });
  expect(read(changed(won, { '1.toObjectId': undefined }))[1]).toMatchObject({
    problems: [{ code: 'missing', field: '1.toObjectId' }],
  });
});

it('events are told apart by what they are about, and a repeated delivery agrees with the first', () => {
  const ids = read(won).map((event) => event.eventId);
  expect(new Set(ids).size).toBe(ids.length);
  const again = read(changed(won, { '0.attemptNumber': 3 })).map((event) => event.eventId);
  expect(again).toEqual(ids);
  const sameNumber = read(changed(won, { '2.eventId': 3_181_526_802 })).map((event) => event.eventId);
  expect(new Set(sameNumber).size).toBe(ids.length);
});

describe('what says nothing', () => {
  it.each([
    ['a stage without a meaning', property('deal.propertyChange', 'dealstage', 'qualifiedtobuy')],
    ['a stage that every object inherits', property('deal.propertyChange', 'dealstage', 'constructor')],
    ['a property without a meaning', property('company.propertyChange', 'phone', '+1 555 0100')],
    ['a property that was emptied', property('company.propertyChange', 'northwind_seats', '')],
    ['the creation of a deal', changed(churned, { '0.subscriptionType': 'deal.creation' })],
    ['the deletion of a deal', changed(churned, { '0.subscriptionType': 'deal.deletion' })],
    ['another kind of object', changed(churned, { '0.subscriptionType': 'contact.propertyChange' })],
    ['a kind nobody heard of', changed(churned, { '0.subscriptionType': 'x' })],
  ])('%s: ignored, and nobody has to look', (_, body) => {
    expect(read(body)).toMatchObject([{ facts: [], problems: [] }]);
    expect(read(body)[0]?.ignored).not.toBeNull();
  });
});

it('generic subscriptions name the kind of object by its number', () => {
  const generic = changed(churned, {
    '0.subscriptionType': 'object.propertyChange',
    '0.objectTypeId': '0-3',
  });
  expect(read(generic)).toEqual(read(churned));
  const contact = changed(generic, { '0.objectTypeId': '0-1' });
  expect(read(contact)).toMatchObject([{ ignored: 'kind-not-used' }]);
});

describe('what cannot be mapped', () => {
  it.each([
    [
      'a plan without a tier',
      'northwind_plan',
      'Platinum',
      { code: 'unknown-value', field: '0.propertyValue', value: 'Platinum' },
    ],
    ['seats that are no number', 'northwind_seats', 'many', { code: 'malformed', field: '0.propertyValue' }],
    ['half a seat', 'northwind_seats', 2.5, { code: 'malformed', field: '0.propertyValue' }],
    [
      'an end that is no date',
      'northwind_contract_end',
      'in autumn',
      { code: 'malformed', field: '0.propertyValue' },
    ],
    [
      'a customer that is no key',
      'northwind_customer',
      'Acme Inc.',
      { code: 'malformed', field: '0.propertyValue' },
    ],
  ])('%s waits, with its field', (_, name, value, problem) => {
    const [event] = read(property('company.propertyChange', name, value));
    expect(event).toMatchObject({ facts: [], problems: [problem], ignored: null });
  });

  it("another account's event waits", () => {
    expect(read(changed(churned, { '0.portalId': 1 }))).toMatchObject([
      { facts: [], problems: [{ code: 'unknown-account', field: '0.portalId', value: '1' }] },
    ]);
  });

  it('an event of the future waits', () => {
    expect(read(changed(churned, { '0.occurredAt': Date.UTC(2027, 5, 1) }))).toMatchObject([
      { facts: [], problems: [{ code: 'time-in-future', field: '0.occurredAt' }] },
    ]);
  });

  it('one malformed event does not hold back its neighbours', () => {
    const found = read(changed(won, { '2.occurredAt': 'yesterday' }));
    expect(found[2]).toEqual({
      eventId: null,
      facts: [],
      problems: [{ code: 'malformed', field: '2.occurredAt' }],
      ignored: null,
    });
    expect(found.filter((event) => event.facts.length === 1)).toHaveLength(5);
  });

  it('a body that is no array is one problem, and no value makes it throw', () => {
    expect(read({})).toEqual([
      { eventId: null, facts: [], problems: [{ code: 'malformed', field: '' }], ignored: null },
    ]);
    fc.assert(
      fc.property(fc.jsonValue(), (any) => {
        for (const event of [...read(any), ...read([any])]) expect(event.facts).toEqual([]);
        read(changed(churned, { '0.propertyValue': any }));
      }),
    );
  });
});

it('an end may be a date or milliseconds, and an administrator may be named', () => {
  const rules = hubspotMappingSchema.parse({
    company: {
      properties: { ends: 'ends_at', admin: 'administrator_email', region: 'region', name: 'name' },
    },
  });
  const said = (name: string, value: unknown) =>
    read(property('company.propertyChange', name, value), rules).flatMap((event) => event.facts)[0];
  expect(said('ends', '1827532800000')?.endsAt).toBe('2027-11-30T00:00:00.000Z');
  expect(said('ends', '2027-11-30T01:00:00+01:00')?.endsAt).toBe('2027-11-30T00:00:00.000Z');
  expect(said('admin', 'Nora@Umbra.example')?.people).toEqual([
    { email: 'nora@umbra.example', name: null, role: 'administrator' },
  ]);
  expect(said('region', 'eu')?.region).toBe('eu');
  expect(said('name', ' Umbra ')?.customer.name).toBe('Umbra');
});
