import { bodyLimit } from 'hono/body-limit';
import { createMiddleware } from 'hono/factory';
import { TenureError } from '../../domain/errors.ts';
import type { ApiEnv } from '../env.ts';

const maxBytes = 64 * 1024;
const tooLarge = () => new TenureError('payload-too-large', `A body has at most ${maxBytes} bytes.`);
const counted = bodyLimit({ maxSize: maxBytes, onError: () => Promise.reject(tooLarge()) });

/**
 * Refuses bodies that are too large. A declared length is believed, because the server reads no more than that; only what
 * declares none is counted while it is read, which costs a stream.
 */
export const limitedBody = createMiddleware<ApiEnv>((c, next) => {
  if (c.req.method === 'GET' || c.req.method === 'HEAD') return next();
  const declared = c.req.header('content-length');
  if (declared === undefined || c.req.header('transfer-encoding') !== undefined) return counted(c, next);
  if (Number(declared) > maxBytes) throw tooLarge();
  return next();
});
