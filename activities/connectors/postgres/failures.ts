import { setTimeout as delay } from 'node:timers/promises';
import postgres from 'postgres';
import { ConnectorError, type ConnectorErrorCode } from '../errors.ts';
import { errorCode, networkFailure } from '../network-failures.ts';

/** What the driver reports by codes of its own when no server answers. */
const unreachable = new Set([
  'CONNECT_TIMEOUT',
  'CONNECTION_CLOSED',
  'CONNECTION_DESTROYED',
  'CONNECTION_ENDED',
]);

/** SQLSTATEs (or their classes, the first two characters) that mean something particular to a caller. */
const meanings: Readonly<Record<string, ConnectorErrorCode>> = {
  '08': 'target-unreachable',
  '53300': 'target-unreachable',
  '57P01': 'target-unreachable',
  '57P02': 'target-unreachable',
  '57P03': 'target-unreachable',
  '28': 'misconfigured',
  '3D': 'misconfigured',
  '3F': 'misconfigured',
  '42501': 'target-refused',
  '42': 'misconfigured',
};

/** Two sessions met in the same role: trying again is all that helps. XX000 is "tuple concurrently updated". */
const conflicts = new Set(['XX000', '40001', '40P01', '55006', '23505', '42710']);

/** Whatever was thrown, as a ConnectorError without any value; an abort's own reason passes through. */
export function connectorError(error: unknown, signal: AbortSignal): unknown {
  if (error instanceof ConnectorError) return error;
  if (signal.aborted && error === signal.reason) return error;
  if (error instanceof postgres.PostgresError) {
    const code = meanings[error.code] ?? meanings[error.code.slice(0, 2)] ?? 'target-error';
    return new ConnectorError(code, error.code);
  }
  const code = errorCode(error);
  if (code !== null && unreachable.has(code)) return new ConnectorError('target-unreachable');
  const meaning = networkFailure(code);
  return meaning === null ? error : new ConnectorError(meaning);
}

/** Whether a statement failed by a conflict with another session. @param extra further SQLSTATEs that are conflicts here. */
export function isConflict(error: unknown, extra: readonly string[] = []): boolean {
  return error instanceof postgres.PostgresError && (conflicts.has(error.code) || extra.includes(error.code));
}

/**
 * Runs `work` again, soon, as long as it fails by a conflict with another session. It must be a whole transaction.
 * @param extra further SQLSTATEs that are conflicts here.
 */
export async function retryingConflicts<T>(
  signal: AbortSignal,
  work: () => Promise<T>,
  extra: readonly string[] = [],
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      if (attempt >= 12 || !isConflict(error, extra)) throw error;
      await delay(Math.random() * Math.min(100, 4 * 2 ** attempt));
    }
  }
}
