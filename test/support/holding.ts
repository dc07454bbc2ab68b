import type { CountedGroup } from '../../domain/catalog-impact.ts';
import type { HoldingFacts } from '../../domain/catalog-holding.ts';
import type { PolicyOrganization } from '../../domain/policy.ts';

export const vendorOrganization: PolicyOrganization = {
  id: 'org_northwind',
  key: 'northwind',
  kind: 'vendor',
  tier: null,
  approvesVendorAccess: false,
  suspended: false,
};

/** People as a catalog and policy see them: what a case is not about has these values. Their organization follows the customer. */
export function groupWith(parts: Partial<CountedGroup> & Pick<CountedGroup, 'roles'>): CountedGroup {
  const { customer = null } = parts;
  const own: Partial<PolicyOrganization> =
    customer === null
      ? {}
      : { id: `org_${customer.key}`, key: customer.key, kind: 'customer', tier: customer.tier };
  return {
    people: 1,
    customer,
    person: { id: 'person_sam', employment: 'employee', department: null, region: null },
    organization: { ...vendorOrganization, ...own },
    ...parts,
  };
}

/** A policy that lets everything be held. */
export function allAllowed(at: string): HoldingFacts {
  return {
    resourceIds: new Map(),
    organizations: new Map([['northwind', vendorOrganization]]),
    mayHoldMany: (questions) => questions.map(() => ({ allowed: true, policyVersion: 'test', policies: [] })),
    sight: { namesPeople: false, tells: () => false },
    at,
  };
}
