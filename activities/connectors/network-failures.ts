import type { ConnectorErrorCode } from './errors.ts';

/** What Node, and drivers in its manner, report when no server answers. */
const unreachable = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
]);

/** What Node reports when the server has no TLS, or a certificate that the settings do not accept. */
const untrusted = /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|EPROTO$)/u;

/** What a failed connection means to a caller, by the error's code; null when the code says nothing about it. */
export function networkFailure(code: string | null): ConnectorErrorCode | null {
  if (code === null) return null;
  if (unreachable.has(code)) return 'target-unreachable';
  return untrusted.test(code) ? 'misconfigured' : null;
}

/** The code that Node and drivers give their errors, or null. */
export function errorCode(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}
