import type { NewAuditEvent } from '../../db/audit.ts';
import { TenureError } from '../../domain/errors.ts';
import { periodMsOrThrow } from '../../domain/period.ts';
import type { PolicyVerdict } from '../../domain/policy.ts';
import { refusalText } from '../../policy/preview.ts';
import { AuditedRefusal } from '../transact.ts';

/** What is asked for, as far as the gate is concerned. */
export interface Gated {
  verdict: PolicyVerdict;
  /** From the beginning of the access to its end, in milliseconds. */
  wholeMs: number;
}

/**
 * Lets through what policy allows, and says why not otherwise: refused, a second factor missing, a ticket missing, too
 * long. The first two are refusals of authority and are recorded; the others the caller can mend in the form.
 * @returns the longest period, ISO 8601
 */
export function passPolicy(
  { verdict, wholeMs }: Gated,
  event: Omit<NewAuditEvent, 'type' | 'reason' | 'policyVersion'>,
): string {
  const { longest, missing, policies, policyVersion } = verdict;
  const refuse = (problem: TenureError) =>
    new AuditedRefusal(problem, {
      ...event,
      type: 'access_request.refused',
      policyVersion,
      reason: `${problem.code}: ${problem.detail}`,
    });
  if (verdict.outcome === 'refused' || longest === null) {
    throw refuse(new TenureError('refused-by-policy', refusalText(verdict), [], { policies }));
  }
  if (missing.includes('mfa')) throw refuse(new TenureError('step-up-required', needText(verdict, 'mfa')));
  if (missing.includes('ticket')) {
    throw new TenureError('invalid-input', 'Some fields are wrong.', [
      { pointer: '/ticket', detail: needText(verdict, 'ticket') },
    ]);
  }
  if (wholeMs > periodMsOrThrow(longest)) {
    const detail = `The longest allowed is ${longest}.`;
    throw new TenureError('period-too-long', detail, [{ pointer: '/period', detail }], { longest });
  }
  return longest;
}

function needText(verdict: PolicyVerdict, kind: 'mfa' | 'ticket'): string {
  return verdict.needs.find((need) => need.kind === kind)?.text ?? `This needs: ${kind}.`;
}
