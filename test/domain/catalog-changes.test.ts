import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Catalog } from '../../domain/catalog.ts';
import { catalogChanges, changeInWords } from '../../domain/catalog-changes.ts';
import { catalogDocument } from '../../domain/catalog-document.ts';
import { type CatalogHolder, effectInWords, effectOnPeople } from '../../domain/catalog-effect.ts';
import { entitlementNames } from '../../domain/catalog-entitlements.ts';
import { rolesOf } from '../../domain/catalog-tier.ts';
import {
  anyCatalog,
  catalogWith,
  overrideWith,
  resourceWith,
  roleWith,
  tierWith,
  turnedRound,
} from '../support/catalog.ts';

const now = '2027-02-10T00:00:00.000Z';

describe('the changes between two catalogs', () => {
  it('are none exactly when both mean the same, and turn round with them', () => {
    const pair = fc.oneof(
      fc.tuple(anyCatalog, anyCatalog),
      anyCatalog.map((catalog) => [catalog, turnedRound(catalog)] as const),
      fc.tuple(anyCatalog, fc.nat()).map(([catalog, seed]) => [catalog, edited(catalog, seed)] as const),
    );
    fc.assert(
      fc.property(pair, ([before, after]) => {
        const changes = catalogChanges(before, after);
        const isSame = JSON.stringify(catalogDocument(before)) === JSON.stringify(catalogDocument(after));
        expect(changes.length === 0).toBe(isSame);
        const opposite = { added: 'removed', removed: 'added', changed: 'changed' } as const;
        const back = catalogChanges(after, before).map(({ kind, noun, key }) => `${noun} ${key} ${kind}`);
        expect(back.sort()).toEqual(
          changes.map(({ kind, noun, key }) => `${noun} ${key} ${opposite[kind]}`).sort(),
        );
      }),
    );
    fc.assert(
      fc.property(anyCatalog, (catalog) => {
        expect(catalogChanges(catalog, turnedRound(catalog))).toEqual([]);
      }),
    );
  });

  it('are told in words, what comes before what goes', () => {
    const usual = (period: string) => [{ entitlement: 'read', roles: ['member'], period }];
    const before = catalogWith({
      resources: [
        resourceWith('env', { settings: { database: 'a', hosts: ['x'] }, usualAccess: usual('PT2H') }),
        resourceWith('old'),
      ],
      roles: [roleWith('member', { entitlements: ['env:read'] }), roleWith('gone')],
      tiers: [tierWith('pro', { seats: 25, features: { sso: true } })],
    });
    const after = catalogWith({
      resources: [
        resourceWith('env', {
          settings: { database: 'b', hosts: ['x', 'y'] },
          shared: true,
          usualAccess: usual('PT4H'),
          entitlements: [
            { key: 'read', name: 'See data' },
            { key: 'operate', name: 'Operate' },
          ],
        }),
      ],
      roles: [
        roleWith('member', { entitlements: ['env:operate'] }),
        roleWith('new', { includes: ['member'] }),
      ],
      tiers: [tierWith('pro', { seats: null, defaultRoles: { viewer: [] } })],
      overrides: [overrideWith()],
    });
    expect(catalogChanges(before, after).map(changeInWords)).toEqual([
      'resource env changed: settings.database a → b; settings.hosts ["x"] → ["x","y"]; entitlements.read Read data → See data; entitlements.write Read and change data → none; usual_access.read.period PT2H → PT4H; shared true; entitlements.operate Operate',
      'role member changed: entitlements + env:operate, - env:read',
      'role new added: name new; includes + member',
      'tier pro changed: seats 25 → unlimited; features.sso true → none; default_roles.viewer none',
      'override acme/seats added: customer acme; what.kind seats; what.seats 40; reason Agreed in the contract; approver priya@northwind.example; until 2027-06-30T22:00:00.000Z',
      'role gone removed',
      'resource old removed',
    ]);
  });

  it('of the settings are told one by one', () => {
    const before = catalogWith({ roles: [roleWith('a', { conflictsWith: ['b'] }), roleWith('b')] });
    const { fence, dunning, ...rest } = before.settings;
    const after = catalogWith({
      roles: [roleWith('a'), roleWith('b', { conflictsWith: ['a'] })],
      settings: {
        ...rest,
        churnGrace: 'P14D',
        welcome: { expires: 'P7D', reminders: ['P3D'] },
        dunning: dunning.flatMap((step) =>
          step.state === 'notice'
            ? []
            : [{ ...step, after: step.state === 'restricted' ? 'P10D' : step.after }],
        ),
        restrictedRoles: ['b'],
        fence: { ...fence, people: { ...fence.people, share: 0.1 } },
        handover: 'omar@northwind.example',
      },
    });
    expect(catalogChanges(before, after).map(changeInWords)).toEqual([
      'role a changed: conflicts_with - b',
      'role b changed: conflicts_with + a',
      'settings changed: churn_grace P7D → P14D; welcome.reminders + P3D, - P2D, - P5D; dunning.notice.after PT0S → none; dunning.restricted.after P7D → P10D; restricted_roles + b; fence.people.share 0.02 → 0.1; handover omar@northwind.example',
    ]);
    const none = { ...before, settings: { ...before.settings, dunning: [] } };
    expect(catalogChanges(before, none)).toHaveLength(1);
    expect(catalogChanges(none, before)).toHaveLength(1);
  });
});

/** One small edit, of the kind that a person makes. */
function edited(catalog: Catalog, seed: number): Catalog {
  const at = (list: readonly unknown[]) => seed % Math.max(1, list.length);
  const { resources, roles, tiers, overrides } = catalog;
  const [tier, role] = [tiers[at(tiers)], roles[at(roles)]];
  const edits: Catalog[] = [
    { ...catalog, resources: resources.map((one) => ({ ...one, settings: { ...one.settings, a: {} } })) },
    { ...catalog, resources: resources.map((one) => ({ ...one, shared: !one.shared })) },
    { ...catalog, overrides: overrides.slice(1) },
    { ...catalog, roles: roles.map((one) => (one === role ? { ...one, includes: [] } : one)) },
    { ...catalog, tiers: tiers.map((one) => (one === tier ? { ...one, seats: null } : one)) },
    { ...catalog, tiers: tiers.map((one) => (one === tier ? { ...one, defaultRoles: { x: [] } } : one)) },
    { ...catalog, settings: { ...catalog.settings, restrictedRoles: [] } },
    { ...catalog, settings: { ...catalog.settings, dunning: [] } },
  ];
  return edits[seed % edits.length] ?? catalog;
}

describe('the effect on people', () => {
  const holders = fc.array(
    fc.record({
      person: fc.constantFrom('sam', 'mei', 'anna', 'tom', 'gus'),
      roles: fc.subarray(['a', 'b', 'c', 'd']),
      customer: fc.option(
        fc.record({
          key: fc.constantFrom('acme', 'globex'),
          tier: fc.constantFrom('free', 'professional'),
          contractRole: fc.constantFrom(null, 'member'),
          restricted: fc.boolean(),
        }),
      ),
    }),
    { maxLength: 6 },
  );

  it('is the difference of what each holds before and after, and nothing when nothing changes', () => {
    const holds = (catalog: Catalog, holder: CatalogHolder) =>
      entitlementNames(catalog, rolesOf(catalog, holder, now)).map((name) => `${holder.person} ${name}`);
    const pair = fc.oneof(
      fc.tuple(anyCatalog, anyCatalog),
      fc.tuple(anyCatalog, fc.nat()).map(([catalog, seed]) => [catalog, edited(catalog, seed)] as const),
    );
    const unique = (all: string[]) => [...new Set(all)].sort();
    fc.assert(
      fc.property(pair, holders, ([before, after], people) => {
        const was = new Set(people.flatMap((one) => holds(before, one)));
        const is = new Set(people.flatMap((one) => holds(after, one)));
        const effects = effectOnPeople(before, after, people, now);
        const told = (kind: 'gain' | 'lose') =>
          effects
            .filter((one) => one.kind === kind)
            .flatMap((one) => one.people.map((person) => `${person} ${one.resource}:${one.entitlement}`));
        expect(told('gain').sort()).toEqual(unique([...is].filter((one) => !was.has(one))));
        expect(told('lose').sort()).toEqual(unique([...was].filter((one) => !is.has(one))));
        expect(effectOnPeople(before, turnedRound(before), people, now)).toEqual([]);
      }),
    );
  });

  it('leaves out who holds the same by another role', () => {
    const reader = roleWith('reader', { entitlements: ['env:read'] });
    const before = catalogWith({ roles: [reader, roleWith('member', { includes: ['reader'] })] });
    const after = catalogWith({ roles: [reader, roleWith('member')] });
    const people = [
      { person: 'sam', roles: ['member'], customer: null },
      { person: 'mei', roles: ['member', 'reader'], customer: null },
    ];
    expect(effectOnPeople(before, after, people, now)).toEqual([
      { kind: 'lose', resource: 'env', entitlement: 'read', people: ['sam'] },
    ]);
  });

  it('counts people, loss before gain', () => {
    const member = (entitlement: string) =>
      catalogWith({ roles: [roleWith('member', { entitlements: [entitlement] })] });
    const people = ['a', 'b', 'c'].map((person) => ({ person, roles: ['member'], customer: null }));
    const words = (count: number) =>
      effectOnPeople(member('env:write'), member('env:read'), people.slice(0, count), now).map((one) =>
        effectInWords({ ...one, people: one.people.length }),
      );
    expect(words(3)).toEqual(['3 people lose write on env', '3 people gain read on env']);
    expect(words(1)).toEqual(['1 person loses write on env', '1 person gains read on env']);
  });
});
