import type { HoldQuestion, HoldVerdict, UseQuestion } from '../domain/policy.ts';
import { ask, named, type Rule, ruleFinder } from './ask.ts';
import { type CedarInput, holdAction, holdInput, useAction, useInput } from './cedar-input.ts';
import type { SilentAction } from './silent-action.ts';
import type { Prepared } from './slots.ts';

/** The function of one policy set that says what may be held as standing access. */
export function mayHoldBy(
  prepared: Prepared,
  rules: readonly Rule[],
): (question: HoldQuestion) => HoldVerdict {
  return allowBy(prepared, rules, holdAction, holdInput);
}

/** The function of one policy set that says whether what is held may be used now. */
export function mayUseBy(prepared: Prepared, rules: readonly Rule[]): (question: UseQuestion) => HoldVerdict {
  return allowBy(prepared, rules, useAction, useInput);
}

/**
 * What nobody asks for is allowed or not. As for access that is asked for: no permit, any forbid, any policy that fails to evaluate,
 * and any question that does not fit the schema is a no. Only a permit that is about this action alone counts: one that speaks of
 * every action was written with its obligations in mind, and here nobody would meet them.
 */
function allowBy<Question>(
  prepared: Prepared,
  rules: readonly Rule[],
  action: SilentAction,
  inputOf: (question: Question) => CedarInput,
): (question: Question) => HoldVerdict {
  const rulesOf = ruleFinder(rules);
  const verdict = (allowed: boolean, deciding: readonly Rule[]): HoldVerdict => ({
    allowed,
    policyVersion: prepared.version,
    policies: named(deciding),
  });
  return (question) => {
    const response = ask(prepared, inputOf(question));
    if (!response) return verdict(false, []);
    const { reason, errors } = response.diagnostics;
    if (errors.length > 0) return verdict(false, rulesOf(errors.map((error) => error.policyId)));
    const deciding = rulesOf(reason);
    if (response.decision === 'deny') return verdict(false, deciding);
    const permits = deciding.filter((rule) => rule.permitsOnly === action);
    return verdict(permits.length > 0, permits);
  };
}
