import { type Catalog, type CatalogResource, entitlementName, inOrder } from './catalog.ts';
import { effectiveEntitlements } from './catalog-entitlements.ts';
import { type RoleHolder, rolesOf } from './catalog-tier.ts';
import type {
  HoldQuestion,
  HoldVerdict,
  MayHoldMany,
  PolicyOrganization,
  PolicyPerson,
  Sight,
} from './policy.ts';

/** People for whom a catalog and policy say the same, as both see them. */
export interface HolderGroup extends RoleHolder {
  /** Any one of them. `region` is the one that counts for holding: the customer's for a customer's user. */
  person: Pick<PolicyPerson, 'id' | 'employment' | 'department' | 'region'>;
  /** Their own organization. */
  organization: PolicyOrganization;
}

/** What a question to policy needs beside the catalog. */
export interface HoldingFacts {
  /** Ids of resources by their keys; one that is not there yet goes by its key. */
  resourceIds: ReadonlyMap<string, string>;
  /** Organizations that have resources, by their keys. */
  organizations: ReadonlyMap<string, PolicyOrganization>;
  mayHoldMany: MayHoldMany;
  sight: Sight;
  /** ISO 8601 UTC with milliseconds. */
  at: string;
}

/** One entitlement that roles give, and what policy says to its being held. */
export interface Holding {
  /** `resource:entitlement`. */
  name: string;
  verdict: HoldVerdict;
}

/** The roles that count for some people under a catalog, in order, with the names of everything that they give. */
export interface RoleGift {
  /** The roles in one text. */
  id: string;
  roles: string[];
  names: string[];
}

/** What roles alone give under a catalog, before policy is asked. Those with the same roles are worked out once. */
export function giftsUnder(catalog: Catalog, at: string): (holder: RoleHolder) => RoleGift {
  const known = new Map<string, RoleGift>();
  return (holder) => {
    const roles = inOrder(rolesOf(catalog, holder, at));
    const id = roles.join(' ');
    const gift = known.get(id) ?? { id, roles, names: namesOf(catalog, roles) };
    known.set(id, gift);
    return gift;
  };
}

function namesOf(catalog: Catalog, roles: readonly string[]): string[] {
  return effectiveEntitlements(catalog, roles).map((one) => entitlementName(one.resource, one.entitlement));
}

/**
 * Asks policy about all that groups have by their roles under a catalog, at once; the answers in the order of the groups. What
 * lies on a resource that the catalog does not have nobody holds, and it is left out.
 */
export function holdingsUnder(
  catalog: Catalog,
  given: readonly { group: HolderGroup; gift: RoleGift }[],
  facts: HoldingFacts,
): Holding[][] {
  const resources = new Map(catalog.resources.map((one) => [one.key, one]));
  const asked = given.map(({ group, gift }) =>
    gift.names.flatMap((name) => {
      const [key = '', entitlement = ''] = name.split(':');
      const on = resources.get(key);
      const organization =
        on && (on.shared && group.customer ? null : facts.organizations.get(on.organization));
      if (!on || organization === undefined) return [];
      const { kind, region, classification } = on;
      const resource = { id: facts.resourceIds.get(key) ?? key, key, kind, region, classification };
      return [{ name, question: questionOf(group, gift, { resource, organization, entitlement }, facts.at) }];
    }),
  );
  const verdicts = facts.mayHoldMany(asked.flat().map(({ question }) => question)).values();
  return asked.map((all) =>
    all.flatMap(({ name }) => {
      const verdict = verdicts.next().value;
      return verdict ? [{ name, verdict }] : [];
    }),
  );
}

/**
 * What tells groups apart to policy when their roles are the same: equal for those to whom it says the same of everything in these
 * catalogs. Thousands of customers are of a few tiers; one counts for itself only where a policy may know it by name, it has
 * resources of its own, or it is called like something that it may be compared with.
 */
export function likenessIn(
  catalogs: readonly Catalog[],
  { resourceIds, organizations, sight }: HoldingFacts,
): (group: HolderGroup) => string {
  const words = new Set([
    ...resourceIds.values(),
    ...organizations.keys(),
    ...[...organizations.values()].map((one) => one.tier ?? ''),
    ...catalogs.flatMap((one) => one.resources.flatMap(wordsOf)),
  ]);
  return ({ person, organization }) => {
    const { id, key, kind, tier, approvesVendorAccess, consent = null, suspended } = organization;
    const others = [person.employment, person.department, person.region, tier];
    const isKnown = [id, key].some((name) => sight.tells(name) || words.has(name) || others.includes(name));
    const own = [isKnown ? id : null, sight.namesPeople ? person.id : null];
    return JSON.stringify([...own, ...others, kind, approvesVendorAccess, consent, suspended]);
  };
}

function wordsOf({
  key,
  kind,
  region,
  classification,
  organization,
  entitlements,
}: CatalogResource): string[] {
  return [key, kind, region, classification, organization, ...entitlements.map((one) => one.key)];
}

/** On a shared resource a customer's user holds for their own customer: `organization` is null then. */
function questionOf(
  { person, organization: own }: HolderGroup,
  { roles }: RoleGift,
  on: Pick<HoldQuestion, 'resource' | 'entitlement'> & { organization: PolicyOrganization | null },
  now: string,
): HoldQuestion {
  return {
    person: { ...person, roles, organization: { id: own.id, kind: own.kind }, suspended: false },
    resource: on.resource,
    organization: on.organization ?? own,
    entitlement: on.entitlement,
    signals: [],
    now,
  };
}
