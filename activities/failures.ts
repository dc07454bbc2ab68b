import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { SealingError } from '../crypto/sealing.ts';
import { isLedgerUnavailable, sqlState } from '../db/errors.ts';
import { ConnectorError } from './connectors/errors.ts';
import { BusyError } from './places.ts';

/** The first pause of who found no place, in milliseconds; it grows by as much each time, up to the longest. */
const busyPauseMs = 200;
const longestBusyPauseMs = 5_000;

/**
 * What went wrong as a closed code, safe to store, show and log. Errors of the database driver carry statements and
 * parameters; nothing of them passes here.
 */
export function failureCode(error: unknown): string {
  if (error instanceof ConnectorError) return error.code;
  if (error instanceof SealingError) return 'misconfigured';
  if (error instanceof BusyError) return 'target-busy';
  // A limit of ours ran out; what takes so long is a target that does not answer.
  if (error instanceof Error && error.name === 'TimeoutError') return 'target-unreachable';
  if (isLedgerUnavailable(error)) return 'ledger-unavailable';
  const state = sqlState(error);
  return state ? `ledger-error-${state}` : 'internal-error';
}

/** Whether trying again can help. What is unknown is tried again; only what is known to be final is not. */
export function isRetryable(error: unknown): boolean {
  if (error instanceof ConnectorError) return error.retryable;
  return !(error instanceof SealingError);
}

/**
 * The only form in which an error leaves an activity: a code, no text, no cause, no stack of others. Who found no place
 * has failed at nothing, and asks again sooner than after a failure.
 */
export function toFailure(error: unknown, attempt: number): ApplicationFailure {
  const code = failureCode(error);
  const failure = { message: code, type: code, nonRetryable: false };
  if (!(error instanceof BusyError)) return ApplicationFailure.create(failure);
  const nextRetryDelay = Math.min(busyPauseMs * attempt, longestBusyPauseMs);
  return ApplicationFailure.create({
    ...failure,
    nextRetryDelay,
    category: ApplicationFailureCategory.BENIGN,
  });
}
