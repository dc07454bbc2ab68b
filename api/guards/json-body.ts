import { createMiddleware } from 'hono/factory';
import { TenureError } from '../../domain/errors.ts';
import type { ApiEnv } from '../env.ts';

const jsonType = /^application\/json\s*(;|$)/i;

/** A body must say that it is JSON, and be it. One that is not there counts as `{}`. */
export const jsonBody = createMiddleware<ApiEnv>(async (c, next) => {
  const text = await c.req.text();
  const contentType = c.req.header('content-type');
  const isTyped = contentType === undefined ? text.length === 0 : jsonType.test(contentType);
  if (!isTyped) throw new TenureError('unsupported-media-type', 'Send the body as application/json.');
  await next();
});
