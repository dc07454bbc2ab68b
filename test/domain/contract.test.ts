import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Contract, emptyContract, foldContract } from '../../domain/contract.ts';
import { type ContractEffect, contractEffects, stands } from '../../domain/contract-effects.ts';
import { type ContractFact, contractStatuses, statusRank } from '../../domain/contract-fact.ts';
import { readStripeEvent } from '../../domain/stripe-event.ts';
import { stripeMappingSchema } from '../../domain/stripe-event.schema.ts';
import { eventFixture } from '../support/event-fixtures.ts';

const mapping = stripeMappingSchema.parse(eventFixture('mapping-stripe'));

function factsOf(name: string): ContractFact[] {
  const context = { source: 'stripe', receivedAt: '2026-12-31T00:00:00.000Z' };
  const mapped = readStripeEvent(eventFixture(name), mapping, context);
  expect(mapped).toMatchObject({ problems: [], ignored: null });
  return mapped.facts;
}

function fold(facts: readonly ContractFact[], from = emptyContract()): Contract {
  return facts.reduce(foldContract, from);
}

function orders<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, index) => orders(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
}

/** As a row would keep it: a database may give the names of an object back in another order. */
function stored(contract: Contract): Contract {
  const turned = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(turned);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([name, inner]) => [name, turned(inner)]),
    );
  };
  // What went out as plain JSON comes back as the same plain JSON.
  return turned(JSON.parse(JSON.stringify(contract))) as Contract;
}

const stories = [
  {
    name: 'a trial that becomes a contract, is upgraded, fails to pay and pays',
    events: [
      'stripe-subscription-created',
      'stripe-checkout-completed',
      'stripe-subscription-active',
      'stripe-subscription-upgraded',
      'stripe-invoice-payment-failed',
      'stripe-invoice-paid',
    ],
    terms: {
      state: 'active',
      tier: 'enterprise',
      seats: 40,
      until: '2026-12-16T09:00:00.000Z',
      cancelAt: null,
      region: null,
      name: 'Umbra',
      people: [{ email: 'nora@umbra.example', name: 'Nora', role: 'administrator' }],
      carrier: { source: 'stripe', objectId: 'sub_1UmbraNorthwind' },
    },
    effects: [{ kind: 'onboarded', again: false }],
  },
  {
    name: 'a contract that fails to pay and is over',
    events: [
      'stripe-subscription-created',
      'stripe-subscription-active',
      'stripe-subscription-upgraded',
      'stripe-invoice-payment-failed',
      'stripe-subscription-past-due',
      'stripe-subscription-deleted',
    ],
    terms: {
      state: 'ended',
      tier: 'enterprise',
      seats: 40,
      until: '2026-12-16T09:00:00.000Z',
      cancelAt: null,
      region: null,
      name: 'Umbra',
      people: [],
      carrier: { source: 'stripe', objectId: 'sub_1UmbraNorthwind' },
    },
    effects: [],
  },
] as const;

describe.each(stories)('every order of six billing events, each doubled: $name', (story) => {
  const facts = story.events.flatMap(factsOf);
  const all = orders(facts);

  it('ends in one state and one set of effects', () => {
    expect(all).toHaveLength(720);
    const final = fold(facts);
    expect(final.terms).toEqual(story.terms);
    for (const order of all) {
      for (const doubled of [order.flatMap((fact) => [fact, fact]), [...order, ...order]]) {
        const end = fold(doubled);
        expect(end).toEqual(final);
        expect(contractEffects(emptyContract(), end)).toEqual(story.effects);
      }
    }
  });

  it('acts on nothing twice: a doubled event has no effect, and nobody is onboarded or churned a second time', () => {
    for (const order of all) {
      let contract = emptyContract();
      const kinds: ContractEffect['kind'][] = [];
      for (const fact of order) {
        const next = foldContract(contract, fact);
        kinds.push(...contractEffects(contract, next).map((effect) => effect.kind));
        expect(foldContract(next, fact)).toBe(next);
        contract = next;
      }
      const count = (kind: string) => kinds.filter((one) => one === kind).length;
      expect(count('onboarded')).toBeLessThanOrEqual(1);
      expect(count('onboarded') - count('churned')).toBe(stands(contract.terms) ? 1 : 0);
    }
  });
});

/** One step after another, with what must be acted on at each. */
function effectsAlong(names: readonly string[]): string[][] {
  let contract = emptyContract();
  return names.map((name) => {
    const next = fold(factsOf(name), contract);
    const effects = contractEffects(contract, next).map((effect) => effect.kind);
    contract = next;
    return effects;
  });
}

it('in the order they happened, each event has the effect that its name suggests', () => {
  const names = [
    'stripe-checkout-completed',
    'stripe-subscription-created',
    'stripe-trial-will-end',
    'stripe-subscription-active',
    'stripe-invoice-payment-failed',
    'stripe-subscription-past-due',
    'stripe-invoice-paid',
    'stripe-subscription-deleted',
  ];
  expect(effectsAlong(names)).toEqual([
    [],
    ['onboarded'],
    [],
    ['converted', 'end-moved'],
    ['dunning'],
    ['tier-changed', 'seats-changed'],
    ['recovered'],
    ['churned'],
  ]);
});

const plain = (overrides: Partial<ContractFact>): ContractFact => ({
  source: 'stripe',
  eventId: 'evt_1',
  objectId: 'sub_1',
  customer: { id: 'cus_1', key: null, name: null },
  occurredAt: '2026-11-22T10:00:00.000Z',
  rank: overrides.status ? statusRank(overrides.status) : 0,
  ...overrides,
});
const at = (hour: number) => new Date(Date.UTC(2026, 10, 22, hour)).toISOString();

describe('the words of one object', () => {
  it('an older fact that arrives later undoes nothing, field by field', () => {
    const now = fold([plain({ eventId: 'b', occurredAt: at(12), status: 'active', tier: 'enterprise' })]);
    const older = plain({ eventId: 'a', occurredAt: at(11), status: 'past_due', tier: 'free', seats: 5 });
    const then = foldContract(now, older);
    expect(then.terms).toMatchObject({ state: 'active', tier: 'enterprise', seats: 5 });
  });

  it('of one instant the later state of a contract counts, then the id', () => {
    const begun = plain({ eventId: 'z', status: 'pending', tier: 'professional' });
    const paid = plain({ eventId: 'a', status: 'active', tier: 'professional' });
    expect(fold([paid, begun]).terms.state).toBe('active');
    const renamed = plain({ eventId: 'b', status: 'active', tier: 'enterprise' });
    expect(fold([renamed, paid]).terms.tier).toBe('enterprise');
    expect(fold([paid, renamed]).terms.tier).toBe('enterprise');
  });

  it('what is final stays, whatever is said later', () => {
    const over = plain({ eventId: 'a', status: 'ended', final: true, tier: 'free' });
    const later = plain({ eventId: 'b', occurredAt: at(20), status: 'active', payment: 'paid' });
    expect(fold([over, later]).terms.state).toBe('ended');
    expect(fold([later, over]).terms.state).toBe('ended');
    const expired = plain({ eventId: 'c', status: 'pending', final: true });
    expect(fold([expired, later]).terms.state).toBe('pending');
  });

  it('an end that is not final can be taken back, and that is a new beginning', () => {
    const over = fold([
      plain({ status: 'active', tier: 'free' }),
      plain({ eventId: 'b', occurredAt: at(12), status: 'ended' }),
    ]);
    const back = foldContract(over, plain({ eventId: 'c', occurredAt: at(13), status: 'active' }));
    expect(contractEffects(over, back)).toEqual([{ kind: 'onboarded', again: true }]);
  });

  it('a payment counts against an older status only, and starts no paid contract in a trial', () => {
    const trial = plain({ status: 'trialing', tier: 'free' });
    const paid = plain({ eventId: 'in', occurredAt: at(11), payment: 'paid', rank: 2 });
    const failed = plain({ eventId: 'in2', occurredAt: at(11), payment: 'failed', rank: 1 });
    expect(fold([trial, paid]).terms.state).toBe('trialing');
    const active = plain({ eventId: 'b', occurredAt: at(12), status: 'active', tier: 'free' });
    expect(fold([active, failed]).terms.state).toBe('active');
    expect(fold([active, { ...failed, occurredAt: at(13) }]).terms.state).toBe('past_due');
    expect(
      fold([active, { ...failed, occurredAt: at(13) }, { ...paid, occurredAt: at(13) }]).terms.state,
    ).toBe('active');
  });

  it('one that names no end is confirmed by a word of a later day, and no more often', () => {
    const said = (eventId: string, occurredAt: string) =>
      plain({ eventId, occurredAt, status: 'active', tier: 'free' });
    const [first, again, next] = [
      said('a', '2026-12-01T08:00:00.000Z'),
      said('b', '2026-12-01T20:00:00.000Z'),
      said('c', '2026-12-02T01:00:00.000Z'),
    ];
    const one = fold([first]);
    expect(contractEffects(one, fold([first, again]))).toEqual([]);
    expect(contractEffects(one, fold([first, next]))).toEqual([{ kind: 'confirmed', at: next.occurredAt }]);
    expect(contractEffects(fold([first, next]), fold([first, next, again]))).toEqual([]);
    const ending = fold([{ ...first, endsAt: '2027-12-01T00:00:00.000Z' }]);
    expect(contractEffects(ending, foldContract(ending, next))).toEqual([]);
  });

  it('a planned cancellation moves the end and can be withdrawn', () => {
    const running = fold([plain({ status: 'active', tier: 'free', endsAt: at(20), cancelAt: null })]);
    const planned = foldContract(
      running,
      plain({ eventId: 'b', occurredAt: at(11), endsAt: at(20), cancelAt: at(15) }),
    );
    expect(contractEffects(running, planned)).toEqual([
      { kind: 'cancellation-planned', at: at(15) },
      { kind: 'end-moved', from: at(20), to: at(15) },
    ]);
    const withdrawn = foldContract(planned, plain({ eventId: 'c', occurredAt: at(12), cancelAt: null }));
    expect(contractEffects(planned, withdrawn).map((effect) => effect.kind)).toEqual([
      'cancellation-withdrawn',
      'end-moved',
    ]);
  });
});

describe('several objects of one customer', () => {
  const old = plain({
    objectId: 'sub_old',
    status: 'active',
    tier: 'professional',
    seats: 10,
    startedAt: at(1),
  });

  it('the end of a subscription that another one replaced does not end the contract', () => {
    const next = plain({
      objectId: 'sub_new',
      eventId: 'b',
      occurredAt: at(11),
      status: 'active',
      tier: 'enterprise',
      startedAt: at(11),
    });
    const gone = plain({
      objectId: 'sub_old',
      eventId: 'c',
      occurredAt: at(12),
      status: 'ended',
      final: true,
    });
    const before = fold([old]);
    const end = fold([next, gone], before);
    expect(contractEffects(before, end).map((effect) => effect.kind)).toEqual([
      'tier-changed',
      'seats-changed',
    ]);
    expect(end.terms).toMatchObject({ state: 'active', tier: 'enterprise', seats: null });
  });

  it('of two that stand the newer one carries, also after the older one was renewed', () => {
    const next = plain({
      objectId: 'sub_new',
      eventId: 'b',
      occurredAt: at(11),
      status: 'active',
      tier: 'enterprise',
      startedAt: at(11),
    });
    const renewed = plain({ ...old, eventId: 'c', occurredAt: at(13) });
    expect(fold([old, next, renewed]).terms.tier).toBe('enterprise');
  });

  it('the better standing carries, also where the newer one is over or unpaid', () => {
    for (const status of ['ended', 'past_due', 'pending'] as const) {
      const newer = plain({
        objectId: 'sub_new',
        eventId: 'b',
        occurredAt: at(11),
        status,
        startedAt: at(11),
      });
      expect(fold([old, newer]).terms).toMatchObject({ state: 'active', carrier: { objectId: 'sub_old' } });
    }
  });

  it('a tier that was known stays known when another contract carries that names none', () => {
    const silent = plain({ objectId: 'sub_new', eventId: 'b', occurredAt: at(11), status: 'active' });
    const gone = plain({
      objectId: 'sub_old',
      eventId: 'c',
      occurredAt: at(12),
      status: 'ended',
      final: true,
    });
    const before = fold([old, silent]);
    const end = foldContract(before, gone);
    expect(end.terms).toMatchObject({ state: 'active', tier: 'professional', seats: null });
    expect(contractEffects(fold([old]), end).map((effect) => effect.kind)).toEqual(['seats-changed']);
  });

  it('an attempt that never began in one source ends nothing that another carries', () => {
    const signed = plain({ source: 'hubspot', objectId: 'deal/1', status: 'active', tier: 'enterprise' });
    const tried = plain({ eventId: 'b', occurredAt: at(15), status: 'pending', tier: 'professional' });
    const expired = plain({ eventId: 'c', occurredAt: at(16), status: 'pending', final: true });
    expect(fold([signed, tried, expired]).terms).toMatchObject({ state: 'active', tier: 'enterprise' });
  });

  it('of two sources the one that spoke last about a contract counts', () => {
    const sold = plain({ source: 'hubspot', objectId: 'deal/1', status: 'active', tier: 'professional' });
    const lost = plain({
      source: 'hubspot',
      objectId: 'deal/1',
      eventId: 'z',
      occurredAt: at(20),
      status: 'ended',
    });
    const paid = plain({ occurredAt: at(12), status: 'active', tier: 'enterprise' });
    expect(fold([sold, paid]).terms).toMatchObject({ state: 'active', tier: 'enterprise' });
    expect(fold([sold, paid, lost]).terms.state).toBe('ended');
  });

  it("a company's card completes what the deal does not say, and does not stand by itself", () => {
    const card = plain({
      source: 'hubspot',
      objectId: 'company/1',
      tier: 'professional',
      seats: 25,
      region: 'eu',
    });
    const deal = plain({ source: 'hubspot', objectId: 'deal/1', status: 'active' });
    const known = fold([card]);
    expect(known.terms.state).toBe('none');
    expect(contractEffects(emptyContract(), known)).toEqual([]);
    expect(fold([deal], known).terms).toMatchObject({
      state: 'active',
      tier: 'professional',
      seats: 25,
      region: 'eu',
    });
  });

  it('a contract of which nobody said the tier waits for it', () => {
    const signed = fold([plain({ status: 'active' })]);
    expect(contractEffects(emptyContract(), signed)).toEqual([]);
    const told = foldContract(signed, plain({ objectId: 'card', tier: 'free' }));
    expect(contractEffects(signed, told)).toEqual([{ kind: 'onboarded', again: false }]);
  });
});

it('people who are named, or no longer, are one effect; the same people in another order are none', () => {
  const person = (name: string) => ({ email: `${name}@umbra.example`, name, role: 'member' });
  const people = (occurredAt: string, ...names: string[]) =>
    plain({ eventId: occurredAt, occurredAt, status: 'active', tier: 'free', people: names.map(person) });
  const first = fold([people(at(10), 'nora', 'luca')]);
  const turned = foldContract(first, people(at(11), 'luca', 'nora'));
  expect(contractEffects(first, turned)).toEqual([]);
  const changed = foldContract(turned, people(at(12), 'nora', 'ines'));
  expect(contractEffects(turned, changed)).toEqual([
    { kind: 'people-changed', added: ['ines@umbra.example'], removed: ['luca@umbra.example'], changed: [] },
  ]);
  const promoted = foldContract(
    changed,
    plain({ occurredAt: at(13), people: [person('nora'), { ...person('ines'), role: 'administrator' }] }),
  );
  expect(contractEffects(changed, promoted)).toEqual([
    { kind: 'people-changed', added: [], removed: [], changed: ['ines@umbra.example'] },
  ]);
});

it('who is won back is a contract of its own: whom the former one named is nobody of it, unless it was followed at once', () => {
  const nora = { email: 'nora@umbra.example', name: 'Nora', role: 'administrator' };
  const facts = (endedAt: string, beganAt: string) => [
    plain({ eventId: 'one', objectId: 'former', status: 'active', tier: 'free', people: [nora] }),
    plain({ eventId: 'two', objectId: 'former', occurredAt: endedAt, status: 'ended', final: true }),
    plain({
      eventId: 'three',
      objectId: 'next',
      occurredAt: beganAt,
      startedAt: beganAt,
      status: 'active',
      tier: 'free',
    }),
  ];
  for (const order of orders(facts(at(10), at(11))))
    expect(fold(order).terms).toMatchObject({ state: 'active', people: [] });
  for (const order of orders(facts(at(11), at(10)))) expect(fold(order).terms.people).toEqual([nora]);
});

it('one event that names people in two ways ends the same, whichever way was stored first', () => {
  const named = (name: string | null) =>
    plain({ people: [{ email: 'nora@umbra.example', name, role: 'member' }] });
  const [one, other] = [named(null), named('Nora')];
  const end = foldContract(stored(fold([one])), other);
  expect(foldContract(stored(fold([other])), one)).toEqual(end);
});

describe('any facts at all', () => {
  const instant = fc.integer({ min: 0, max: 4 }).map(at);
  const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
  const fact: fc.Arbitrary<ContractFact> = fc.record({
    source: fc.constantFrom('stripe', 'hubspot'),
    eventId: fc.constantFrom('a', 'b', 'c', 'd'),
    objectId: fc.constantFrom('one', 'two', '__proto__'),
    customer: fc.record({
      id: fc.constant('cus'),
      key: fc.constant(null),
      name: fc.constantFrom(null, 'Umbra', 'Penumbra'),
    }),
    occurredAt: instant,
    rank: fc.nat(3),
    status: optional(fc.constantFrom(...contractStatuses)),
    final: fc.boolean(),
    payment: optional(fc.constantFrom('paid', 'failed')),
    startedAt: optional(instant),
    tier: optional(fc.constantFrom('free', 'professional', 'enterprise')),
    seats: optional(fc.constantFrom(null, 1, 2)),
    endsAt: optional(fc.oneof(instant, fc.constant(null))),
    cancelAt: optional(fc.oneof(instant, fc.constant(null))),
    region: optional(fc.constantFrom('eu', 'us')),
    people: optional(
      fc.array(
        fc.record({
          email: fc.constantFrom('nora', 'luca'),
          name: fc.constantFrom(null, 'N'),
          role: fc.constant('member'),
        }),
        {
          maxLength: 2,
        },
      ),
    ),
  });
  const facts = fc.array(fact, { maxLength: 8 });
  const shuffledTwice = facts.chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray([...list, ...list], { minLength: list.length * 2 })),
  );

  it('end the same in any order and any number, also when the contract is stored after each', () => {
    fc.assert(
      fc.property(shuffledTwice, ([list, shuffled]) => {
        const end = fold(list);
        const other = shuffled.reduce((known, one) => foldContract(stored(known), one), emptyContract());
        expect(other).toEqual(end);
        expect(contractEffects(end, other)).toEqual([]);
      }),
    );
  });

  it('change nothing when they are repeated, also on a contract that was stored in between', () => {
    fc.assert(
      fc.property(facts, (list) => {
        const end = fold(list);
        expect(list.reduce(foldContract, end)).toBe(end);
        const kept = stored(end);
        expect(list.reduce(foldContract, kept)).toBe(kept);
        expect(kept).toEqual(end);
      }),
    );
  });

  it('whose effects step by step lead from the first terms to the last', () => {
    fc.assert(
      fc.property(facts, (list) => {
        let contract = emptyContract();
        let standing = false;
        for (const one of list) {
          const next = foldContract(contract, one);
          const effects = contractEffects(contract, next);
          for (const effect of effects) {
            if (effect.kind === 'onboarded') expect(standing).toBe(false);
            else if (
              effect.kind !== 'dunning' &&
              effect.kind !== 'paused' &&
              effect.kind !== 'cancellation-planned'
            )
              expect(standing).toBe(true);
            if (effect.kind === 'onboarded') standing = true;
            if (effect.kind === 'churned') standing = false;
            if (effect.kind === 'tier-changed') expect(effect.to).toBe(next.terms.tier);
          }
          expect(standing).toBe(stands(next.terms));
          contract = next;
        }
      }),
    );
  });
});
