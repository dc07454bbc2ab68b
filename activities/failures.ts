import { ApplicationFailure } from '@temporalio/common';
import { SealingError } from '../crypto/sealing.ts';
import { isLedgerUnavailable, sqlState } from '../db/errors.ts';
import { ConnectorError } from './connectors/errors.ts';

/**
 * What went wrong as a closed code, safe to store, show and log. Errors of the database driver carry statements and
 * parameters; nothing of them passes here.
 */
export function failureCode(error: unknown): string {
  if (error instanceof ConnectorError) return error.code;
  if (error instanceof SealingError) return 'misconfigured';
  if (isLedgerUnavailable(error)) return 'ledger-unavailable';
  const state = sqlState(error);
  return state ? `ledger-error-${state}` : 'internal-error';
}

/** Whether trying again can help. What is unknown is tried again; only what is known to be final is not. */
export function isRetryable(error: unknown): boolean {
  if (error instanceof ConnectorError) return error.retryable;
  return !(error instanceof SealingError);
}

/** The only form in which an error leaves an activity: a code, no text, no cause, no stack of others. */
export function toFailure(error: unknown): ApplicationFailure {
  const code = failureCode(error);
  return ApplicationFailure.create({ message: code, type: code, nonRetryable: false });
}
