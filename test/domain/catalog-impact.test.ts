import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Catalog } from '../../domain/catalog.ts';
import { effectInWords } from '../../domain/catalog-effect.ts';
import { entitlementNames } from '../../domain/catalog-entitlements.ts';
import { effectId, gainOf, impactOn } from '../../domain/catalog-impact.ts';
import { rolesOf } from '../../domain/catalog-tier.ts';
import type { HoldQuestion } from '../../domain/policy.ts';
import {
  anyCatalog,
  catalogWith,
  edited,
  resourceWith,
  roleWith,
  tierWith,
  turnedRound,
} from '../support/catalog.ts';
import { allAllowed, groupWith } from '../support/holding.ts';

const now = '2027-02-10T00:00:00.000Z';
const facts = allAllowed(now);

/** Every name that roles give stands on a resource: what is on none is nobody's. */
function placed(catalog: Catalog): Catalog {
  const keys = catalog.roles.flatMap((role) => role.entitlements.map((name) => name.split(':')[0] ?? ''));
  return { ...catalog, resources: [...new Set(keys)].map((key) => resourceWith(key)) };
}

describe('the effect on people', () => {
  const groups = fc.array(
    fc
      .record({
        roles: fc.subarray(['a', 'b', 'c', 'd']),
        people: fc.integer({ min: 1, max: 4 }),
        customer: fc.option(
          fc.record({
            key: fc.constantFrom('acme', 'globex'),
            tier: fc.constantFrom('free', 'professional'),
            contractRole: fc.constantFrom(null, 'member'),
            restricted: fc.boolean(),
          }),
        ),
      })
      .map(groupWith),
    { maxLength: 8 },
  );

  it('is the difference of what each holds before and after, counted, and nothing when nothing changes', () => {
    const pair = fc.oneof(
      fc.tuple(anyCatalog, anyCatalog),
      fc.tuple(anyCatalog, fc.nat()).map(([catalog, seed]) => [catalog, edited(catalog, seed)] as const),
    );
    fc.assert(
      fc.property(pair, groups, ([one, other], people) => {
        const [before, after] = [placed(one), placed(other)];
        const told = new Map<string, { people: number; organizations: Set<string> }>();
        for (const group of people) {
          const names = (catalog: Catalog) => entitlementNames(catalog, rolesOf(catalog, group, now));
          const [was, is] = [names(before), names(after)];
          const changes = [
            ...was.filter((name) => !is.includes(name)).map((name) => `lose ${name}`),
            ...is.filter((name) => !was.includes(name)).map((name) => `gain ${name}`),
          ];
          for (const change of changes) {
            const count = told.get(change) ?? { people: 0, organizations: new Set() };
            count.people += group.people;
            told.set(change, { ...count, organizations: count.organizations.add(group.organization.id) });
          }
        }
        const { effects } = impactOn(before, after, people, facts);
        expect(
          effects.map((one) => [
            `${one.kind} ${one.resource}:${one.entitlement}`,
            one.people,
            one.organizations,
          ]),
        ).toEqual(
          [...told]
            .toSorted(([a], [b]) => (a.slice(0, 1) === b.slice(0, 1) ? (a < b ? -1 : 1) : a < b ? 1 : -1))
            .map(([change, count]) => [change, count.people, count.organizations.size]),
        );
        expect(impactOn(before, placed(turnedRound(before)), people, facts).effects).toEqual([]);
      }),
    );
  });

  it('leaves out who holds the same by another role', () => {
    const reader = roleWith('reader', { entitlements: ['env:read'] });
    const before = placed(catalogWith({ roles: [reader, roleWith('member', { includes: ['reader'] })] }));
    const after = placed(catalogWith({ roles: [reader, roleWith('member')] }));
    const people = [groupWith({ roles: ['member'] }), groupWith({ roles: ['member', 'reader'], people: 3 })];
    expect(impactOn(before, after, people, facts).effects).toEqual([
      { kind: 'lose', resource: 'env', entitlement: 'read', people: 1, organizations: 1 },
    ]);
  });

  it('counts people, loss before gain', () => {
    const member = (entitlement: string) =>
      placed(catalogWith({ roles: [roleWith('member', { entitlements: [entitlement] })] }));
    const words = (people: number) =>
      impactOn(
        member('env:write'),
        member('env:read'),
        [groupWith({ roles: ['member'], people })],
        facts,
      ).effects.map(effectInWords);
    expect(words(3)).toEqual(['3 people lose write on env', '3 people gain read on env']);
    expect(words(1)).toEqual(['1 person loses write on env', '1 person gains read on env']);
  });
});

describe('policy', () => {
  const customer = { key: 'acme', tier: 'free', contractRole: null, restricted: false };
  const users = groupWith({ roles: ['member'], people: 40, customer });
  const member = roleWith('member', { entitlements: ['app:use'] });
  const tiers = [tierWith('free', { allowedRoles: ['member'] })];
  const app = resourceWith('app', {
    shared: true,
    region: 'us',
    entitlements: [{ key: 'use', name: 'Use it' }],
  });
  const without = catalogWith({ resources: [app], roles: [roleWith('member')], tiers });
  const given = catalogWith({ resources: [app], roles: [member], tiers });
  const moved = catalogWith({ resources: [{ ...app, region: 'eu' }], roles: [member], tiers });
  /** Lets nothing be held in the United States. */
  const asked: HoldQuestion[] = [];
  const careful = {
    ...facts,
    mayHoldMany: (questions: readonly HoldQuestion[]) =>
      questions.map((question) => {
        asked.push(question);
        return { allowed: question.resource.region !== 'us', policyVersion: 'test', policies: [] };
      }),
  };

  it('has the last word: what it forbids nobody gains, and nobody is touched by it', () => {
    expect(impactOn(without, given, [users], careful)).toEqual({
      effects: [],
      affected: [],
      touched: new Map(),
      moved: new Map(),
    });
    expect(impactOn(without, given, [users], facts).effects).toMatchObject([{ kind: 'gain', people: 40 }]);
  });

  it('is asked anew when a resource moves: who gains and who loses by it is told', () => {
    const there = { resource: 'app', entitlement: 'use', people: 40, organizations: 1 };
    const gained = impactOn(given, moved, [users], careful);
    expect(gained).toMatchObject({ effects: [{ kind: 'gain', ...there }], affected: [users] });
    expect(gained.touched).toEqual(new Map([['org_acme', 40]]));
    expect([...gained.moved.keys()]).toEqual(gained.effects.map(effectId));
    expect([...gained.moved.values()].flat()).toEqual(gained.effects.map(() => users));
    expect(impactOn(moved, given, [users], careful).effects).toEqual([{ kind: 'lose', ...there }]);
    expect(gainOf(given, moved, users, careful)).toEqual(['app:use']);
    expect(gainOf(moved, given, users, careful)).toEqual([]);
  });

  it('is asked once for thousands of customers to whom it says the same, and not about what nothing changes for', () => {
    const customers = Array.from({ length: 3_000 }, (_, at) =>
      groupWith({ roles: ['member'], customer: { ...customer, key: `customer-${at}` } }),
    );
    asked.length = 0;
    expect(impactOn(given, moved, customers, careful).effects).toMatchObject([
      { people: 3_000, organizations: 3_000 },
    ]);
    expect(asked).toHaveLength(2);
    const renamed = { ...given, roles: [{ ...member, name: 'Member' }] };
    expect(impactOn(given, renamed, customers, careful).affected).toEqual([]);
    expect(asked).toHaveLength(2);
  });

  it('sees a shared resource as the user’s own customer’s, and another as its organization’s', () => {
    asked.length = 0;
    impactOn(without, given, [users], careful);
    expect(asked[0]).toMatchObject({ organization: { key: 'acme' }, person: { roles: ['member'] } });
    asked.length = 0;
    const apart = (catalog: Catalog) => ({ ...catalog, resources: [{ ...app, shared: false }] });
    impactOn(apart(without), apart(given), [users], careful);
    expect(asked[0]).toMatchObject({ organization: { key: 'northwind' } });
  });
});
