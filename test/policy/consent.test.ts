import { describe, expect, it } from 'vitest';
import { digestOf } from '../../crypto/digest.ts';
import {
  approvesAny,
  canonicalConsent,
  type ConsentNeed,
  type ConsentRule,
  consentNeeds,
  consentTo,
  isUsualConsent,
  usualConsent,
} from '../../domain/consent.ts';
import type { HoldQuestion } from '../../domain/policy.ts';
import { loadPolicies } from '../../policy/load.ts';
import { defaultSource, question } from './default-policies.ts';

const policies = loadPolicies(defaultSource(), digestOf);
const confidential = (emergency: 'report' | 'refuse'): ConsentNeed[] => [
  { classification: 'confidential', withinMs: 1_800_000, emergency },
];
const asked = (consent: ConsentNeed[] | undefined, entitlement: string, classification = 'confidential') => {
  const organization = { approvesVendorAccess: true, ...(consent ? { consent } : {}) };
  const person = { roles: ['support-engineer', 'on-call'] };
  const verdict = policies.decide(
    question({ person, organization, entitlement, resource: { classification } }),
  );
  return {
    stages: verdict.stages.map(({ roleKey, of, withinMs }) => [roleKey, of, withinMs ?? null]),
    outcome: verdict.outcome,
    reported: verdict.reported,
  };
};
const lead = ['support-lead', 'vendor', null];
const theirs = (withinMs: number) => ['customer-administrator', 'customer', withinMs];

describe('a customer’s consent in policy', () => {
  it('is asked for data of the classifications that it names, in the time that was agreed on', () => {
    expect(asked(confidential('report'), 'read').stages).toEqual([lead, theirs(1_800_000)]);
    expect(asked(confidential('report'), 'operate').stages).toEqual([lead, theirs(1_800_000)]);
    expect(asked(confidential('report'), 'read', 'internal').stages).toEqual([lead]);
    expect(asked([], 'read').stages).toEqual([lead]);
    // Without rules of its own, "approves vendor access" is about everything, in two hours.
    expect(asked(undefined, 'read', 'internal').stages).toEqual([lead, theirs(7_200_000)]);
  });

  it('holds up an emergency only where that was agreed on, and an emergency is reported either way', () => {
    const freely = { outcome: 'automatic', stages: [], reported: true };
    expect(asked(confidential('report'), 'administer')).toEqual(freely);
    expect(asked(confidential('refuse'), 'administer', 'internal')).toEqual(freely);
    expect(asked(confidential('refuse'), 'administer')).toEqual({
      outcome: 'needs_approval',
      stages: [theirs(1_800_000)],
      reported: true,
    });
  });

  it('cannot be got round by a role of the vendor’s people', () => {
    const { person, resource, organization } = question();
    const hold = (consent: ConsentNeed[], of: 'vendor' | 'customer'): HoldQuestion => ({
      person: {
        ...person,
        organization: { id: of === 'vendor' ? 'org_northwind' : organization.id, kind: of },
      },
      resource,
      organization: { ...organization, consent },
      entitlement: 'read',
      signals: [],
      now: '2026-11-22T14:02:00.000Z',
    });
    const verdict = policies.mayHold(hold(confidential('report'), 'vendor'));
    expect([verdict.allowed, verdict.policies.map(({ id }) => id)]).toEqual([false, ['consent-not-by-role']]);
    expect(policies.mayHold(hold([], 'vendor')).allowed).toBe(true);
    expect(policies.mayHold(hold(confidential('report'), 'customer')).allowed).toBe(true);
    // Two customers that differ in nothing else are not asked about as one.
    const both = policies.mayHoldMany([hold([], 'vendor'), hold(confidential('report'), 'vendor')]);
    expect(both.map(({ allowed }) => allowed)).toEqual([true, false]);
  });
});

describe('rules of consent', () => {
  const rules: ConsentRule[] = [
    { classifications: ['restricted', 'confidential'], within: 'PT4H', emergency: 'report' },
    { classifications: ['confidential'], within: 'PT1H', emergency: 'refuse' },
  ];

  it('come down to the strictest for each classification', () => {
    expect(consentNeeds(rules)).toEqual([
      { classification: 'confidential', withinMs: 3_600_000, emergency: 'refuse' },
      { classification: 'restricted', withinMs: 14_400_000, emergency: 'report' },
    ]);
    const consent = consentNeeds(rules);
    expect(consentTo({ approvesVendorAccess: false, consent }, 'public')).toBeNull();
    expect(approvesAny({ approvesVendorAccess: true, consent: [] })).toBe(false);
    expect(approvesAny({ approvesVendorAccess: true })).toBe(true);
  });

  it('are written one way', () => {
    const [first, second] = rules;
    const turned = [second, first].flatMap((one) => one ?? []);
    expect(canonicalConsent(turned)).toEqual(canonicalConsent(rules));
    expect(
      isUsualConsent([{ ...usualConsent, classifications: usualConsent.classifications.toReversed() }]),
    ).toBe(true);
    expect(isUsualConsent(rules)).toBe(false);
  });
});
