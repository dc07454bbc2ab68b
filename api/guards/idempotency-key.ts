import { z } from '@hono/zod-openapi';
import { digestOf } from '../../crypto/digest.ts';
import type { IdempotencyKey } from '../transact.ts';

/** The header under which an answer is kept for the caller for 24 hours. */
export const idempotencyHeader = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'One to 255 visible ASCII characters.')
    .optional()
    .openapi({
      description: 'The same key with the same request gets the same answer, for 24 hours; optional.',
      example: '5a0c1d2e-1f3b-4c5d-8e9f-0a1b2c3d4e5f',
    }),
});

/** What makes two requests the same: where they go and what they say, not how it was written. */
export function idempotencyOf(
  request: { method: string; path: string },
  headers: z.infer<typeof idempotencyHeader>,
  body: unknown,
): IdempotencyKey | null {
  const key = headers['idempotency-key'];
  if (key === undefined) return null;
  return { key, requestHash: digestOf({ method: request.method, path: request.path, body }) };
}
