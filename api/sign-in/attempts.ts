import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context } from 'hono';
import { TenureError } from '../../domain/errors.ts';
import type { ApiEnv } from '../env.ts';

/** Beginning costs us a row and a question to somebody else's server. */
export function mayAttempt(c: Context<ApiEnv>): boolean {
  try {
    c.get('signIn').attempts.take(addressOf(c));
    return true;
  } catch (error) {
    if (error instanceof TenureError) return false;
    throw error;
  }
}

/** Where the connection comes from; behind a proxy that is the proxy, for everybody. */
function addressOf(c: Context<ApiEnv>): string {
  try {
    return getConnInfo(c).remote.address ?? '';
  } catch {
    // Called without a connection, as tests do.
    return '';
  }
}
