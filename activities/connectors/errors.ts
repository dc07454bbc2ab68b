/** What can go wrong between a connector and its target, as far as a caller must tell it apart. */
export const connectorErrorCodes = [
  /** Nobody answers, or the target is starting or stopping. */
  'target-unreachable',
  /** The target says no, and will say no again: a right is missing, or what is asked cannot be. */
  'target-refused',
  /** A later attempt of the same grant was here. */
  'superseded',
  /** The grant's end was here. */
  'already-ended',
  /** The connector's settings or secret do not fit the target, or the target was not made ready. */
  'misconfigured',
  /** What was applied is not what was read back. */
  'not-confirmed',
  /** Anything else, e.g. a conflict with another session. */
  'target-error',
] as const;
export type ConnectorErrorCode = (typeof connectorErrorCodes)[number];

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
