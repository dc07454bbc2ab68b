import { consentTo } from '../domain/consent.ts';
import { formatPeriod } from '../domain/period.ts';
import { assertNever } from '../domain/errors.ts';
import type { Decide, NeedKind, PolicyQuestion, PolicyVerdict, StageNeed } from '../domain/policy.ts';
import { ask, named, type Rule, ruleFinder } from './ask.ts';
import { cedarInput } from './cedar-input.ts';
import { strictest } from './obligations.ts';
import type { Prepared } from './slots.ts';

/**
 * The deciding function of one policy set. It refuses whenever it cannot be sure: when Cedar refuses, when the question
 * does not fit the schema (an unknown entitlement, a malformed instant), and when any policy fails to evaluate, because
 * Cedar would go on without a forbid that fails.
 */
export function decideBy(prepared: Prepared, rules: readonly Rule[]): Decide {
  const rulesOf = ruleFinder(rules);
  return (question) => {
    const response = ask(prepared, cedarInput(question));
    if (!response) return refusal(prepared.version, []);
    const { reason, errors } = response.diagnostics;
    if (errors.length > 0) return refusal(prepared.version, rulesOf(errors.map((error) => error.policyId)));
    const deciding = rulesOf(reason);
    if (response.decision === 'deny') return refusal(prepared.version, deciding);
    return permission(prepared.version, deciding, question);
  };
}

function refusal(policyVersion: string, deciding: readonly Rule[]): PolicyVerdict {
  return {
    outcome: 'refused',
    stages: [],
    needs: [],
    missing: [],
    freshMs: null,
    longest: null,
    reported: false,
    policyVersion,
    policies: named(deciding),
  };
}

function permission(
  policyVersion: string,
  deciding: readonly Rule[],
  question: PolicyQuestion,
): PolicyVerdict {
  const asked = deciding.flatMap((rule) => rule.obligations ?? []);
  // An answer whose obligations are not known would be access without an end.
  if (asked.length === 0 || asked.length < deciding.length) return refusal(policyVersion, deciding);
  const { longestMs, freshMs, needs, stages, reported } = strictest(asked);
  return {
    outcome: stages.length > 0 ? 'needs_approval' : 'automatic',
    stages: stages.map((stage) => withLimit(stage, question)),
    needs,
    missing: needs.map((need) => need.kind).filter((kind) => !isBrought(kind, freshMs, question)),
    freshMs,
    longest: formatPeriod(longestMs),
    reported,
    policyVersion,
    policies: named(deciding),
  };
}

/** The customer's people have as long as was agreed on with the customer. */
function withLimit(stage: StageNeed, { organization, resource }: PolicyQuestion): StageNeed {
  const consent = stage.of === 'customer' ? consentTo(organization, resource.classification) : null;
  return consent ? { ...stage, withinMs: consent.withinMs } : stage;
}

function isBrought(
  kind: NeedKind,
  freshMs: number | null,
  { assurance, hasTicket }: PolicyQuestion,
): boolean {
  switch (kind) {
    case 'mfa':
      return assurance.amr.includes('mfa');
    case 'fresh':
      return freshMs === null || assurance.ageMs === undefined || assurance.ageMs <= freshMs;
    case 'ticket':
      return hasTicket;
    default:
      return assertNever(kind);
  }
}
