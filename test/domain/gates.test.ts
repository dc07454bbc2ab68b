import { describe, expect, it } from 'vitest';
import { gate, GateError, gateRoles, mustGoFirst } from '../../domain/gates.ts';
import type { Change } from '../../domain/plan.ts';
import { catalogWith, roleWith } from '../support/catalog.ts';

const catalog = catalogWith({
  roles: [
    roleWith('payer', { entitlements: ['app:pay'], conflictsWith: ['approver'] }),
    roleWith('approver', { entitlements: ['app:approve', 'app:look'] }),
    roleWith('head', { includes: ['approver'] }),
    roleWith('reader', { entitlements: ['app:look'] }),
  ],
});

describe('the gate', () => {
  it('lets nothing through that reaches another account than the one it was planned for', () => {
    const holding = { account: 'b', entitlement: 'read', scope: null, until: '2027-01-01T00:00:00.000Z' };
    const changes: Change[] = [{ kind: 'add', holding }];
    expect(() => gate(changes, 'b')).not.toThrow();
    expect(() => gate(changes, 'a')).toThrow(GateError);
  });

  it('refuses roles that nobody may hold together, also those that come by inclusion', () => {
    expect(gateRoles(catalog, ['payer', 'reader'])).toBeNull();
    expect(gateRoles(catalog, ['payer', 'approver'])).toBe('conflicting-roles');
    expect(gateRoles(catalog, ['payer', 'head'])).toBe('conflicting-roles');
  });
});

describe('what must be gone before roles give anything', () => {
  const pay = { resource: 'app', entitlement: 'pay' };
  const approve = { resource: 'app', entitlement: 'approve' };
  const look = { resource: 'app', entitlement: 'look' };

  it('is what a role gives that conflicts with one of them', () => {
    expect(mustGoFirst(catalog, ['approver'], [pay])).toBe(true);
    expect(mustGoFirst(catalog, ['head'], [pay])).toBe(true);
    expect(mustGoFirst(catalog, ['payer'], [approve])).toBe(true);
  });

  it('is nothing where no conflict is, or nothing goes', () => {
    expect(mustGoFirst(catalog, ['approver'], [])).toBe(false);
    expect(mustGoFirst(catalog, ['reader'], [pay, approve])).toBe(false);
    expect(
      mustGoFirst(catalogWith({ roles: [roleWith('a', { entitlements: ['app:pay'] })] }), ['b'], [pay]),
    ).toBe(false);
  });

  it('counts what a conflicting role could have given, when another role gives it too', () => {
    expect(mustGoFirst(catalog, ['payer'], [look])).toBe(true);
    expect(mustGoFirst(catalog, ['reader'], [look])).toBe(false);
  });
});
