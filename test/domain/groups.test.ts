import { describe, expect, it } from 'vitest';
import {
  contractRoleByGroups,
  mappedGroups,
  readGroups,
  rolesOfGroups,
  staffRolesByGroups,
} from '../../domain/groups.ts';

const mapping = [
  { group: 'admins', role: 'administrator' },
  { group: 'everybody', role: 'member' },
];
const all = () => true;

describe('What a provider says of groups', () => {
  it('is a list of names; a missing one is an empty one, and a name alone is one', () => {
    expect(readGroups({ groups: ['a', 'b', 'a'] }, 'groups')).toEqual({ groups: ['a', 'b'], unsaid: null });
    expect(readGroups({}, 'groups')).toEqual({ groups: [], unsaid: null });
    expect(readGroups({ groups: null }, 'groups')).toEqual({ groups: [], unsaid: null });
    expect(readGroups({ roles: 'admins' }, 'roles')).toEqual({ groups: ['admins'], unsaid: null });
  });

  it('is no answer where there are too many of them (Entra ID)', () => {
    const distributed = {
      _claim_names: { groups: 'src1' },
      _claim_sources: { src1: { endpoint: 'https://x' } },
    };
    expect(readGroups(distributed, 'groups')).toEqual({ groups: null, unsaid: 'overage' });
    expect(readGroups({ hasgroups: true }, 'groups').unsaid).toBe('overage');
    expect(readGroups({ _claim_names: { address: 'src1' } }, 'groups').unsaid).toBeNull();
    expect(readGroups({ _claim_names: 'groups' }, 'groups').unsaid).toBeNull();
  });

  it('is no answer where it is no list of names', () => {
    for (const lie of [
      7,
      true,
      { admins: true },
      [['admins']],
      ['a', 7],
      ['a', null],
      ['x'.repeat(257)],
      Array(5_001).fill('a'),
    ])
      expect(readGroups({ groups: lie }, 'groups')).toEqual({ groups: null, unsaid: 'malformed' });
  });

  it('is kept as far as the mapping names it, letter by letter', () => {
    expect(mappedGroups(mapping, ['Admins', 'everybody', 'payroll'])).toEqual(['everybody']);
    expect(mappedGroups(mapping, ['__proto__', 'constructor'])).toEqual([]);
  });
});

describe('What groups give', () => {
  it('is what the mapping says and may be had', () => {
    const { given, ignored } = rolesOfGroups(
      mapping,
      ['everybody', 'admins'],
      (role) => role !== 'administrator',
    );
    expect([given, ignored]).toEqual([[mapping[1]], [mapping[0]]]);
  });

  it('is one thing for a customer’s user: the first line that fits', () => {
    const { given } = rolesOfGroups(mapping, ['everybody', 'admins'], all);
    expect(contractRoleByGroups(given, { contractRole: 'viewer', byGroup: null }, null)).toEqual({
      role: 'administrator',
      by: mapping[0],
    });
    expect(
      contractRoleByGroups(given, { contractRole: 'administrator', byGroup: 'administrator' }, null),
    ).toBeUndefined();
  });

  it('goes with the group, and what an administrator gave does not', () => {
    const byGroup = { contractRole: 'administrator', byGroup: 'administrator' };
    expect(contractRoleByGroups([], byGroup, 'member')).toEqual({ role: 'member', by: null });
    expect(
      contractRoleByGroups([], { contractRole: 'administrator', byGroup: null }, 'member'),
    ).toBeUndefined();
    // An administrator has changed it since: it is no group's any more.
    expect(
      contractRoleByGroups([], { contractRole: 'viewer', byGroup: 'administrator' }, 'member'),
    ).toBeUndefined();
  });

  it('is beside what the vendor’s people have otherwise', () => {
    const given = [
      { group: 'l2', role: 'support-engineer' },
      { group: 'l3', role: 'support-engineer' },
    ];
    expect(staffRolesByGroups(given, { roles: ['auditor'], byGroup: [] })).toEqual({
      gained: [given[0]],
      lost: [],
    });
    expect(
      staffRolesByGroups([], { roles: ['auditor', 'support-engineer'], byGroup: ['support-engineer'] }),
    ).toEqual({
      gained: [],
      lost: ['support-engineer'],
    });
    expect(staffRolesByGroups([], { roles: ['support-engineer'], byGroup: [] })).toEqual({
      gained: [],
      lost: [],
    });
  });
});
