import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Catalog, CatalogRole } from '../../domain/catalog.ts';
import { catalogDocument } from '../../domain/catalog-document.ts';
import { type CatalogSettings, defaultSettings } from '../../domain/catalog-settings.ts';
import { type CatalogUse, catalogProblems } from '../../domain/catalog-problems.ts';
import { readCatalog } from '../../domain/catalog.schema.ts';
import {
  anyCatalog,
  anyRoles,
  catalogWith,
  closure,
  overrideWith,
  resourceWith,
  roleWith,
  tierWith,
  turnedRound,
} from '../support/catalog.ts';

function isInCircle(roles: readonly CatalogRole[], key: string): boolean {
  return closure(roles, roles.find((one) => one.key === key)?.includes ?? []).has(key);
}

describe('the problems of a catalog', () => {
  const details = (catalog: Catalog, inUse: CatalogUse[] = []) =>
    catalogProblems(catalog, inUse).map(({ path, detail }) => `${path.join('.')} ${detail}`);

  it('are none where everything fits', () => {
    fc.assert(
      fc.property(anyCatalog, (catalog) => {
        expect(catalogProblems(catalog, [])).toEqual([]);
      }),
    );
  });

  it('hold every circle of roles, as includes that are there', () => {
    fc.assert(
      fc.property(anyRoles, (roles) => {
        const catalog = catalogWith({ roles: roles.map((one) => ({ ...one, entitlements: [] })) });
        const found = catalogProblems(catalog, []);
        const circling = roles.map((one) => one.key).filter((key) => isInCircle(roles, key));
        const told = found.flatMap(({ detail }) => [...detail.matchAll(/(\w) includes (itself|\w)/g)]);
        for (const [, from = '', to = ''] of told)
          expect(roles.find((one) => one.key === from)?.includes).toContain(to === 'itself' ? from : to);
        // Every role in a circle is named, and no other.
        expect(new Set(told.map(([, from]) => from))).toEqual(new Set(circling));
        for (const { path } of found)
          expect(path).toEqual(['roles', expect.any(Number), 'includes', expect.any(Number)]);
      }),
    );
  });

  it('name a circle from end to end, and where it is closed', () => {
    const roles = [
      roleWith('c', { includes: ['a'] }),
      roleWith('a', { includes: ['x', 'b'] }),
      roleWith('b', { includes: ['c'] }),
      roleWith('x', { includes: ['x'] }),
    ];
    expect(details(catalogWith({ roles }))).toEqual([
      'roles.1.includes.1 Roles include each other in a circle: a includes b, b includes c, c includes a.',
      'roles.3.includes.0 The role x includes itself.',
    ]);
  });

  it('are entitlements and roles that do not exist, and what stands twice', () => {
    const roles = [
      roleWith('a', { includes: ['gone', 'b', 'b'], entitlements: ['env:read', 'env:fly', 'moon:read'] }),
      roleWith('b'),
      roleWith('b'),
    ];
    const usual = { roles: ['b', 'nobody'], period: 'PT2H' };
    const resources = [
      resourceWith('env', { usualAccess: [{ entitlement: 'fly', ...usual }] }),
      resourceWith('env', { entitlements: [...resourceWith('x').entitlements, { key: 'read', name: 'R' }] }),
    ];
    expect(details(catalogWith({ resources, roles }))).toEqual([
      'resources.1.key The resource env stands here a second time.',
      'resources.0.usual_access.0.entitlement There is no entitlement fly.',
      'resources.0.usual_access.0.roles.1 There is no role nobody.',
      'resources.1.entitlements.2.key The entitlement read stands here a second time.',
      'roles.2.key The role b stands here a second time.',
      'roles.0.includes.0 There is no role gone.',
      'roles.0.includes.2 The role b stands here a second time.',
      'roles.0.entitlements.1 The resource env has no entitlement fly.',
      'roles.0.entitlements.2 There is no resource moon.',
    ]);
  });

  it('are tiers and customer types that give more than they may', () => {
    const catalog = catalogWith({
      roles: [roleWith('member'), roleWith('lead')],
      tiers: [
        tierWith('free', {
          allowedRoles: ['member', 'gone'],
          defaultRoles: { viewer: ['lead', 'lost', 'member'] },
        }),
      ],
      customerTypes: [
        {
          key: 'self-service',
          name: 'Self-service',
          tier: 'free',
          region: null,
          consent: [],
          firstRoles: ['lead'],
          grantedPeriod: 'P90D',
        },
        {
          key: 'odd',
          name: 'Odd',
          tier: 'golden',
          region: null,
          consent: [],
          firstRoles: ['member'],
          grantedPeriod: 'P90D',
        },
      ],
    });
    expect(details(catalog)).toEqual([
      'tiers.0.allowed_roles.1 There is no role gone.',
      'tiers.0.default_roles.viewer.1 There is no role lost.',
      'tiers.0.default_roles.viewer.0 The tier free does not allow the role lead.',
      'customer_types.0.first_roles.0 The tier free does not allow the role lead.',
      'customer_types.1.tier There is no tier golden.',
    ]);
  });

  it('are conflicts of roles that are not there, and of roles that are given together', () => {
    const catalog = catalogWith({
      roles: [
        roleWith('payer', { conflictsWith: ['auditor', 'payer', 'gone', 'gone'] }),
        roleWith('auditor'),
        roleWith('clerk', { includes: ['payer'] }),
        roleWith('boss', { includes: ['clerk', 'auditor'] }),
        roleWith('chief', { includes: ['boss'] }),
        roleWith('own', { includes: ['owner'], conflictsWith: ['owner'] }),
        roleWith('owner'),
      ],
      tiers: [
        tierWith('free', {
          allowedRoles: ['auditor', 'clerk', 'boss', 'payer'],
          defaultRoles: { member: ['clerk', 'auditor'], viewer: ['auditor', 'boss'], owner: ['payer'] },
        }),
      ],
      customerTypes: [
        {
          key: 'self-service',
          name: 'Self-service',
          tier: 'free',
          region: null,
          consent: [],
          firstRoles: ['auditor'],
          grantedPeriod: 'P90D',
        },
      ],
    });
    expect(details(catalog)).toEqual([
      'roles.0.conflicts_with.2 There is no role gone.',
      'roles.0.conflicts_with.3 There is no role gone.',
      'roles.0.conflicts_with.3 The role gone stands here a second time.',
      'roles.0.conflicts_with.1 The role payer conflicts with itself.',
      'roles.3.includes The role boss includes auditor and payer, which conflict: nobody could hold it.',
      'roles.5.includes The role own includes owner, with which it conflicts: nobody could hold it.',
      'tiers.0.default_roles.member The roles auditor and payer conflict: nobody may have both.',
      'customer_types.0.first_roles The roles auditor and payer conflict: the tier free gives the other to owner.',
    ]);
  });

  it('are settings that cannot be followed', () => {
    const settings: CatalogSettings = {
      ...defaultSettings,
      welcome: { expires: 'P7D', reminders: ['P5D', 'P2D', 'P7D'] },
      dunning: [
        { state: 'restricted', after: 'P7D' },
        { state: 'notice', after: 'P8D' },
        { state: 'suspended', after: 'P8D' },
        { state: 'suspended', after: 'P9D' },
      ],
      restrictedRoles: ['viewer', 'gone', 'viewer'],
      handover: 'Nobody@northwind.example',
    };
    const catalog = catalogWith({ roles: [roleWith('viewer')], settings });
    expect(details(catalog)).toEqual([
      'settings.welcome.reminders.1 A reminder comes later than the one before it.',
      'settings.welcome.reminders.2 By then the link has expired.',
      'settings.dunning.3.state The state suspended stands here a second time.',
      'settings.dunning.1.state The order is notice, restricted, suspended, offboarded.',
      'settings.dunning.2.after A step comes later than the one before it.',
      'settings.restricted_roles.1 There is no role gone.',
      'settings.restricted_roles.2 The role viewer stands here a second time.',
    ]);
    expect(catalogProblems(catalog, [], { people: new Set(['omar@northwind.example']) }).at(-1)).toEqual({
      path: ['settings', 'handover'],
      detail: 'Nobody has the address Nobody@northwind.example.',
    });
  });

  it('are overrides without an end, a reason or an approver, or of something unknown', () => {
    const overrides = [
      overrideWith({ reason: ' ', approver: '', until: '' }),
      overrideWith(),
      overrideWith({ what: { kind: 'role', role: 'gone' } }),
      overrideWith({ what: { kind: 'feature', feature: 'ssso', enabled: true } }),
    ];
    const tiers = [tierWith('free', { features: { sso: false } })];
    expect(details(catalogWith({ tiers, overrides }))).toEqual([
      'overrides.1 The override acme/seats stands here a second time.',
      'overrides.0.reason An override needs a reason.',
      'overrides.0.approver An override needs a person who allowed it.',
      'overrides.0.until An override needs an end.',
      'overrides.2.what.role There is no role gone.',
      'overrides.3.what.feature No tier has a feature ssso.',
    ]);
  });

  it('are removals of what is used, with who uses it', () => {
    const catalog = catalogWith({ resources: [resourceWith('env')], roles: [roleWith('kept')] });
    const inUse: CatalogUse[] = [
      { kind: 'role', key: 'kept', by: ['sam'] },
      { kind: 'role', key: 'support', by: ['sam', 'mei'] },
      { kind: 'role', key: 'idle', by: [] },
      { kind: 'tier', key: 'free', by: ['initech'] },
      { kind: 'resource', key: 'moon', by: ['a', 'b', 'c', 'd', 'e'] },
      { kind: 'entitlement', key: 'env:operate', by: ['mei'] },
      { kind: 'entitlement', key: 'env:read', by: ['mei'] },
      { kind: 'customer type', key: 'business', by: ['a contract'] },
    ];
    expect(details(catalog, inUse)).toEqual([
      'roles The role support cannot be removed: sam and mei use it.',
      'tiers The tier free cannot be removed: initech uses it.',
      'resources The resource moon cannot be removed: a, b, c and 2 others use it.',
      'resources The entitlement env:operate cannot be removed: mei uses it.',
      'customer_types The customer type business cannot be removed: a contract uses it.',
    ]);
  });

  it('are names that the ledger does not know, where it is asked', () => {
    const catalog = catalogWith({
      resources: [resourceWith('env', { owner: 'Nobody@northwind.example' }), resourceWith('app')],
      overrides: [overrideWith({ customer: 'umbra' })],
    });
    const surroundings = {
      organizations: new Set(['northwind']),
      people: new Set(['omar@northwind.example', 'priya@northwind.example']),
      targets: new Map([['eu', 'webhook']]),
    };
    const found = catalogProblems(catalog, [], surroundings).map(({ path }) => path.join('.'));
    expect(found).toEqual([
      'resources.0.owner',
      'resources.0.connector',
      'resources.1.connector',
      'overrides.0.customer',
    ]);
  });
});

describe('the outside form', () => {
  it('is read back as what it was written from', () => {
    fc.assert(
      fc.property(anyCatalog, (catalog) => {
        const document = catalogDocument(catalog);
        const read = readCatalog(JSON.parse(JSON.stringify(document)));
        expect(read.problems).toBeNull();
        expect(read.catalog && catalogDocument(read.catalog)).toEqual(document);
        expect(catalogDocument(turnedRound(catalog))).toEqual(document);
      }),
    );
  });

  it('says of everything in it that is wrong what and where, in our words', () => {
    const read = readCatalog({
      resources: [
        {
          ...catalogDocument(catalogWith({ resources: [resourceWith('env')] })).resources[0],
          settings: { a: '\0' },
        },
      ],
      roles: [{ key: 'A b', name: 1, dutys: [], duties: ['fly'], entitlements: ['env', 'a:b:c'] }, null],
      tiers: [
        { key: 'a', name: 'A', seats: 0, default_roles: { 'X Y': [], b: 3 }, features: { sso: 'yes' } },
        { key: 'b', name: 'B' },
        { key: 'c', name: 'C', seats: null },
      ],
      customer_types: [{ key: 'a', name: ' ', tier: 'b', granted_period: 'P1Y' }],
      overrides: [
        { customer: 'a', what: { kind: 'moon' }, reason: '', approver: 'x', until: '2027-02-31T00:00:00Z' },
        { ...overrideWith(), what: { kind: 'seats', role: 'a' } },
        { what: { kind: 'role', role: 'a' } },
      ],
      more: 1,
    });
    expect(read.problems?.map(({ path, detail }) => `${path.join('.')} ${detail}`)).toEqual([
      'resources.0.settings Contains characters that are not text.',
      'roles.0.key Small letters and digits, with single hyphens between, such as acme-env.',
      'roles.0.name This must be a text.',
      'roles.0.duties.0 One of read-records, end-any-access, administer-customer, manage-access, release-fences.',
      'roles.0.entitlements.0 A resource and an entitlement, such as acme-env:read.',
      'roles.0.entitlements.1 A resource and an entitlement, such as acme-env:read.',
      'roles.0.dutys There is no such field.',
      'roles.1 This must be an object with named members.',
      'tiers.0.seats A whole number from 1 on, or unlimited.',
      'tiers.0.default_roles.X Y Small letters and digits, with single hyphens between, such as acme-env.',
      'tiers.0.default_roles.b This must be a list.',
      'tiers.0.features.sso This must be true or false.',
      'tiers.1.seats This is missing.',
      'tiers.2.seats A whole number from 1 on, or unlimited.',
      'customer_types.0.name Say something here.',
      'customer_types.0.granted_period An ISO 8601 period such as PT2H or P365D; no years or months.',
      'overrides.0.what.kind One of seats, feature, role, consent.',
      'overrides.0.reason Say something here.',
      'overrides.0.approver An e-mail address.',
      'overrides.0.until An instant with a zone, such as 2027-06-30T22:00:00Z.',
      'overrides.1.what.seats This is missing.',
      'overrides.1.what.role There is no such field.',
      'overrides.2.customer This is missing.',
      'overrides.2.reason This is missing.',
      'overrides.2.approver This is missing.',
      'overrides.2.until This is missing.',
      'more There is no such field.',
    ]);
  });

  it('has settings as by default where they are left out, and writes them all', () => {
    const { settings, ...rest } = catalogDocument(catalogWith({}));
    expect(readCatalog(rest).catalog?.settings).toEqual(defaultSettings);
    const some = { ...rest, settings: { fence: { people: { least: 50 } }, welcome: { expires: 'P9D' } } };
    const read = readCatalog(some).catalog;
    expect(read && catalogDocument(read).settings).toEqual({
      ...settings,
      fence: { source: defaultSettings.fence.source, people: { share: 0.02, least: 50, window: 'PT10M' } },
      welcome: { expires: 'P9D', reminders: ['P2D', 'P5D'] },
    });
    expect(settings).toMatchObject({ churn_grace: 'P7D', downgrade_grace: 'P14D', standing_period: 'P365D' });
  });

  it('takes instants of any zone and keeps them in UTC', () => {
    const document = catalogDocument(catalogWith({ overrides: [overrideWith()] }));
    const [one] = document.overrides;
    const read = readCatalog({ ...document, overrides: [{ ...one, until: '2027-07-01T00:00:00+02:00' }] });
    expect(read.catalog?.overrides[0]?.until).toBe('2027-06-30T22:00:00.000Z');
  });
});
