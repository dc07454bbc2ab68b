import { defaultSettings } from '../../domain/catalog-settings.ts';
import type { CustomerUser, OpenStanding, StandingPerson, VendorStaff } from '../../domain/standing.ts';
import { catalogWith, resourceWith, roleWith, tierWith } from './catalog.ts';

/** An instant that cases are told from. */
export const now = '2027-02-10T00:00:00.000Z';
const dayMs = 86_400_000;

/** So many days later; ISO 8601 UTC. */
export function day(days: number): string {
  return new Date(Date.parse(now) + days * dayMs).toISOString();
}

/** Users of tier `free` are members; `clerk` is a role of the vendor's people. */
export const standingCatalog = catalogWith({
  resources: [
    resourceWith('app', { shared: true }),
    resourceWith('acme-env', { organization: 'acme' }),
    resourceWith('files'),
  ],
  roles: [
    roleWith('viewer', { entitlements: ['app:read'] }),
    roleWith('member', { includes: ['viewer'], entitlements: ['app:write', 'acme-env:read'] }),
    roleWith('clerk', { entitlements: ['files:read', 'app:write'] }),
  ],
  tiers: [tierWith('free', { allowedRoles: ['member', 'viewer'], defaultRoles: { member: ['member'] } })],
  customerTypes: [
    {
      key: 'self-service',
      name: 'Self-service',
      tier: 'free',
      region: null,
      consent: [],
      firstRoles: [],
      grantedPeriod: 'P90D',
    },
  ],
  settings: { ...defaultSettings, restrictedRoles: ['viewer'] },
});

/** A user of Acme's, whose contract ends in 30 days. */
export function user(place: Partial<CustomerUser> = {}, more: Partial<StandingPerson> = {}): StandingPerson {
  return {
    roles: [],
    place: {
      kind: 'customer',
      key: 'acme',
      tier: 'free',
      type: 'self-service',
      contractRole: 'member',
      dunning: 'none',
      contractUntil: day(30),
      confirmedAt: null,
      memberSince: day(-5),
      ...place,
    },
    reviews: [],
    suspended: false,
    startsAt: null,
    endsAt: null,
    ...more,
  };
}

/** One of the vendor's people. */
export function clerk(more: Partial<StandingPerson> = {}): StandingPerson {
  return user({}, { roles: ['clerk'], place: givenAt({ clerk: day(-10) }), ...more });
}

/** The vendor's place, with when each role was given. */
export function givenAt(roles: Record<string, string>): VendorStaff {
  return { kind: 'vendor', givenAt: new Map(Object.entries(roles)) };
}

/** A grant that lasts for ten days more. */
export const open = (id: string, wish: Partial<OpenStanding> = {}): OpenStanding => ({
  id,
  resource: 'app',
  entitlement: 'read',
  organization: 'acme',
  until: day(10),
  since: day(-20),
  ending: false,
  ...wish,
});
