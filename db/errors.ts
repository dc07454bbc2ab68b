import { type ProblemCode, TenureError } from '../domain/errors.ts';

/** What the guards of db/migrations raise, in the words a caller gets. */
const guardProblems: Record<string, [ProblemCode, string]> = {
  TN001: ['self-approval', 'Nobody decides on a request that is theirs or that they made.'],
  TN002: ['not-your-stage', 'This stage is decided by other people.'],
  TN003: ['already-decided', 'This has been decided already.'],
  TN004: ['no-longer-waiting', 'The request no longer waits for a decision.'],
  TN020: ['forbidden', 'This is managed by other people.'],
  TN021: ['self-approval', 'Nobody gives access to themselves. Ask somebody else who manages it.'],
  TN026: ['already-ended', 'They have left already.'],
  TN030: ['stale-revision', 'It has been changed meanwhile. Read it again.'],
  TN031: ['stale-revision', 'This claim no longer waits. Read it again.'],
  TN032: ['not-proven', 'No mail domain is proven yet: nobody could sign in.'],
  TN033: ['forbidden', 'Nobody signs in like this.'],
  TN034: ['already-ended', 'This session has ended.'],
  TN035: [
    'forbidden',
    'Who its people are is not for the vendor alone to say: one of its own administrators must write it, or let it live.',
  ],
  TN036: ['passkey-limit', 'You have ten passkeys. Remove one that you don’t use, then add this one.'],
  TN037: ['already-ended', 'This passkey was removed already.'],
  TN038: ['step-up-required', 'What was signed is not this. Sign it once more.'],
  TN039: ['invalid-input', 'This is no rule about whose consent is needed.'],
  TN040: [
    'not-your-stage',
    'The vendor’s people made you an administrator less than 72 hours ago. Until then another administrator of your company approves; you may deny.',
  ],
  TN041: [
    'forbidden',
    'The vendor’s people made you an administrator less than 72 hours ago. Until then another administrator of your company changes this.',
  ],
  TN042: ['self-approval', 'A second person is needed: somebody else than who wrote it confirms it.'],
  TN043: ['token-limit', 'Two tokens are good at a time. Revoke one first.'],
  TN044: ['already-ended', 'This token was revoked already.'],
  TN051: ['webhook-limit', 'There are twenty webhooks. Remove one that is not needed any more.'],
  TN052: ['already-ended', 'This webhook was removed already.'],
  TN025: [
    'stale-revision',
    'The catalog has been changed meanwhile. Look at the newest revision and plan again.',
  ],
};

/** SQLSTATE of a database error, looking through the layers that wrap it; null when it is none. */
export function sqlState(error: unknown): string | null {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string' && /^[0-9A-Z]{5}$/.test(at.code)) return at.code;
  }
  return null;
}

/**
 * True when something was said that PostgreSQL keeps nowhere: a text with U+0000 (22021, in JSON 22P05), an instant of no year that
 * it has (22008, 22009). Nothing of it was written.
 */
export function isUnstorable(error: unknown): boolean {
  return /^(22021|22P05|22008|22009)$/.test(sqlState(error) ?? '');
}

/** True when the ledger could not be reached or refuses to work at the moment, so that the same call may succeed later. */
export function isLedgerUnavailable(error: unknown): boolean {
  const state = sqlState(error);
  if (state) return /^(08|57P|53|25006)/.test(state);
  return hasCode(error, /^(ECONN|ENOTFOUND|EPIPE|ETIMEDOUT|EHOST|ENET|CONNECT|CONNECTION_)/);
}

/**
 * True when two transactions waited for each other (40P01), or one would not wait for another (55P03): nothing of this one was
 * written, and the same call may succeed at once.
 */
export function isContended(error: unknown): boolean {
  return /^(40P01|55P03)$/.test(sqlState(error) ?? '');
}

/** Whether an error, or one that it wraps, has such a code: Node's, the driver's or an SQLSTATE. */
export function hasCode(error: unknown, code: RegExp): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string' && code.test(at.code)) return true;
  }
  return false;
}

/** A guard's refusal as the problem it is, or null when the error is something else. */
export function guardProblem(error: unknown): TenureError | null {
  const known = guardProblems[sqlState(error) ?? ''];
  return known ? new TenureError(known[0], known[1]) : null;
}

/** A unique constraint was hit. */
export function isDuplicate(error: unknown): boolean {
  return sqlState(error) === '23505';
}
