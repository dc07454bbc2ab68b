import { readPolicyCustomer } from '../../db/queries/contract.ts';
import { readFacts } from '../../db/queries/standing.ts';
import { entitlementName } from '../../domain/catalog.ts';
import { entitlementNames } from '../../domain/catalog-entitlements.ts';
import type { HoldQuestion } from '../../domain/policy.ts';
import type { Step } from './customer-scene.ts';

/**
 * What a customer's users lose by moving to another region: names of entitlements that its tier gives and policy lets them hold
 * where they are, and not where they go. Nothing where the contract moves nobody.
 */
export async function lostByMoving({ tx, was, contract, catalog, mayHoldMany }: Step): Promise<string[]> {
  const { applied, organizationId } = was;
  const to = contract.terms.region;
  const tier = catalog.tiers.find((one) => one.key === applied.tier);
  if (to === null || to === applied.region || !tier) return [];
  const names = new Set(entitlementNames(catalog, tier.allowedRoles));
  const facts = await readFacts(tx, [...new Set([...names].map((name) => name.slice(0, name.indexOf(':'))))]);
  const organization = await readPolicyCustomer(tx, organizationId);
  if (!organization) return [];
  const given = facts.filter(({ resource, entitlement }) =>
    names.has(entitlementName(resource.key, entitlement)),
  );
  const shared = new Set(catalog.resources.flatMap((one) => (one.shared ? [one.key] : [])));
  const asked = (region: string | null): HoldQuestion[] =>
    given.map((one) => ({
      // Nobody yet, and anybody: what a policy says of one person it says of their roles here.
      person: {
        id: organizationId,
        roles: tier.allowedRoles,
        organization: { id: organizationId, kind: 'customer' },
        employment: 'customer',
        department: null,
        region,
        suspended: false,
      },
      resource: one.resource,
      organization: shared.has(one.resource.key) ? organization : one.organization,
      entitlement: one.entitlement,
      signals: [],
      now: was.now,
    }));
  const [here, there] = [mayHoldMany(asked(applied.region)), mayHoldMany(asked(to))];
  return given
    .flatMap(({ resource, entitlement }, at) =>
      here[at]?.allowed && !there[at]?.allowed ? [entitlementName(resource.key, entitlement)] : [],
    )
    .sort();
}
