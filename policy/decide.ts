import { formatPeriod } from '../domain/period.ts';
import type { Decide, PolicyQuestion, PolicyVerdict } from '../domain/policy.ts';
import { ask, named, type Rule, ruleFinder } from './ask.ts';
import { cedarInput } from './cedar-input.ts';
import { type NeedKind, strictest } from './obligations.ts';
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
  const { longestMs, needs, stages, reported } = strictest(asked);
  return {
    outcome: stages.length > 0 ? 'needs_approval' : 'automatic',
    stages,
    needs,
    missing: needs.map((need) => need.kind).filter((kind) => !isBrought(kind, question)),
    longest: formatPeriod(longestMs),
    reported,
    policyVersion,
    policies: named(deciding),
  };
}

function isBrought(kind: NeedKind, question: PolicyQuestion): boolean {
  return kind === 'mfa' ? question.assurance.amr.includes('mfa') : question.hasTicket;
}
