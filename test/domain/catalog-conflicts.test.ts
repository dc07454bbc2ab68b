import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { catalogProblems } from '../../domain/catalog-problems.ts';
import { conflictsAmong } from '../../domain/catalog-conflicts.ts';
import { anyRoles, catalogWith, closure, roleWith } from '../support/catalog.ts';

describe('Roles in conflict', () => {
  it('are found among all that are held and included, whichever of two names the other', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
    const pair = fc.tuple(key, key);
    fc.assert(
      fc.property(anyRoles, fc.array(pair, { maxLength: 6 }), fc.nat(), (plain, pairs, seed) => {
        const roles = plain.map((one) => ({
          ...one,
          conflictsWith: pairs.flatMap(([from, to]) => (from === one.key ? [to] : [])),
        }));
        const held = roles.map((one) => one.key).filter((_, at) => (seed >> at) % 2 === 0);
        const reached = closure(roles, held);
        const expected = pairs
          .filter(([one, other]) => one !== other && reached.has(one) && reached.has(other))
          .map((two) => two.toSorted().join(' '));
        expect(conflictsAmong({ roles }, held).map((two) => two.join(' '))).toEqual(
          [...new Set(expected)].sort(),
        );
        const turned = plain.map((one) => ({
          ...one,
          conflictsWith: pairs.flatMap(([from, to]) => (to === one.key ? [from] : [])),
        }));
        expect(conflictsAmong({ roles: turned }, held)).toEqual(conflictsAmong({ roles }, held));
      }),
    );
  });

  it('are told at the one role that brings them together, not at all that include it', () => {
    const roles = [
      roleWith('a', { conflictsWith: ['b'] }),
      roleWith('b'),
      roleWith('both', { includes: ['a', 'b'] }),
      ...Array.from({ length: 5 }, (_, at) => roleWith(`r${at}`, { includes: [at ? `r${at - 1}` : 'both'] })),
    ];
    expect(catalogProblems(catalogWith({ roles }), [])).toEqual([
      {
        path: ['roles', 2, 'includes'],
        detail: 'The role both includes a and b, which conflict: nobody could hold it.',
      },
    ]);
  });
});
