import { describe, expect, it } from 'vitest';
import { featuresOf, rolesOf, seatsOf } from '../../domain/catalog-tier.ts';
import { defaultSettings } from '../../domain/catalog-settings.ts';
import { catalogWith, overrideWith, roleWith, tierWith } from '../support/catalog.ts';

const now = '2027-02-10T00:00:00.000Z';

describe('the roles of a person', () => {
  const catalog = catalogWith({
    roles: ['member', 'analyst', 'lead'].map((key) => roleWith(key)),
    tiers: [
      tierWith('free', { allowedRoles: ['member'], defaultRoles: { member: ['member'] } }),
      tierWith('pro', { allowedRoles: ['member', 'analyst'], defaultRoles: { member: ['analyst'] } }),
    ],
    overrides: [overrideWith({ customer: 'acme', what: { kind: 'role', role: 'lead' } })],
  });
  const user = (key: string, tier: string, roles: string[], restricted = false) => ({
    roles,
    customer: { key, tier, contractRole: 'member', restricted },
  });

  it("are a customer's as far as the tier goes, and those of the contract", () => {
    expect(rolesOf(catalog, user('globex', 'free', ['analyst', 'lead']), now)).toEqual(['member']);
    expect(rolesOf(catalog, user('globex', 'pro', ['member', 'lead']), now)).toEqual(['member', 'analyst']);
    expect(rolesOf(catalog, user('globex', 'gone', ['member']), now)).toEqual([]);
  });

  it('go beyond the tier by an override, for that customer and until its end', () => {
    const until = '2027-06-30T22:00:00.000Z';
    const before = '2027-06-30T21:59:59.999Z';
    expect(rolesOf(catalog, user('acme', 'free', ['lead']), before)).toEqual(['lead', 'member']);
    expect(rolesOf(catalog, user('acme', 'free', ['lead']), until)).toEqual(['member']);
    expect(rolesOf(catalog, user('globex', 'free', ['lead']), before)).toEqual(['member']);
  });

  it('are, of a restricted customer, the restricted ones as far as they are among them or included', () => {
    const roles = [
      roleWith('sign-in'),
      roleWith('viewer', { includes: ['sign-in'] }),
      roleWith('member', { includes: ['viewer'] }),
      roleWith('auditor'),
    ];
    const tiers = [tierWith('free', { allowedRoles: ['member', 'sign-in'] })];
    const kept = (restrictedRoles: string[], held: string[]) =>
      rolesOf(
        catalogWith({ roles, tiers, settings: { ...defaultSettings, restrictedRoles } }),
        user('globex', 'free', held, true),
        now,
      );
    expect(kept(['viewer', 'auditor', 'gone'], ['member'])).toEqual(['viewer']);
    expect(kept(['viewer'], ['sign-in'])).toEqual([]);
    expect(kept(['viewer'], ['auditor'])).toEqual([]);
    expect(kept(['member', 'viewer'], ['member'])).toEqual(['member', 'viewer']);
    expect(kept([], ['member'])).toEqual([]);
  });

  it("are the vendor's people's own, without those the catalog lacks", () => {
    expect(rolesOf(catalog, { roles: ['lead', 'gone', 'lead'], customer: null }, now)).toEqual(['lead']);
  });
});

describe("a customer's seats and features", () => {
  const catalog = catalogWith({
    tiers: [
      tierWith('free', { seats: 3, features: { api: false, sso: true } }),
      tierWith('top', { seats: null }),
    ],
    overrides: [
      overrideWith({ what: { kind: 'seats', seats: 40 } }),
      overrideWith({ what: { kind: 'feature', feature: 'api', enabled: true } }),
    ],
  });
  const end = '2027-06-30T22:00:00.000Z';

  it("are the override's, else the contract's, else the tier's", () => {
    const seats = (key: string, tier: string, agreed: number | null, at = now) =>
      seatsOf(catalog, { key, tier, agreed }, at);
    expect(seats('acme', 'free', 10)).toBe(40);
    expect(seats('acme', 'free', 10, end)).toBe(10);
    expect(seats('globex', 'free', null)).toBe(3);
    expect(seats('globex', 'top', null)).toBeNull();
    expect(seats('globex', 'top', 10)).toBe(10);
    expect(seats('globex', 'gone', null)).toBe(0);
  });

  it('are switched by an override until its end', () => {
    expect(featuresOf(catalog, { key: 'acme', tier: 'free' }, now)).toEqual({ api: true, sso: true });
    expect(featuresOf(catalog, { key: 'acme', tier: 'free' }, end)).toEqual({ api: false, sso: true });
    expect(featuresOf(catalog, { key: 'globex', tier: 'free' }, now)).toEqual({ api: false, sso: true });
    expect(featuresOf(catalog, { key: 'globex', tier: 'gone' }, now)).toEqual({});
  });
});
