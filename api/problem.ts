import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { guardProblem, isContended, isLedgerUnavailable, isUnstorable, sqlState } from '../db/errors.ts';
import { type ProblemCode, TenureError } from '../domain/errors.ts';
import type { Fault } from './deps.ts';

/** Every problem's HTTP status and title. The type is `urn:tenure:problem:<code>` (RFC 9457). */
export const problems: Record<ProblemCode, readonly [ContentfulStatusCode, string]> = {
  'malformed-json': [400, 'The body is not JSON'],
  'malformed-parameter': [400, 'A parameter is malformed or unknown'],
  unauthenticated: [401, 'Sign in first'],
  forbidden: [403, 'Not allowed'],
  'self-approval': [403, 'Nobody decides on their own request'],
  'not-your-stage': [403, 'Other people decide this'],
  'refused-by-policy': [403, 'Refused by policy'],
  'step-up-required': [403, 'A second factor is needed'],
  'passkey-refused': [403, 'The passkey was not taken'],
  'not-found': [404, 'Not found'],
  'method-not-allowed': [405, 'The method is not one of this address'],
  'already-decided': [409, 'Decided already'],
  'no-longer-waiting': [409, 'The request no longer waits'],
  'not-held': [409, 'The access is not held'],
  'already-ended': [409, 'The access has ended or is ending'],
  'credential-already-shown': [409, 'The credential was shown already'],
  'stale-revision': [409, 'It has changed since it was read'],
  'no-seat-left': [409, 'All seats are used'],
  'already-a-user': [409, 'Somebody has this address already'],
  'customer-closed': [409, 'The customer leaves, has left or is suspended'],
  'nothing-to-change': [409, 'It is so already'],
  'not-proven': [409, 'No proof was found'],
  'domain-taken': [409, 'The domain is another organization’s'],
  'not-tried': [409, 'It has to be tried first'],
  'passkeys-unavailable': [409, 'There are no passkeys here'],
  'passkey-limit': [409, 'So many passkeys are enough'],
  'token-limit': [409, 'Two tokens are good at a time'],
  'webhook-limit': [409, 'There are twenty webhooks'],
  'idempotency-in-progress': [409, 'The same request is being answered'],
  'payload-too-large': [413, 'The body is too large'],
  'unsupported-media-type': [415, 'The body must be JSON'],
  'invalid-input': [422, 'Some fields are wrong'],
  'provider-refused': [422, 'The identity provider is refused'],
  'catalog-invalid': [422, 'The catalog is refused'],
  'role-not-allowed': [422, 'A role may not be held here'],
  'unknown-reference': [422, 'Something named is not known'],
  'period-too-long': [422, 'The period is longer than policy allows'],
  'idempotency-key-reused': [422, 'The Idempotency-Key belongs to another request'],
  'too-many-requests': [429, 'Too many requests'],
  'internal-error': [500, 'Something went wrong on our side'],
  'ledger-unavailable': [503, 'The ledger does not answer'],
  'target-unavailable': [503, 'The target system does not answer'],
  'keys-unavailable': [503, 'Keys to check this with are not known yet'],
};

/** How long a caller waits before trying again, in seconds; for problems that pass by themselves. */
export const retryAfterSeconds: Partial<Record<ProblemCode, number>> = {
  'idempotency-in-progress': 1,
  'too-many-requests': 1,
  'ledger-unavailable': 2,
  'target-unavailable': 5,
  'keys-unavailable': 10,
};

/** The answer to a refusal: `application/problem+json`. `instance` is the path that was asked. */
export function problemResponse(error: TenureError, instance: string): Response {
  const [status, title] = problems[error.code];
  const body = {
    type: `urn:tenure:problem:${error.code}`,
    title,
    status,
    detail: error.detail,
    instance,
    errors: error.errors,
    ...error.extra,
  };
  const headers = new Headers({ 'content-type': 'application/problem+json', 'cache-control': 'no-store' });
  const retryAfter = retryAfterSeconds[error.code];
  if (retryAfter !== undefined) headers.set('retry-after', String(retryAfter));
  if (error.code === 'unauthenticated') headers.set('www-authenticate', 'Bearer');
  return new Response(JSON.stringify(body), { status, headers });
}

/** Any error as the refusal that a caller gets. What nobody foresaw says nothing about itself. */
export function refusalOf(error: unknown): TenureError {
  if (error instanceof TenureError) return error;
  if (error instanceof HTTPException) return refusalOfHttp(error);
  const guarded = guardProblem(error);
  if (guarded) return guarded;
  if (isUnstorable(error)) {
    const detail = 'Leave out the character U+0000, and instants beyond the years 1 to 9999.';
    return new TenureError('malformed-parameter', detail);
  }
  if (isContended(error)) {
    const detail =
      'Somebody else is changing the same at this moment. Nothing of this request was recorded: try again.';
    return new TenureError('ledger-unavailable', detail);
  }
  if (isLedgerUnavailable(error)) {
    // An answer to a COMMIT may have been lost, too.
    const detail =
      'It does not answer now. A change may have been recorded: look before you try again, or use the same Idempotency-Key.';
    return new TenureError('ledger-unavailable', detail);
  }
  return new TenureError('internal-error', 'It has been noted. Nothing of this request was recorded.');
}

function refusalOfHttp(error: HTTPException): TenureError {
  if (error.status === 400) return new TenureError('malformed-json', 'The body cannot be read as JSON.');
  if (error.status === 413) return new TenureError('payload-too-large', 'The body is too large.');
  if (error.status === 415) {
    return new TenureError('unsupported-media-type', 'Send the body as application/json.');
  }
  return new TenureError('internal-error', 'It has been noted. Nothing of this request was recorded.');
}

/** An unforeseen error without its message: that may repeat parameters, and with them names and secrets. */
export function faultOf(error: unknown, route: string): Fault {
  const isError = error instanceof Error;
  const frames = isError ? (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)) : [];
  return {
    route,
    name: isError ? error.constructor.name : typeof error,
    sqlState: sqlState(error),
    stack: frames.join('\n'),
  };
}
