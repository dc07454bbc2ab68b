import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../crypto/digest.ts';
import type { HoldQuestion } from '../../domain/policy.ts';
import { loadPolicies } from '../../policy/load.ts';
import { defaultSource, holdQuestion, load, question } from './default-policies.ts';

const { mayHold, version, decide } = loadPolicies(defaultSource(), digestOf);

const hold = (id: string, when = 'true') =>
  `@id("${id}") @title("${id}") permit(principal, action == Action::"hold", resource) when { ${when} };`;
const permit = (id: string) =>
  `@id("${id}") @title("${id}") @longest("PT2H") permit(principal, action, resource);`;
const forbid = (id: string, when: string) =>
  `@id("${id}") @title("${id}") forbid(principal, action, resource) when { ${when} };`;

const vendor = { organization: { id: 'org_northwind', kind: 'vendor' as const }, employment: 'employee' };
/** A customer that need not be asked. */
const unasked = { approvesVendorAccess: false };
const ofVendor = { id: 'org_northwind', key: 'northwind', kind: 'vendor' as const, tier: null };

describe('Standing access', () => {
  it.each<[string, Parameters<typeof holdQuestion>[0], string]>([
    ['a user: what a role gives, of the own organization', {}, 'held-by-role'],
    ['a user: any entitlement, of which policies need not know', { entitlement: 'fly' }, 'held-by-role'],
    ['our people: what a role gives', { person: vendor, organization: unasked }, 'held-by-role'],
    ['our people: of a customer that wants to be asked', { person: vendor }, 'no consent-not-by-role'],
    ['our people: of our own', { person: vendor, organization: ofVendor }, 'held-by-role'],
    [
      'a contractor: of our own',
      { person: { ...vendor, employment: 'contractor' }, organization: ofVendor },
      'held-by-role',
    ],
    [
      'a user: restricted data in their region, and changing it',
      { resource: { classification: 'restricted' }, entitlement: 'write' },
      'held-by-role',
    ],
    ['nobody while suspended', { person: { suspended: true } }, 'no suspended-person'],
    [
      "nobody: a suspended customer's data",
      { organization: { suspended: true } },
      'no suspended-organization',
    ],
    [
      "our people neither: a suspended customer's data",
      { person: vendor, organization: { ...unasked, suspended: true } },
      'no suspended-organization',
    ],
    [
      "a contractor: a customer's data",
      { person: { ...vendor, employment: 'contractor' }, organization: unasked },
      'no contractor-no-customer-data',
    ],
    [
      "a user: another customer's data",
      { organization: { id: 'org_globex', key: 'globex' } },
      'no foreign-data-not-held',
    ],
    ['a user: of ours', { organization: ofVendor }, 'no foreign-data-not-held'],
    [
      'anybody: restricted data of another region',
      { resource: { classification: 'restricted', region: 'us' } },
      'no restricted-in-its-region',
    ],
    [
      'anybody without a region: restricted data',
      { person: { region: null }, resource: { classification: 'restricted' } },
      'no restricted-in-its-region',
    ],
    [
      'our people: restricted data of another region',
      {
        person: { ...vendor, region: 'us' },
        resource: { classification: 'restricted' },
        organization: unasked,
      },
      'no restricted-in-its-region',
    ],
    [
      'anybody: what does not say how confidential it is',
      { resource: { classification: 'Restricted' } },
      'no classification-unknown',
    ],
  ])('%s', (_, changes, expected) => {
    const verdict = mayHold(holdQuestion(changes));
    const ids = verdict.policies.map((policy) => policy.id).join(' ');
    expect(verdict.allowed ? ids : `no ${ids}`).toBe(expected);
    expect(verdict.policyVersion).toBe(version);
  });

  it('follows a move: what the new region does not allow is held no more', () => {
    const restricted = { classification: 'restricted', region: 'eu' };
    const living = (region: string) =>
      mayHold(holdQuestion({ person: { region }, resource: restricted })).allowed;
    expect([living('eu'), living('us'), living('eu')]).toEqual([true, false, true]);
  });

  it('is not allowed by a permit to ask, however wide, nor is asking by a permit to hold', () => {
    const asking = load({ 'a.cedar': permit('everything') });
    expect(asking.mayHold(holdQuestion())).toMatchObject({ allowed: false, policies: [] });
    const holding = load({ 'a.cedar': hold('held') });
    expect(holding.mayHold(holdQuestion()).policies).toEqual([{ id: 'held', title: 'held' }]);
    expect(holding.decide(question())).toMatchObject({ outcome: 'refused', policies: [] });
    const both = load({ 'a.cedar': `${permit('everything')}${hold('held')}` });
    expect(both.mayHold(holdQuestion()).policies.map((policy) => policy.id)).toEqual(['held']);
    expect(both.decide(question()).policies.map((policy) => policy.id)).toEqual(['everything']);
  });

  it('cannot be asked for by its action, also where a policy allows everything', () => {
    expect(decide(question({ entitlement: 'hold' }))).toMatchObject({ outcome: 'refused', policies: [] });
    const set = load({ 'a.cedar': `${permit('everything')}${hold('held')}` });
    expect(set.decide(question({ entitlement: 'hold' })).outcome).toBe('refused');
  });

  it('is refused by any forbid, and by any policy that fails to evaluate', () => {
    const set = (more: string) => load({ 'a.cedar': `${hold('held')}${more}` }).mayHold(holdQuestion());
    expect(set('').allowed).toBe(true);
    expect(set(forbid('no', 'principal.employment == "customer"'))).toMatchObject({
      allowed: false,
      policies: [{ id: 'no', title: 'no' }],
    });
    const overflow = '9223372036854775807 + 1 > 0';
    expect(set(forbid('broken', overflow))).toMatchObject({ allowed: false, policies: [{ id: 'broken' }] });
    expect(set(hold('broken', overflow)).allowed).toBe(false);
  });

  it('is refused where the question is none', () => {
    const set = load({ 'a.cedar': hold('held') });
    for (const now of ['', 'now', '2026-13-01T00:00:00.000Z'])
      expect(set.mayHold(holdQuestion({ now }))).toMatchObject({ allowed: false, policies: [] });
    expect(set.mayHold(holdQuestion({ entitlement: '\ud800' })).allowed).toBe(false);
  });

  it('may depend on the entitlement, the signals and the instant', () => {
    const set = load({
      'a.cedar': hold(
        'held',
        'context.entitlement like "re*" && context.signals.isEmpty() && context.now < datetime("2027-01-01")',
      ),
    });
    const allowed = (changes: Parameters<typeof holdQuestion>[0]) =>
      set.mayHold(holdQuestion(changes)).allowed;
    expect(allowed({ entitlement: 'read' })).toBe(true);
    expect(allowed({ entitlement: 'write' })).toBe(false);
    expect(allowed({ entitlement: 'read', signals: ['stolen'] })).toBe(false);
    expect(allowed({ entitlement: 'read', now: '2027-01-01T00:00:00.000Z' })).toBe(false);
  });
});

describe('Many questions at once', () => {
  const any = fc.array(
    fc
      .record({
        person: fc.record({
          id: fc.constantFrom('person_a', 'person_b'),
          roles: fc.shuffledSubarray(['a', 'b c', 'd']),
          organization: fc.constantFrom({ id: 'org_acme', kind: 'customer' as const }, vendor.organization),
          employment: fc.constantFrom('employee', 'contractor'),
          department: fc.constantFrom(null, 'a', 'eu'),
          region: fc.constantFrom(null, 'eu', 'us'),
          suspended: fc.boolean(),
        }),
        resource: fc.record({
          id: fc.constantFrom('res_a', 'res_b'),
          region: fc.constantFrom('eu', 'us'),
          classification: fc.constantFrom('restricted', 'internal', 'odd'),
        }),
        organization: fc.record({
          id: fc.constantFrom('org_acme', 'org_globex'),
          kind: fc.constantFrom('customer' as const, 'vendor' as const),
          tier: fc.constantFrom(null, 'free', 'gold'),
          approvesVendorAccess: fc.boolean(),
          consent: fc.constantFrom(
            undefined,
            [],
            [{ classification: 'internal', withinMs: 1, emergency: 'report' as const }],
          ),
          suspended: fc.boolean(),
        }),
        entitlement: fc.constantFrom('read', 'write'),
        signals: fc.subarray(['x', 'y']),
        now: fc.constantFrom('2026-11-22T14:02:00.000Z', '2027-11-22T14:02:00.000Z', 'never'),
      })
      .map(holdQuestion),
    { maxLength: 30 },
  );
  // Between them these look at everything that a policy can see but people's ids.
  const curious = load({
    'a.cedar': [
      hold('roles', 'principal in Role::"b c" && context.entitlement == "read"'),
      hold('person', 'principal has department && principal.department == "eu" && !principal.suspended'),
      hold('region', 'principal has region && principal.region == resource.region'),
      hold('resource', 'resource == Resource::"res_a" && resource.classification == "odd"'),
      hold('tier', 'resource.organization has tier && resource.organization.tier == "gold"'),
      hold('approves', 'resource.organization.approvesVendorAccess && principal.employment == "employee"'),
      hold('consent', 'resource.needsConsent && principal.employment == "contractor"'),
      hold('home', 'principal.organization.id == resource.organization.id'),
      hold('kinds', 'principal.organization.kind == "vendor" && resource.organization.kind == "vendor"'),
      hold('context', 'context.signals.contains("x") && context.now < datetime("2027-01-01")'),
      forbid('suspended', 'resource.organization.suspended'),
    ].join('\n'),
  });
  const one = load({ 'a.cedar': hold('one', 'principal == Person::"person_a" && true') });

  it.each([
    ['by policies that look at everything', curious],
    ['by a policy about one person', one],
    ['by the default policies', loadPolicies(defaultSource(), digestOf)],
  ])('are answered as each alone, %s', (_, set) => {
    fc.assert(
      fc.property(any, (questions) => {
        expect(set.mayHoldMany(questions)).toEqual(questions.map(set.mayHold));
      }),
      { numRuns: 60 },
    );
  });

  it('cost one decision for all that a policy cannot tell apart', () => {
    const { mayHoldMany } = loadPolicies(defaultSource(), digestOf);
    const people = (count: number): HoldQuestion[] =>
      Array.from({ length: count }, (_, at) =>
        holdQuestion({ person: { id: `person_${at}`, roles: ['b', 'a'] } }),
      );
    const answers = mayHoldMany(people(5_000));
    expect(answers).toHaveLength(5_000);
    // The very same answer: it was asked for once.
    expect(new Set(answers).size).toBe(1);
    expect(new Set(one.mayHoldMany(people(3))).size).toBe(3);
  });
});
