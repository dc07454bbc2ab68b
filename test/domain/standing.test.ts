import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Catalog } from '../../domain/catalog.ts';
import { entitlementNames } from '../../domain/catalog-entitlements.ts';
import { defaultSettings } from '../../domain/catalog-settings.ts';
import { rolesOf } from '../../domain/catalog-tier.ts';
import {
  type CustomerUser,
  desiredStanding,
  type OpenStanding,
  standingPlan,
  type StandingPerson,
  standingUnder,
  standingUntil,
  type StandingWish,
} from '../../domain/standing.ts';
import { anyCatalog, catalogWith, resourceWith, roleWith, tierWith } from '../support/catalog.ts';

const now = '2027-02-10T00:00:00.000Z';
const dayMs = 86_400_000;

function day(days: number): string {
  return new Date(Date.parse(now) + days * dayMs).toISOString();
}

const catalog = catalogWith({
  resources: [
    resourceWith('app', { shared: true }),
    resourceWith('acme-env', { organization: 'acme' }),
    resourceWith('files'),
  ],
  roles: [
    roleWith('viewer', { entitlements: ['app:read'] }),
    roleWith('member', { includes: ['viewer'], entitlements: ['app:write', 'acme-env:read'] }),
    roleWith('clerk', { entitlements: ['files:read', 'app:write'] }),
  ],
  tiers: [tierWith('free', { allowedRoles: ['member', 'viewer'], defaultRoles: { member: ['member'] } })],
  customerTypes: [
    {
      key: 'self-service',
      name: 'Self-service',
      tier: 'free',
      region: null,
      approvesVendorAccess: false,
      firstRoles: [],
      grantedPeriod: 'P90D',
    },
  ],
  settings: { ...defaultSettings, restrictedRoles: ['viewer'] },
});

function user(place: Partial<CustomerUser> = {}, more: Partial<StandingPerson> = {}): StandingPerson {
  return {
    roles: [],
    place: {
      kind: 'customer',
      key: 'acme',
      tier: 'free',
      type: 'self-service',
      contractRole: 'member',
      dunning: 'none',
      contractUntil: day(30),
      confirmedAt: null,
      ...place,
    },
    suspended: false,
    startsAt: null,
    endsAt: null,
    ...more,
  };
}

function clerk(more: Partial<StandingPerson> = {}): StandingPerson {
  return user({}, { roles: ['clerk'], place: { kind: 'vendor', reviewedAt: null }, ...more });
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
      atLeast: day(37),
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
  const end = (person: StandingPerson, at = now) => {
    if (!person.place) throw new TypeError('Only who has a place has an end.');
    return standingUntil(catalog, { place: person.place, endsAt: person.endsAt }, at);
  };

  it("is the contract's with the churn grace, and moves with it", () => {
    expect(end(user())).toEqual({ until: day(37), atLeast: day(37) });
    expect(end(user({ contractUntil: '2027-03-12T02:00:00+02:00' }))).toEqual(end(user()));
    expect(end(user({}, { endsAt: day(3) }))).toEqual({ until: day(3), atLeast: day(3) });
  });

  it("is the contract's own where there is no grace", () => {
    const settings = { ...catalog.settings, churnGrace: 'PT0S' };
    const { place } = user();
    if (!place) throw new TypeError('Users have a place.');
    const { until } = standingUntil({ ...catalog, settings }, { place, endsAt: null }, now);
    expect(until).toBe(day(30));
  });

  it("is the customer type's period where the contract names none, renewed by what confirms the contract", () => {
    const openEnd = { contractUntil: null };
    expect(end(user(openEnd))).toEqual({ until: day(90), atLeast: null });
    expect(end(user({ ...openEnd, confirmedAt: day(-10) }))).toEqual({ until: day(90), atLeast: day(80) });
    expect(end(user({ ...openEnd, confirmedAt: day(1) }))).toEqual({ until: day(90), atLeast: day(90) });
    expect(end(user({ ...openEnd, type: 'gone' })).until).toBe(day(365));
    expect(end(user({ ...openEnd, type: null })).until).toBe(day(365));
  });

  it("is the standing period for the vendor's people, never after their own end, renewed by a review", () => {
    expect(end(clerk())).toEqual({ until: day(365), atLeast: null });
    expect(end(clerk({ endsAt: day(20) }))).toEqual({ until: day(20), atLeast: null });
    const reviewed = clerk({ place: { kind: 'vendor', reviewedAt: day(-5) } });
    expect(end(reviewed)).toEqual({ until: day(365), atLeast: day(360) });
    expect(end({ ...reviewed, endsAt: day(20) })).toEqual({ until: day(20), atLeast: day(20) });
  });
});

describe('The plan between what is held and what shall be', () => {
  const open = (id: string, wish: Partial<OpenStanding> = {}): OpenStanding => ({
    id,
    resource: 'app',
    entitlement: 'read',
    organization: 'acme',
    until: day(10),
    ending: false,
    ...wish,
  });
  const wish = (more: Partial<StandingWish> = {}): StandingWish => ({
    resource: 'app',
    entitlement: 'read',
    organization: 'acme',
    because: ['viewer'],
    until: day(37),
    atLeast: null,
    ...more,
  });
  const none = { begin: [], end: [], renew: [] };

  it('begins what is missing, ends what is too much, and tells customers apart', () => {
    const other = wish({ organization: 'globex' });
    expect(standingPlan([other], [open('grant_1')], now)).toEqual({
      ...none,
      begin: [other],
      end: ['grant_1'],
    });
    expect(standingPlan([wish()], [open('grant_1')], now)).toEqual(none);
  });

  it('moves an end only to where the contract or a review puts it', () => {
    const renewed = (grant: OpenStanding, one: StandingWish) => standingPlan([one], [grant], now).renew;
    expect(renewed(open('g'), wish({ atLeast: day(37) }))).toEqual([{ id: 'g', until: day(37) }]);
    expect(renewed(open('g'), wish({ until: day(5), atLeast: day(5) }))).toEqual([
      { id: 'g', until: day(5) },
    ]);
    expect(renewed(open('g'), wish({ until: day(5) }))).toEqual([{ id: 'g', until: day(5) }]);
    expect(renewed(open('g'), wish({ atLeast: day(9) }))).toEqual([]);
  });

  it('begins anew beside what is ending, and after what has run out', () => {
    expect(standingPlan([wish()], [open('g', { ending: true })], now)).toEqual({ ...none, begin: [wish()] });
    expect(standingPlan([wish()], [open('g', { until: now })], now)).toEqual({
      ...none,
      begin: [wish()],
      end: ['g'],
    });
    expect(standingPlan([], [open('g', { until: now })], now)).toEqual(none);
    expect(standingPlan([], [open('g', { ending: true })], now)).toEqual(none);
  });

  const names = fc.record({
    resource: fc.constantFrom('app', 'files'),
    entitlement: fc.constantFrom('read', 'write'),
    organization: fc.constantFrom('acme', 'globex'),
  });
  const anyDay = fc.integer({ min: 1, max: 9 });
  const wishes = fc.uniqueArray(
    fc
      .record({ names, last: anyDay, least: fc.option(anyDay) })
      .map(({ names: what, last, least }) =>
        wish({ ...what, until: day(last), atLeast: least === null ? null : day(Math.min(least, last)) }),
      ),
    { selector: (one) => `${one.resource} ${one.entitlement} ${one.organization}` },
  );
  const grants = fc
    .array(fc.record({ names, until: fc.integer({ min: -2, max: 12 }), ending: fc.boolean() }))
    .map((all) =>
      all.map((one, at) => open(`g${at}`, { ...one.names, until: day(one.until), ending: one.ending })),
    );

  function carriedOut(before: readonly OpenStanding[], desired: readonly StandingWish[]): OpenStanding[] {
    const plan = standingPlan(desired, before, now);
    const moved = new Map(plan.renew.map(({ id, until }) => [id, until]));
    return [
      ...before
        .filter((grant) => !plan.end.includes(grant.id))
        .map((grant) => ({ ...grant, until: moved.get(grant.id) ?? grant.until })),
      ...plan.begin.map((one, at) => open(`new${at}`, { ...one })),
    ];
  }

  it('leaves nothing to do once it was carried out, now or later', () => {
    fc.assert(
      fc.property(wishes, grants, (desired, before) => {
        const after = carriedOut(before, desired);
        expect(standingPlan(desired, after, now)).toEqual(none);
        expect(standingPlan(desired.toReversed(), after.toReversed(), now)).toEqual(none);
        const later = desired.map((one) => ({ ...one, until: day(20) }));
        expect(standingPlan(later, after, day(0.5))).toEqual(none);
      }),
    );
  });

  it('leaves just what is desired, each once and within its ends', () => {
    const name = (one: { resource: string; entitlement: string; organization: string }) =>
      `${one.resource} ${one.entitlement} ${one.organization}`;
    fc.assert(
      fc.property(wishes, grants, (desired, before) => {
        const live = carriedOut(before, desired).filter((one) => !one.ending && one.until > now);
        expect(live.map(name).sort()).toEqual(desired.map(name).sort());
        for (const grant of live) {
          const one = desired.find((each) => name(each) === name(grant));
          expect(grant.until <= (one?.until ?? '')).toBe(true);
          expect(grant.until >= (one?.atLeast ?? '')).toBe(true);
        }
      }),
    );
  });
});
