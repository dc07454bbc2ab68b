import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../crypto/digest.ts';
import { type CountedGroup, impactOn } from '../../domain/catalog-impact.ts';
import type { PolicyOrganization } from '../../domain/policy.ts';
import { loadPolicies, type PolicySet } from '../../policy/load.ts';
import { catalogWith, resourceWith, roleWith, tierWith } from '../support/catalog.ts';
import { groupWith, vendorOrganization } from '../support/holding.ts';
import { defaultSource, load } from './default-policies.ts';

const hold = (id: string, when: string) =>
  `@id("${id}") @title("${id}") permit(principal, action == Action::"hold", resource) when { ${when} };`;
const set = (...policies: string[]) => load({ 'a.cedar': policies.join('\n') });

const sets: [string, PolicySet][] = [
  ['the default policies', loadPolicies(defaultSource(), digestOf)],
  ['one that knows a key', set(hold('key', 'resource.organization.key == "globex"'))],
  ['one that knows an id', set(hold('id', '["org_umbra", "x"].contains(principal.organization.id)'))],
  ['one with a pattern', set(hold('like', 'resource.organization.key like "u*a"'))],
  ['one about a person', set(hold('person', 'principal == Person::"person_1"'))],
  [
    'ones that compare names with other words',
    set(
      hold('region', 'principal has region && principal.region == resource.organization.key'),
      hold('department', 'principal has department && resource.organization.id == principal.department'),
      hold('resource', 'resource.key == resource.organization.key'),
      hold(
        'tier',
        'resource.organization has tier && resource.organization.tier == principal.organization.id',
      ),
      hold('entitlement', 'context.entitlement == resource.organization.key'),
    ),
  ],
  ['one about home', set(hold('home', 'principal.organization.id == resource.organization.id'))],
];

const organizations = ['acme', 'globex', 'umbra', 'env', 'eu', 'use', 'initech', 'hooli'].map(
  (key): PolicyOrganization => ({
    ...vendorOrganization,
    id: `org_${key}`,
    key,
    kind: 'customer',
    tier: 'free',
  }),
);

const group = fc
  .record({
    of: fc.constantFrom(...organizations),
    nth: fc.integer({ min: 0, max: 2 }),
    department: fc.constantFrom(null, 'org_hooli', 'sales'),
    region: fc.constantFrom(null, 'eu', 'initech'),
    tier: fc.constantFrom('free', 'org_acme'),
    approvesVendorAccess: fc.boolean(),
  })
  .map(
    ({ of, nth, department, region, tier, approvesVendorAccess }): CountedGroup =>
      groupWith({
        roles: ['member'],
        person: { id: `person_${nth}`, employment: 'customer', department, region },
        organization: { ...of, tier, approvesVendorAccess },
        customer: { key: of.key, tier: 'free', contractRole: null, restricted: false },
      }),
  );

// One is shared, one is a customer's own, one is the vendor's.
const resources = [
  resourceWith('app', { shared: true, entitlements: [{ key: 'use', name: 'Use' }] }),
  resourceWith('env', { organization: 'acme', classification: 'restricted' }),
  resourceWith('tool', { region: 'us' }),
];
const tiers = [tierWith('free', { allowedRoles: ['member'] })];
const before = catalogWith({ resources, tiers, roles: [roleWith('member')] });
const entitlements = ['app:use', 'env:read', 'tool:write'];
const after = catalogWith({ resources, tiers, roles: [roleWith('member', { entitlements })] });

/** Who they are is compared, not in which order they were found. */
function inOrder(moved: ReadonlyMap<string, readonly CountedGroup[]>): [string, string[]][] {
  return [...moved].map(([effect, groups]) => [effect, groups.map((one) => JSON.stringify(one)).sort()]);
}

describe('People whom a policy cannot tell apart', () => {
  it.each(sets)('are counted as if each were asked about, by %s', (_, { mayHoldMany, sight }) => {
    const facts = {
      resourceIds: new Map([['app', 'res_app']]),
      organizations: new Map([vendorOrganization, ...organizations].map((one) => [one.key, one])),
      mayHoldMany,
      at: '2027-02-10T00:00:00.000Z',
    };
    const few = { ...facts, organizations: new Map([...facts.organizations].slice(0, 2)) };
    const closely = { namesPeople: true, tells: () => true };
    fc.assert(
      fc.property(fc.array(group, { maxLength: 12 }), fc.boolean(), (groups, isFew) => {
        const known = isFew ? few : facts;
        const seen = impactOn(before, after, groups, { ...known, sight });
        const singly = impactOn(before, after, groups, { ...known, sight: closely });
        expect({ ...seen, moved: inOrder(seen.moved) }).toEqual({
          ...singly,
          moved: inOrder(singly.moved),
          affected: expect.any(Array),
        });
      }),
      { numRuns: 60 },
    );
  });
});
