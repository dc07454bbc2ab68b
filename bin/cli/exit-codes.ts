import { assertNever, type ProblemCode, problemCodes } from '../../domain/errors.ts';
import type { RequestState } from '../../domain/access-request.ts';

/** What the process ends with. Scripts rely on these numbers: they are part of the outside surface. */
export const exitCodes = {
  done: 0,
  unexpected: 1,
  invalid: 2,
  refused: 3,
  notFound: 4,
  notAllowed: 5,
  unreachable: 6,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/**
 * The exit code of each problem. A conflict (409) is a refusal, 3: the command was well-formed and allowed, but the
 * state the request is in says no, and the same command will get the same answer. What may go well when it is tried again
 * later is 6, like an API that does not answer.
 */
const byProblem: Record<ProblemCode, ExitCode> = {
  'malformed-json': exitCodes.invalid,
  'malformed-parameter': exitCodes.invalid,
  unauthenticated: exitCodes.notAllowed,
  forbidden: exitCodes.notAllowed,
  'self-approval': exitCodes.notAllowed,
  'not-your-stage': exitCodes.notAllowed,
  'refused-by-policy': exitCodes.refused,
  'step-up-required': exitCodes.notAllowed,
  'passkey-refused': exitCodes.notAllowed,
  'passkeys-unavailable': exitCodes.refused,
  'passkey-limit': exitCodes.refused,
  'token-limit': exitCodes.refused,
  'webhook-limit': exitCodes.refused,
  'not-found': exitCodes.notFound,
  'method-not-allowed': exitCodes.unexpected,
  'already-decided': exitCodes.refused,
  'no-longer-waiting': exitCodes.refused,
  'not-held': exitCodes.refused,
  'already-ended': exitCodes.refused,
  'credential-already-shown': exitCodes.refused,
  'stale-revision': exitCodes.refused,
  'no-seat-left': exitCodes.refused,
  'already-a-user': exitCodes.refused,
  'customer-closed': exitCodes.refused,
  'nothing-to-change': exitCodes.refused,
  'not-proven': exitCodes.refused,
  'domain-taken': exitCodes.refused,
  'not-tried': exitCodes.refused,
  'role-not-allowed': exitCodes.invalid,
  'idempotency-in-progress': exitCodes.unreachable,
  'payload-too-large': exitCodes.invalid,
  'unsupported-media-type': exitCodes.invalid,
  'invalid-input': exitCodes.invalid,
  'catalog-invalid': exitCodes.invalid,
  'provider-refused': exitCodes.invalid,
  'unknown-reference': exitCodes.invalid,
  'period-too-long': exitCodes.invalid,
  'idempotency-key-reused': exitCodes.invalid,
  'too-many-requests': exitCodes.unreachable,
  'ledger-unavailable': exitCodes.unreachable,
  'target-unavailable': exitCodes.unreachable,
  'keys-unavailable': exitCodes.unreachable,
  'internal-error': exitCodes.unexpected,
};

/** The exit code of an answer that is not a success; the status decides when the code is none that we know. */
export function exitCodeOfProblem(status: number, code: string | null): ExitCode {
  const known = problemCodes.find((each) => each === code);
  return known ? byProblem[known] : byStatus(status);
}

function byStatus(status: number): ExitCode {
  switch (status) {
    case 400:
    case 413:
    case 415:
    case 422:
      return exitCodes.invalid;
    case 401:
    case 403:
      return exitCodes.notAllowed;
    case 404:
      return exitCodes.notFound;
    case 409:
      return exitCodes.refused;
    case 429:
    case 502:
    case 503:
    case 504:
      return exitCodes.unreachable;
    default:
      return exitCodes.unexpected;
  }
}

/** The exit code of a request that was waited for. `failed` is 1: nobody said no, something went wrong. */
export function exitCodeOfState(state: RequestState): ExitCode {
  switch (state) {
    case 'denied':
    case 'lapsed':
    case 'cancelled':
    case 'refused':
      return exitCodes.refused;
    case 'failed':
      return exitCodes.unexpected;
    case 'waiting':
    case 'approved':
    case 'granted':
      return exitCodes.done;
    default:
      return assertNever(state);
  }
}

/** The same in words, for `--help`. */
export const exitCodeHelp = `
Exit codes:
  0    done; a request that was waited for was granted
  1    unexpected, or the request failed
  2    usage or invalid input (also a period longer than policy allows)
  3    refused by policy, denied, lapsed, cancelled, or too late for the state it is in
  4    not found
  5    not signed in, or not allowed
  6    the API cannot be reached or is busy: try again later
  130  Ctrl-C; a request that was asked stays in place`;
