import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Catalog } from '../../domain/catalog.ts';
import { entitlementNames } from '../../domain/catalog-entitlements.ts';
import { rolesOf } from '../../domain/catalog-tier.ts';
import {
  desiredStanding,
  type Ground,
  identityOf,
  type LapsedStanding,
  type OpenStanding,
  type Review,
  standingPlan,
  type StandingPerson,
  type StandingPlan,
  standingUnder,
  type StandingWish,
} from '../../domain/standing.ts';
import { anyCatalog } from '../support/catalog.ts';
import {
  clerk,
  day,
  givenAt,
  now,
  open,
  standingCatalog as catalog,
  user,
} from '../support/standing-people.ts';

function reviewed(days: number, role: string | null = null): Review {
  return { id: `review_${days}`, role, at: day(days) };
}

function held(person: StandingPerson, at = now): string[] {
  return desiredStanding(catalog, person, at).map(
    (one) => `${one.resource}:${one.entitlement} of ${one.organization}`,
  );
}

describe('What a person shall hold', () => {
  it('is what roles give, on a shared resource for the own customer, with the way it comes', () => {
    expect(held(user())).toEqual(['acme-env:read of acme', 'app:read of acme', 'app:write of acme']);
    expect(held(user({ key: 'globex' }))).toContain('app:read of globex');
    expect(held(clerk())).toEqual(['app:write of northwind', 'files:read of northwind']);
    expect(desiredStanding(catalog, user(), now)[1]).toEqual({
      resource: 'app',
      entitlement: 'read',
      organization: 'acme',
      because: ['member', 'viewer'],
      until: day(37),
      grounds: [{ kind: 'contract', until: day(37) }],
    });
  });

  it('is as much as the restricted roles give while the customer is restricted', () => {
    expect(held(user({ dunning: 'notice' }))).toHaveLength(3);
    expect(held(user({ dunning: 'restricted' }))).toEqual(['app:read of acme']);
  });

  it.each([
    ['a customer that is suspended for not paying', user({ dunning: 'suspended' })],
    ['a customer that is offboarded for not paying', user({ dunning: 'offboarded' })],
    ['a person or organization that is suspended', user({}, { suspended: true })],
    ['somebody who is no member', user({}, { place: null })],
    ['somebody who begins later', clerk({ startsAt: day(1) })],
    ['somebody whose end has come', clerk({ endsAt: now })],
    ['a customer whose contract is over, grace and all', user({ contractUntil: day(-7) })],
    [
      'a colleague whose role was given longer ago than its period',
      clerk({ place: givenAt({ clerk: day(-365) }) }),
    ],
    [
      'a user whose contract was confirmed too long ago',
      user({ contractUntil: null, confirmedAt: day(-90), memberSince: day(-99) }),
    ],
  ])('is nothing for %s', (_, person) => {
    expect(held(person)).toEqual([]);
  });

  it('is all that the roles give and nothing else, for many people as for one', () => {
    const tier = (any: Catalog) => any.tiers[0]?.key ?? '';
    fc.assert(
      fc.property(anyCatalog, fc.constantFrom('none', 'restricted'), (any, dunning) => {
        const people = any.roles.map((one) =>
          user({ tier: tier(any), dunning }, { roles: [one.key], ...(one.key < 'd' ? {} : { place: null }) }),
        );
        const under = standingUnder(any);
        for (const person of people) {
          const wishes = under(person, now);
          expect(wishes).toEqual(desiredStanding(any, person, now));
          const customer = { key: 'acme', tier: tier(any), contractRole: 'member' };
          const restricted = dunning === 'restricted';
          const roles = rolesOf(any, { roles: person.roles, customer: { ...customer, restricted } }, now);
          expect(wishes.map((one) => `${one.resource}:${one.entitlement}`)).toEqual(
            person.place ? entitlementNames(any, roles) : [],
          );
        }
      }),
    );
  });
});

describe('The end of standing access', () => {
  const end = (person: StandingPerson, at = now) => desiredStanding(catalog, person, at)[0]?.until;

  it("is the contract's with the churn grace, and moves with it", () => {
    expect(end(user())).toBe(day(37));
    expect(end(user({ contractUntil: '2027-03-12T02:00:00+02:00' }))).toBe(day(37));
    expect(end(user({}, { endsAt: day(3) }))).toBe(day(3));
    expect(end(user({}, { reviews: [reviewed(0)] }))).toBe(day(37));
  });

  it("is the contract's own where there is no grace", () => {
    const settings = { ...catalog.settings, churnGrace: 'PT0S' };
    expect(desiredStanding({ ...catalog, settings }, user(), now)[0]?.until).toBe(day(30));
  });

  it("is the customer type's period where the contract names none, from its last word, the place or a review", () => {
    const openEnd = { contractUntil: null };
    expect(end(user(openEnd))).toBe(day(85));
    expect(end(user({ ...openEnd, confirmedAt: day(-3) }))).toBe(day(87));
    expect(end(user({ ...openEnd, confirmedAt: day(1) }))).toBe(day(90));
    expect(end(user(openEnd, { reviews: [reviewed(-1)] }))).toBe(day(89));
    expect(end(user(openEnd, { reviews: [reviewed(-1, 'viewer')] }))).toBe(day(85));
    expect(end(user({ ...openEnd, type: 'gone' }))).toBe(day(360));
    expect(end(user({ ...openEnd, type: null }))).toBe(day(360));
  });

  it("is the standing period for the vendor's people, from when the role was given or reviewed, never after their own end", () => {
    expect(end(clerk())).toBe(day(355));
    expect(end(clerk({ endsAt: day(20) }))).toBe(day(20));
    expect(end(clerk({ reviews: [reviewed(-5)] }))).toBe(day(360));
    expect(end(clerk({ reviews: [reviewed(-5, 'clerk'), reviewed(-1, 'member')] }))).toBe(day(360));
    expect(end(clerk({ reviews: [reviewed(-5)], endsAt: day(20) }))).toBe(day(20));
  });

  it('is the latest that one of several roles gives, which is told as the reason', () => {
    const two = (clerkAt: string, memberAt: string) =>
      clerk({ roles: ['clerk', 'member'], place: givenAt({ clerk: clerkAt, member: memberAt }) });
    const write = (person: StandingPerson) =>
      desiredStanding(catalog, person, now).find((one) => one.entitlement === 'write');
    expect(write(two(day(-10), day(-20)))).toMatchObject({ until: day(355), because: ['clerk'] });
    expect(write(two(day(-366), day(-20)))).toMatchObject({ until: day(345), because: ['member'] });
  });

  it('is the same whenever it is asked for', () => {
    const people = [user(), clerk(), user({ contractUntil: null, confirmedAt: day(-30) })];
    for (const person of people) expect(end(person, day(9))).toBe(end(person));
  });
});

const contract = (days: number): Ground => ({ kind: 'contract', until: day(days) });
const given = (at: number, until: number): Ground => ({ kind: 'given', at: day(at), until: day(until) });
const review = (at: number, until: number): Ground => ({
  kind: 'review',
  id: `review_${at}`,
  at: day(at),
  until: day(until),
});
const wish = (...grounds: Ground[]): StandingWish => ({
  resource: 'app',
  entitlement: 'read',
  organization: 'acme',
  because: ['viewer'],
  until: grounds.reduce((latest, one) => (one.until > latest ? one.until : latest), ''),
  grounds,
});
const lapsed = (since: number): LapsedStanding => ({
  resource: 'app',
  entitlement: 'read',
  organization: 'acme',
  since: day(since),
});
const none: StandingPlan = { begin: [], end: [], renew: [] };
const planned = (
  desired: readonly StandingWish[],
  grants: readonly OpenStanding[],
  more: { at?: string; isContractEvent?: boolean; lapsed?: readonly LapsedStanding[] } = {},
) => {
  const { at = now, isContractEvent = false } = more;
  return standingPlan(desired, { open: grants, lapsed: more.lapsed ?? [] }, { at, isContractEvent });
};

describe('The plan between what is held and what shall be', () => {
  it('begins what is missing, ends what is too much, and tells customers apart', () => {
    const other = { ...wish(contract(37)), organization: 'globex' };
    expect(planned([other], [open('grant_1')])).toEqual({ ...none, begin: [other], end: ['grant_1'] });
    expect(planned([wish(given(-9, 37))], [open('grant_1')])).toEqual(none);
  });

  it('moves an end to a later instant by an event of the contract, and by nothing else that happens', () => {
    expect(planned([wish(contract(37))], [open('g')]).renew).toEqual([]);
    expect(planned([wish(contract(37))], [open('g')], { isContractEvent: true }).renew).toEqual([
      { id: 'g', until: day(37), by: 'contract', reviewId: null },
    ]);
    expect(planned([wish(given(-1, 99))], [open('g')], { isContractEvent: true }).renew).toEqual([]);
  });

  it('moves it by a line of a review that is newer than the grant and its renewals, whoever plans', () => {
    expect(planned([wish(review(-1, 37))], [open('g')]).renew).toEqual([
      { id: 'g', until: day(37), by: 'review', reviewId: 'review_-1' },
    ]);
    expect(planned([wish(review(-21, 37))], [open('g')]).renew).toEqual([]);
    expect(planned([wish(review(-1, 37), contract(50))], [open('g')]).renew).toMatchObject([
      { until: day(37), by: 'review' },
    ]);
  });

  it('moves it nearer without a reason', () => {
    expect(planned([wish(contract(5))], [open('g')]).renew).toEqual([
      { id: 'g', until: day(5), by: 'shortening', reviewId: null },
    ]);
  });

  it('begins anew beside what is ending', () => {
    const one = wish(given(-30, 37));
    expect(planned([one], [open('g', { ending: true })])).toEqual({ ...none, begin: [one] });
    expect(planned([], [open('g', { ending: true })])).toEqual(none);
    expect(planned([], [open('g', { until: now })])).toEqual(none);
  });

  const what = wish(given(-19, 80), review(-25, 90), contract(37));
  it.each([
    ['what ran out', [open('g', { until: now })], []],
    ['what ran out and is gone', [], [lapsed(-20)]],
  ])('begins %s only by the contract, a review or what was given anew', (_, grants, before) => {
    const again = (...grounds: Ground[]) => planned([wish(...grounds)], grants, { lapsed: before });
    expect(again(given(-21, 37), review(-25, 90), contract(99))).toEqual(none);
    const end = grants.map(({ id }) => id);
    expect(again(...what.grounds)).toEqual({ ...none, begin: [{ ...what, until: day(80) }], end });
    expect(again(review(-1, 90)).begin).toMatchObject([{ until: day(90) }]);
    const byContract = planned([wish(contract(37))], grants, { lapsed: before, isContractEvent: true });
    expect(byContract.begin).toMatchObject([{ until: day(37) }]);
  });

  const names = fc.record({
    resource: fc.constantFrom('app', 'files'),
    entitlement: fc.constantFrom('read', 'write'),
    organization: fc.constantFrom('acme', 'globex'),
  });
  const anyDay = fc.integer({ min: 1, max: 9 });
  const anyGround = fc.oneof(
    anyDay.map(contract),
    fc.tuple(fc.integer({ min: -40, max: 0 }), anyDay).map(([at, until]) => given(at, until)),
    fc.tuple(fc.integer({ min: -40, max: 0 }), anyDay).map(([at, until]) => review(at, until)),
  );
  const wishes = fc.uniqueArray(
    fc
      .record({ names, grounds: fc.array(anyGround, { minLength: 1, maxLength: 3 }) })
      .map((one): StandingWish => ({ ...wish(...one.grounds), ...one.names })),
    { selector: identityOf },
  );
  const grants = fc
    .uniqueArray(fc.record({ names, until: fc.integer({ min: -2, max: 12 }) }), {
      selector: (one) => identityOf(one.names),
    })
    .map((all) => all.map((one, at) => open(`g${at}`, { ...one.names, until: day(one.until) })));

  function carriedOut(before: readonly OpenStanding[], desired: readonly StandingWish[]): OpenStanding[] {
    const plan = planned(desired, before, { isContractEvent: true });
    const moved = new Map(plan.renew.map((one) => [one.id, one]));
    return [
      ...before
        .filter((grant) => !plan.end.includes(grant.id))
        .map((grant) => {
          const one = moved.get(grant.id);
          if (!one) return grant;
          return { ...grant, until: one.until, since: one.by === 'shortening' ? grant.since : now };
        }),
      ...plan.begin.map((one, at) => open(`new${at}`, { ...one, since: now })),
    ];
  }

  it('leaves nothing to do once it was carried out, in whatever order it is told', () => {
    fc.assert(
      fc.property(wishes, grants, (desired, before) => {
        const after = carriedOut(before, desired);
        for (const isContractEvent of [true, false]) {
          expect(planned(desired, after, { isContractEvent })).toEqual(none);
          expect(planned(desired.toReversed(), after.toReversed(), { isContractEvent })).toEqual(none);
        }
      }),
    );
  });

  it('leaves at most what is desired, each once and within its end', () => {
    fc.assert(
      fc.property(wishes, grants, (desired, before) => {
        const live = carriedOut(before, desired).filter((one) => one.until > now);
        const wished = new Map(desired.map((one) => [identityOf(one), one]));
        expect(new Set(live.map(identityOf)).size).toBe(live.length);
        for (const grant of live)
          expect(grant.until <= (wished.get(identityOf(grant))?.until ?? '')).toBe(true);
      }),
    );
  });
});
