import type { NewAuditEvent } from '../../db/audit.ts';
import { TenureError } from '../../domain/errors.ts';
import { periodMsOrThrow } from '../../domain/period.ts';
import type { NeedKind, PolicyVerdict } from '../../domain/policy.ts';
import { refusalText } from '../../policy/preview.ts';
import { AuditedRefusal } from '../transact.ts';

/** What is asked for, as far as the gate is concerned. */
export interface Gated {
  verdict: PolicyVerdict;
  /** From the beginning of the access to its end, in milliseconds. */
  wholeMs: number;
}

/**
 * Lets through what policy allows, and says why not otherwise: refused, a second factor or a fresh sign-in missing, a ticket
 * missing, too long. The first two are refusals of authority and are recorded; the others the caller can mend in the form.
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
  const lacking = missing.find((kind) => kind !== 'ticket');
  if (lacking) throw refuse(stepUpRequired(needText(verdict, lacking), verdict.freshMs));
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

/** Says that they must show anew who they are; `max_age` as in RFC 9470: how many seconds ago at most. */
export function stepUpRequired(text: string, freshMs: number | null): TenureError {
  const extra = freshMs === null ? {} : { max_age: Math.floor(freshMs / 1_000) };
  return new TenureError('step-up-required', text, [], extra);
}

function needText(verdict: PolicyVerdict, kind: NeedKind): string {
  return verdict.needs.find((need) => need.kind === kind)?.text ?? `This needs: ${kind}.`;
}
