import { inOrder } from '../domain/catalog.ts';
import type { HoldQuestion, HoldVerdict, MayHoldMany } from '../domain/policy.ts';

/**
 * Asks for many at once. Thousands of people share a few sets of roles, so what a policy cannot tell apart is asked once:
 * people by their attributes, and by their ids only where a policy (`namesPeople`) speaks of one person.
 */
export function mayHoldManyBy(
  mayHold: (question: HoldQuestion) => HoldVerdict,
  namesPeople: boolean,
): MayHoldMany {
  return (questions) => {
    const known = new Map<string, HoldVerdict>();
    return questions.map((question) => {
      const id = sameness(question, namesPeople);
      const verdict = known.get(id) ?? mayHold(question);
      known.set(id, verdict);
      return verdict;
    });
  };
}

/** Equal for two questions exactly when Cedar is handed the same, but for the person's id where no policy looks at it. */
function sameness({ person, resource, organization, ...rest }: HoldQuestion, namesPeople: boolean): string {
  return JSON.stringify([
    namesPeople ? person.id : null,
    inOrder(new Set(person.roles)),
    person.organization.id,
    person.organization.kind,
    person.employment,
    person.department,
    person.region,
    person.suspended,
    resource.id,
    resource.key,
    resource.kind,
    resource.region,
    resource.classification,
    organization.id,
    organization.key,
    organization.kind,
    organization.tier,
    organization.approvesVendorAccess,
    organization.consent ?? null,
    organization.suspended,
    rest.entitlement,
    inOrder(new Set(rest.signals)),
    rest.now,
  ]);
}
