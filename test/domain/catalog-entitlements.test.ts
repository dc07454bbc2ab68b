import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  derivationInWords,
  effectiveEntitlements,
  entitlementNames,
} from '../../domain/catalog-entitlements.ts';
import { anyRoles, catalogWith, closure, roleWith, turnedRound } from '../support/catalog.ts';

describe('effective entitlements', () => {
  it('are those of the naive fixpoint, circles or not, in one order whatever the input was', () => {
    fc.assert(
      fc.property(anyRoles, fc.infiniteStream(fc.boolean()), (roles, coins) => {
        const held = roles.map((one) => one.key).filter(() => coins.next().value);
        const reached = closure(roles, held);
        const expected = new Set(
          roles.filter((one) => reached.has(one.key)).flatMap((one) => one.entitlements),
        );
        const names = entitlementNames({ roles }, held);
        expect(new Set(names)).toEqual(expected);
        expect(names.length).toBe(expected.size);
        expect(effectiveEntitlements(turnedRound(catalogWith({ roles })), held.toReversed())).toEqual(
          effectiveEntitlements({ roles }, held),
        );
      }),
    );
  });

  it('come with ways that exist, the shortest first, from each role held to each that gives', () => {
    fc.assert(
      fc.property(anyRoles, (roles) => {
        const byKey = new Map(roles.map((one) => [one.key, one]));
        const held = roles.slice(0, 2).map((one) => one.key);
        for (const { resource, entitlement, derivations } of effectiveEntitlements({ roles }, held)) {
          const name = `${resource}:${entitlement}`;
          const ends = held.flatMap((start) =>
            roles
              .filter((one) => one.entitlements.includes(name) && closure(roles, [start]).has(one.key))
              .map((one) => `${start} ${one.key}`),
          );
          expect(derivations.map((way) => `${way[0]} ${way.at(-1)}`).sort()).toEqual(ends.sort());
          for (const way of derivations) {
            expect(way.length - 1).toBe(closure(roles, way.slice(0, 1)).get(way.at(-1) ?? ''));
            for (const [at, key] of way.slice(1).entries())
              expect(byKey.get(way[at] ?? '')?.includes).toContain(key);
          }
          const lengths = derivations.map((way) => way.length);
          expect(lengths).toEqual([...lengths].sort((a, b) => a - b));
        }
      }),
    );
  });

  it('are told in words', () => {
    const what = { resource: 'env', entitlement: 'read' };
    expect(derivationInWords(what, ['a'])).toBe('read on env: role a gives it');
    expect(derivationInWords(what, ['a', 'b', 'c'])).toBe(
      'read on env: role a includes role b, which includes role c, which gives it',
    );
  });

  it('stay quick where roles include each other in very many ways', () => {
    const layers = 40;
    const roles = Array.from({ length: layers * 2 }, (_, at) =>
      roleWith(`r${at}`, {
        includes: at < 2 ? [] : [`r${at - (at % 2) - 2}`, `r${at - (at % 2) - 1}`],
        entitlements: at < 2 ? ['env:read'] : [],
      }),
    );
    const [only] = effectiveEntitlements({ roles }, [`r${layers * 2 - 1}`]);
    expect(only?.derivations.map((way) => way.length)).toEqual([layers, layers]);
  });
});
