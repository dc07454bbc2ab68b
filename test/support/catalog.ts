import * as fc from 'fast-check';
import {
  type Catalog,
  type CatalogOverride,
  type CatalogResource,
  type CatalogRole,
  type CatalogTier,
  classifications,
  duties,
  type Json,
  overrideKey,
} from '../../domain/catalog.ts';
import { defaultSettings } from '../../domain/catalog-settings.ts';
import { type ConsentRule, emergencies, usualConsent } from '../../domain/consent.ts';
import { settingsFor } from './catalog-settings.ts';

/** Small catalogs to build cases from: what a case is not about has these values. */
export function catalogWith(parts: Partial<Catalog>): Catalog {
  return {
    resources: [],
    roles: [],
    tiers: [],
    customerTypes: [],
    overrides: [],
    settings: defaultSettings,
    ...parts,
  };
}

export function resourceWith(key: string, parts: Partial<CatalogResource> = {}): CatalogResource {
  return {
    key,
    name: key,
    kind: 'database',
    organization: 'northwind',
    owner: 'omar@northwind.example',
    region: 'eu',
    classification: 'confidential',
    connector: 'postgres',
    target: 'eu',
    shared: false,
    settings: {},
    entitlements: [
      { key: 'read', name: 'Read data' },
      { key: 'write', name: 'Read and change data' },
    ],
    usualAccess: [],
    ...parts,
  };
}

export function roleWith(key: string, parts: Partial<CatalogRole> = {}): CatalogRole {
  return { key, name: key, duties: [], includes: [], conflictsWith: [], entitlements: [], ...parts };
}

export function tierWith(key: string, parts: Partial<CatalogTier> = {}): CatalogTier {
  return { key, name: key, seats: 3, allowedRoles: [], defaultRoles: {}, features: {}, ...parts };
}

export function overrideWith(parts: Partial<CatalogOverride> = {}): CatalogOverride {
  return {
    customer: 'acme',
    what: { kind: 'seats', seats: 40 },
    reason: 'Agreed in the contract',
    approver: 'priya@northwind.example',
    until: '2027-06-30T22:00:00.000Z',
    ...parts,
  };
}

const roleKeys = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const entitlementKeys = ['read', 'write', 'operate'];
const held = ['env:read', 'env:write', 'env:operate', 'app:read'];

/** Roles that include each other in any way, circles too; none is unknown. */
export const anyRoles: fc.Arbitrary<CatalogRole[]> = fc
  .subarray(roleKeys, { minLength: 1 })
  .chain((keys) => fc.tuple(...keys.map((key) => role(key, keys, held))));

/** Roles of which each includes earlier ones only, in any order. */
function acyclicRoles(names: readonly string[]): fc.Arbitrary<CatalogRole[]> {
  return fc
    .shuffledSubarray(roleKeys, { minLength: 1 })
    .chain((keys) => fc.tuple(...keys.map((key, at) => role(key, keys.slice(0, at), names))))
    .chain((roles) => fc.shuffledSubarray(roles, { minLength: roles.length }));
}

function role(key: string, included: readonly string[], names: readonly string[]): fc.Arbitrary<CatalogRole> {
  return fc.record({
    key: fc.constant(key),
    name,
    duties: fc.shuffledSubarray([...duties]),
    includes: fc.shuffledSubarray([...included]),
    conflictsWith: fc.constant([]),
    entitlements: fc.shuffledSubarray([...names]),
  });
}

// Text as hostile as a name may be: invisible characters, other scripts, and what YAML would read as something else.
const name = fc.oneof(
  fc.constantFrom(
    'no',
    'null',
    '1',
    '- x',
    'a: b',
    '# c',
    '*d',
    '&e',
    '|',
    '2027-06-30',
    "'",
    '"',
    '{}',
    '0x1f',
  ),
  fc
    .string({ unit: 'binary', minLength: 1, maxLength: 12 })
    .map((text) => text.trim())
    .filter((text) => text !== '' && !/\p{Cc}/u.test(text)),
);
const reason = fc.array(name, { minLength: 1, maxLength: 3 }).map((lines) => lines.join('\n'));
const settings = fc
  .dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ stringUnit: 'grapheme', maxDepth: 2 }))
  .map((value): Record<string, Json> => JSON.parse(JSON.stringify(value)))
  .filter((value) => !JSON.stringify(value).includes('__proto__'));
const period = fc.constantFrom('PT2H', 'P90D', 'P365D');
const seats = fc.option(fc.integer({ min: 1, max: 10_000 }));
const features = ['sso', 'scim', 'api'];

function resource(key: string): fc.Arbitrary<CatalogResource> {
  return fc.record({
    key: fc.constant(key),
    name,
    kind: fc.constantFrom('database', 'application'),
    organization: fc.constantFrom('northwind', 'acme'),
    owner: fc.constantFrom('omar@northwind.example', 'sita@northwind.example'),
    region: fc.constantFrom('eu', 'us'),
    classification: fc.constantFrom(...classifications),
    connector: fc.constant('postgres'),
    target: fc.constantFrom('eu', 'us'),
    shared: fc.boolean(),
    settings,
    entitlements: fc
      .shuffledSubarray(entitlementKeys)
      .chain((keys) => fc.tuple(...keys.map((one) => fc.record({ key: fc.constant(one), name })))),
    usualAccess: fc.constant([]),
  });
}

function tier(key: string, roles: readonly CatalogRole[]): fc.Arbitrary<CatalogTier> {
  const keys = roles.map((one) => one.key);
  return fc.shuffledSubarray(keys).chain((allowedRoles) =>
    fc.record({
      key: fc.constant(key),
      name,
      seats,
      allowedRoles: fc.constant(allowedRoles),
      defaultRoles: fc.dictionary(fc.constantFrom('member', 'viewer'), fc.shuffledSubarray(allowedRoles), {
        noNullPrototype: true,
      }),
      features: fc.dictionary(fc.constantFrom(...features), fc.boolean(), { noNullPrototype: true }),
    }),
  );
}

function override({ roles, tiers }: Pick<Catalog, 'roles' | 'tiers'>): fc.Arbitrary<CatalogOverride> {
  const known = tiers.flatMap((one) => Object.keys(one.features));
  const exceptions: fc.Arbitrary<CatalogOverride['what']>[] = [
    fc.record({ kind: fc.constant('seats'), seats }),
    fc.record({ kind: fc.constant('consent'), rules: consentRules }),
    fc.record({ kind: fc.constant('role'), role: fc.constantFrom(...roles.map((one) => one.key)) }),
  ];
  if (known.length > 0) {
    exceptions.push(
      fc.record({ kind: fc.constant('feature'), feature: fc.constantFrom(...known), enabled: fc.boolean() }),
    );
  }
  return fc.record({
    customer: fc.constantFrom('acme', 'globex'),
    what: fc.oneof(...exceptions),
    reason,
    approver: fc.constant('priya@northwind.example'),
    until: fc.integer({ min: 1, max: 28 }).map((day) => new Date(Date.UTC(2027, 1, day)).toISOString()),
  });
}

/** Catalogs without problems, every list in any order. */
export const anyCatalog: fc.Arbitrary<Catalog> = fc
  .shuffledSubarray(['env', 'app', 'db'])
  .chain((keys) => fc.tuple(...keys.map(resource)))
  .chain((resources) => {
    const names = resources.flatMap((one) => one.entitlements.map(({ key }) => `${one.key}:${key}`));
    return fc.tuple(fc.constant(resources), acyclicRoles(names));
  })
  .chain(([resources, roles]) =>
    fc
      .shuffledSubarray(['free', 'professional', 'enterprise'], { minLength: 1 })
      .chain((keys) => fc.tuple(...keys.map((key) => tier(key, roles))))
      .chain((tiers) =>
        fc.record({
          resources: fc.constant(resources),
          roles: fc.constant(roles),
          tiers: fc.constant(tiers),
          customerTypes: customerTypes(tiers),
          overrides: fc.uniqueArray(override({ roles, tiers }), { selector: overrideKey, maxLength: 4 }),
          settings: settingsFor(roles.map((one) => one.key)),
        }),
      ),
  )
  .chain((catalog) => conflictsIn(catalog).map((roles) => ({ ...catalog, roles })));

/** The roles with some conflicts among them that leave every role, tier and customer type as it can be held. */
function conflictsIn({ roles, tiers, customerTypes }: Catalog): fc.Arbitrary<CatalogRole[]> {
  const together = [
    ...roles.map((one) => [one.key]),
    ...tiers.flatMap((tier) => Object.values(tier.defaultRoles)),
    ...customerTypes.flatMap(({ tier, firstRoles }) => [
      firstRoles,
      ...Object.values(tiers.find((one) => one.key === tier)?.defaultRoles ?? {}).map((given) => [
        ...firstRoles,
        ...given,
      ]),
    ]),
  ].map((held) => closure(roles, held));
  const free = roles.flatMap((one) =>
    roles
      .filter((other) => one !== other && !together.some((all) => all.has(one.key) && all.has(other.key)))
      .map((other) => [one.key, other.key] as const),
  );
  return fc.shuffledSubarray(free, { maxLength: Math.min(4, free.length) }).map((pairs) =>
    roles.map((one) => ({
      ...one,
      conflictsWith: pairs.flatMap(([from, to]) => (from === one.key ? [to] : [])),
    })),
  );
}

const consentRules: fc.Arbitrary<ConsentRule[]> = fc.oneof(
  fc.constantFrom<ConsentRule[]>([], [usualConsent]),
  fc
    .tuple(
      fc.shuffledSubarray([...classifications], { minLength: 1 }),
      fc.constantFrom('PT1H', 'P1D'),
      fc.constantFrom(...emergencies),
    )
    .map(([chosen, within, emergency]) => [{ classifications: chosen, within, emergency }]),
);

function customerTypes(tiers: readonly CatalogTier[]): fc.Arbitrary<Catalog['customerTypes']> {
  return fc.shuffledSubarray(['business', 'self-service']).chain((keys) =>
    fc.tuple(
      ...keys.map((key) =>
        fc.constantFrom(...tiers).chain((tier) =>
          fc.record({
            key: fc.constant(key),
            name,
            tier: fc.constant(tier.key),
            region: fc.option(fc.constantFrom('eu', 'us')),
            consent: consentRules,
            firstRoles: fc.shuffledSubarray(tier.allowedRoles),
            grantedPeriod: period,
          }),
        ),
      ),
    ),
  );
}

/** The same catalog with every list of keys turned round. */
export function turnedRound(catalog: Catalog): Catalog {
  const { resources, roles, tiers, customerTypes, overrides, settings } = catalog;
  return {
    resources: resources.map((one) => ({ ...one, entitlements: one.entitlements.toReversed() })).toReversed(),
    roles: roles
      .map((one) => ({
        ...one,
        duties: one.duties.toReversed(),
        includes: one.includes.toReversed(),
        conflictsWith: one.conflictsWith.toReversed(),
        entitlements: one.entitlements.toReversed(),
      }))
      .toReversed(),
    tiers: tiers.map((one) => ({ ...one, allowedRoles: one.allowedRoles.toReversed() })).toReversed(),
    customerTypes: customerTypes
      .map((one) => ({ ...one, firstRoles: one.firstRoles.toReversed() }))
      .toReversed(),
    overrides: overrides.toReversed(),
    settings: { ...settings, restrictedRoles: settings.restrictedRoles.toReversed() },
  };
}

/** What roles reach, by repeating "add what they include" until nothing is new; with the number of steps to each. */
export function closure(roles: readonly CatalogRole[], start: readonly string[]): Map<string, number> {
  const reached = new Map(start.map((key) => [key, 0]));
  for (let size = -1, steps = 1; size !== reached.size; steps++) {
    size = reached.size;
    for (const role of roles) {
      if (!reached.has(role.key) || reached.get(role.key) !== steps - 1) continue;
      for (const key of role.includes) if (!reached.has(key)) reached.set(key, steps);
    }
  }
  return reached;
}

/** One small edit, of the kind that a person makes. */
export function edited(catalog: Catalog, seed: number): Catalog {
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
