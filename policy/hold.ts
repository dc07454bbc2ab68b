import { inOrder } from '../domain/catalog.ts';
import type { HoldQuestion, HoldVerdict, MayHoldMany } from '../domain/policy.ts';
import { ask, named, type Rule, ruleFinder } from './ask.ts';
import { holdInput } from './cedar-input.ts';
import type { Prepared } from './slots.ts';

/**
 * The function of one policy set that says what may be held as standing access. As for access that is asked for: no permit,
 * any forbid, any policy that fails to evaluate, and any question that does not fit the schema is a no. Only a permit that
 * is about holding alone counts: one that speaks of every action was written with its obligations in mind, and here nobody
 * would meet them.
 */
export function mayHoldBy(
  prepared: Prepared,
  rules: readonly Rule[],
): (question: HoldQuestion) => HoldVerdict {
  const rulesOf = ruleFinder(rules);
  const verdict = (allowed: boolean, deciding: readonly Rule[]): HoldVerdict => ({
    allowed,
    policyVersion: prepared.version,
    policies: named(deciding),
  });
  return (question) => {
    const response = ask(prepared, holdInput(question));
    if (!response) return verdict(false, []);
    const { reason, errors } = response.diagnostics;
    if (errors.length > 0) return verdict(false, rulesOf(errors.map((error) => error.policyId)));
    const deciding = rulesOf(reason);
    if (response.decision === 'deny') return verdict(false, deciding);
    const permits = deciding.filter((rule) => rule.permitsHolding);
    return verdict(permits.length > 0, permits);
  };
}

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
