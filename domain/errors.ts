/**
 * The closed list of what can go wrong for a caller. Each code is the last part of a problem type
 * `urn:tenure:problem:<code>` (RFC 9457); the HTTP status belongs to the API and stands in `api/problem.ts`.
 */
export const problemCodes = [
  'malformed-json',
  'malformed-parameter',
  'unauthenticated',
  'forbidden',
  'self-approval',
  'not-your-stage',
  'refused-by-policy',
  'step-up-required',
  'passkey-refused',
  'not-found',
  'method-not-allowed',
  'already-decided',
  'no-longer-waiting',
  'not-held',
  'already-ended',
  'credential-already-shown',
  'stale-revision',
  'no-seat-left',
  'already-a-user',
  'customer-closed',
  'nothing-to-change',
  'not-proven',
  'domain-taken',
  'not-tried',
  'provider-refused',
  'passkeys-unavailable',
  'passkey-limit',
  'token-limit',
  'webhook-limit',
  'idempotency-in-progress',
  'payload-too-large',
  'unsupported-media-type',
  'invalid-input',
  'catalog-invalid',
  'role-not-allowed',
  'unknown-reference',
  'period-too-long',
  'idempotency-key-reused',
  'too-many-requests',
  'ledger-unavailable',
  'target-unavailable',
  'keys-unavailable',
  'internal-error',
] as const;

export type ProblemCode = (typeof problemCodes)[number];

/** One field that is wrong: a JSON pointer (RFC 6901) into the body, or a parameter's name, and what to do about it. */
export interface FieldError {
  pointer: string;
  detail: string;
}

/** A refusal that the caller can understand and act on. `extra` holds the problem's additional members, e.g. `longest`. */
export class TenureError extends Error {
  override readonly name = 'TenureError';
  constructor(
    readonly code: ProblemCode,
    readonly detail: string,
    readonly errors: FieldError[] = [],
    readonly extra: Record<string, unknown> = {},
  ) {
    super(`${code}: ${detail}`);
  }
}

/** For the default branch of a switch over a union: the compiler refuses it while a case is missing. */
export function assertNever(value: never): never {
  throw new TypeError(`Unexpected value: ${String(value)}`);
}
