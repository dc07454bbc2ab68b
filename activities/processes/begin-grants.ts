import type { EntitlementFacts, StandingScene } from '../../db/queries/standing.ts';
import type { NewStandingGrant } from '../../db/queries/standing-write.ts';
import { entitlementName } from '../../domain/catalog.ts';
import type { StandingRefusal } from '../../domain/gates.ts';
import { newId } from '../../domain/ids.ts';
import type { MayHoldMany } from '../../domain/policy.ts';
import { identityOf, type StandingWish } from '../../domain/standing.ts';
import type { Facts, Verdicts } from './ask-policy.ts';
import type { Wished } from './wish-page.ts';

/** What the plan needs beside the rows. */
export interface PlanTools {
  mayHoldMany: MayHoldMany;
  /**
   * The account of a new grant, what an account that was taken over held of it before, and its sealed password; null when
   * nothing knows how to reach the connector's kind.
   */
  place: (
    connector: string,
    ids: { grantId: string; personId: string; resourceId: string; entitlement: string },
  ) => Pick<NewStandingGrant, 'account' | 'prior' | 'sealedPassword'> | null;
}

/** A grant that begins, and what the rows say of its entitlement. */
export interface Begun {
  grant: NewStandingGrant;
  fact: EntitlementFacts;
}

/** A grant for each wish that policy has allowed; why there are none where one cannot be placed. */
export function beginnings(
  { organization }: StandingScene,
  { row: { personId }, wishes: asked }: Wished,
  wishes: readonly StandingWish[],
  { facts, verdicts }: { facts: Facts; verdicts: Verdicts },
  { place }: PlanTools,
): Begun[] | StandingRefusal {
  const verdictOf = new Map(asked.map((wish) => [identityOf(wish), verdicts.get(wish)]));
  const begun: Begun[] = [];
  for (const wish of wishes) {
    const fact = facts.get(entitlementName(wish.resource, wish.entitlement));
    const verdict = verdictOf.get(identityOf(wish));
    if (!fact || !verdict) continue;
    const grantId = newId('grant');
    const { id: resourceId } = fact.resource;
    const placed = place(fact.connector, {
      grantId,
      personId,
      resourceId,
      entitlement: wish.entitlement,
    });
    if (!placed) return 'misconfigured';
    const grant = {
      id: grantId,
      personId,
      organizationId: wish.organization === organization.key ? organization.id : fact.organization.id,
      resourceId,
      entitlementId: fact.entitlementId,
      until: wish.until,
      policyVersion: verdict.policyVersion,
      policies: verdict.policies,
      because: wish.because,
      ...placed,
    };
    begun.push({ grant, fact });
  }
  return begun;
}
