import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { digestOf } from '../../crypto/digest.ts';
import type { PolicyQuestion, PolicyVerdict } from '../../domain/policy.ts';
import { loadPolicies } from '../../policy/load.ts';
import { defaultSource, question } from './default-policies.ts';

const text = z.string();
const table = z
  .strictObject({
    people: z.record(
      text,
      z.strictObject({
        roles: z.array(text),
        organization: text.default('northwind'),
        employment: text.default('employee'),
      }),
    ),
    organizations: z.record(
      text,
      z.strictObject({
        kind: z.enum(['vendor', 'customer']),
        tier: text.nullable().default(null),
        approves_vendor_access: z.boolean().default(false),
      }),
    ),
    entitlements: z.array(text),
    rules: z.array(
      z.strictObject({
        who: z.array(text),
        what: z.array(text),
        where: z.array(text),
        outcome: z.enum(['refused', 'automatic', 'needs_approval']),
        longest: text.nullable().default(null),
        needs: z.array(text).default([]),
        stages: z.array(text).default([]),
        reported: z.boolean().default(false),
        policies: z.array(text).default([]),
      }),
    ),
  })
  .parse(parse(readFileSync(new URL('rules.yaml', import.meta.url), 'utf8')));

const { decide } = loadPolicies(defaultSource(), digestOf);

function asking(who: string, what: string, where: string): PolicyQuestion {
  const person = table.people[who];
  const organization = table.organizations[where];
  const home = table.organizations[person?.organization ?? ''];
  if (!person || !organization || !home)
    throw new Error(`The table has no ${who}, ${where} or where ${who} belongs.`);
  return question({
    entitlement: what,
    person: {
      id: who,
      roles: person.roles,
      employment: person.employment,
      organization: { id: person.organization, kind: home.kind },
    },
    organization: {
      id: where,
      key: where,
      kind: organization.kind,
      tier: organization.tier,
      approvesVendorAccess: organization.approves_vendor_access,
    },
  });
}

function inTheTablesWords(verdict: PolicyVerdict) {
  return {
    outcome: verdict.outcome,
    longest: verdict.longest,
    needs: verdict.needs.map((need) => need.kind),
    stages: verdict.stages.map((stage) => `${stage.needed} ${stage.roleKey} of ${stage.of}`),
    reported: verdict.reported,
    policies: verdict.policies.map((policy) => policy.id),
  };
}

const cases = table.rules.flatMap((rule) => {
  const { who, what, where, ...expected } = rule;
  return who.flatMap((person) =>
    what.flatMap((entitlement) => where.map((place) => ({ person, entitlement, place, expected }))),
  );
});

describe('the rules of the example', () => {
  it('name every person, entitlement and organization exactly once', () => {
    const all = Object.keys(table.people).flatMap((person) =>
      table.entitlements.flatMap((what) =>
        Object.keys(table.organizations).map((place) => `${person} ${what} ${place}`),
      ),
    );
    expect(cases.map(({ person, entitlement, place }) => `${person} ${entitlement} ${place}`).sort()).toEqual(
      all.sort(),
    );
  });

  it.each(cases)(
    '$person, $entitlement on $place: $expected.outcome',
    ({ person, entitlement, place, expected }) => {
      expect(inTheTablesWords(decide(asking(person, entitlement, place)))).toEqual(expected);
    },
  );

  it('depend on what a customer is, never on what it is called', () => {
    for (const { person, entitlement, place, expected } of cases) {
      const renamed = asking(person, entitlement, place);
      renamed.organization.id = 'org_other';
      renamed.organization.key = 'other';
      renamed.person.id = 'person_other';
      renamed.resource.key = 'other';
      expect(inTheTablesWords(decide(renamed))).toEqual(expected);
    }
  });

  it('never allow a suspended person, or the data of a suspended organization', () => {
    for (const { person, entitlement, place } of cases) {
      const left = asking(person, entitlement, place);
      left.person.suspended = true;
      expect(decide(left).outcome).toBe('refused');
      const gone = asking(person, entitlement, place);
      gone.organization.suspended = true;
      expect(decide(gone).outcome).toBe('refused');
    }
  });

  it('want two support leads and a second factor for restricted data, and never change it', () => {
    const restricted = { resource: { classification: 'restricted' } };
    expect(inTheTablesWords(decide(question(restricted)))).toMatchObject({
      outcome: 'needs_approval',
      longest: 'PT1H',
      needs: ['mfa', 'ticket'],
      stages: ['2 support-lead of vendor'],
    });
    expect(
      decide(question({ ...restricted, entitlement: 'write' })).policies.map((policy) => policy.id),
    ).toEqual(['restricted-not-changed']);
  });

  it('refuse a resource whose classification is not one of the four', () => {
    const verdict = decide(question({ resource: { classification: 'Restricted' } }));
    expect(verdict.policies.map((policy) => policy.id)).toEqual(['classification-unknown']);
  });
});
