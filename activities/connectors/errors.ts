/**
 * What can go wrong between a connector and its target, as far as a caller must tell it apart:
 * - `target-unreachable`: nobody answers, or the target is starting or stopping;
 * - `target-refused`: the target says no and will say no again, e.g. a right is missing;
 * - `superseded`: a later attempt of the same grant was there before;
 * - `already-ended`: the grant's end was there before;
 * - `misconfigured`: settings or secret do not fit the target, or the target was not made ready;
 * - `not-confirmed`: the target took the change, and read back does not show it;
 * - `target-error`: anything else, e.g. a conflict with another session.
 */
export type ConnectorErrorCode =
  | 'target-unreachable'
  | 'target-refused'
  | 'superseded'
  | 'already-ended'
  | 'misconfigured'
  | 'not-confirmed'
  | 'target-error';

const retryableCodes: readonly ConnectorErrorCode[] = ['target-unreachable', 'target-error', 'not-confirmed'];

/**
 * A connector's failure. It carries a closed code and, from a database, the SQLSTATE; never a statement, a value or the
 * driver's own error, whose fields hold both.
 */
export class ConnectorError extends Error {
  override readonly name = 'ConnectorError';
  /** Trying again may help without anybody doing anything. */
  readonly retryable: boolean;

  constructor(
    readonly code: ConnectorErrorCode,
    readonly sqlstate?: string,
  ) {
    super(sqlstate === undefined ? code : `${code} (${sqlstate})`);
    this.retryable = retryableCodes.includes(code);
  }
}
