import type { EntitlementFacts, StandingScene } from '../../db/queries/standing.ts';
import { entitlementName } from '../../domain/catalog.ts';
import type { HoldQuestion, HoldVerdict, MayHoldMany } from '../../domain/policy.ts';
import type { StandingWish } from '../../domain/standing.ts';
import type { Wished } from './wish-page.ts';

/** What the rows say of entitlements, by their names. */
export type Facts = ReadonlyMap<string, EntitlementFacts>;

/** Policy's word on each wish; none where the catalog names what its rows do not have (any more). */
export type Verdicts = ReadonlyMap<StandingWish, HoldVerdict>;

/** Keys of the resources on which these people shall hold anything. */
export function resourcesOf(page: readonly Wished[]): string[] {
  return [...new Set(page.flatMap(({ wishes }) => wishes.map((wish) => wish.resource)))];
}

/** By the names of the entitlements. */
export function factsByName(facts: readonly EntitlementFacts[]): Facts {
  return new Map(facts.map((one) => [entitlementName(one.resource.key, one.entitlement), one]));
}

/** Asks policy about everything that a page of people shall hold, at once. */
export function askPolicy(
  scene: StandingScene,
  page: readonly Wished[],
  facts: Facts,
  mayHoldMany: MayHoldMany,
): Verdicts {
  const asked = page.flatMap((one) =>
    one.wishes.flatMap((wish) => {
      const fact = facts.get(entitlementName(wish.resource, wish.entitlement));
      return fact ? [{ wish, question: questionOf(scene, one, wish, fact) }] : [];
    }),
  );
  const verdicts = mayHoldMany(asked.map(({ question }) => question));
  return new Map(asked.flatMap(({ wish }, at) => (verdicts[at] ? [[wish, verdicts[at]] as const] : [])));
}

function questionOf(
  { organization, now }: StandingScene,
  { row, roles }: Wished,
  wish: StandingWish,
  fact: EntitlementFacts,
): HoldQuestion {
  const isCustomer = organization.kind === 'customer';
  return {
    person: {
      id: row.personId,
      roles,
      organization: { id: organization.id, kind: organization.kind },
      employment: row.employment,
      department: row.department,
      region: isCustomer ? organization.region : row.region,
      suspended: false,
    },
    resource: fact.resource,
    organization: wish.organization === organization.key ? organization : fact.organization,
    entitlement: wish.entitlement,
    signals: row.signals,
    now,
  };
}
