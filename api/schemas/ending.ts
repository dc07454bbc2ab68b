import { z } from '@hono/zod-openapi';
import { freeText, instantShape, personShape } from './common.ts';
import { examples } from './examples.ts';

export const revocationBody = z
  .strictObject({ reason: freeText(2_000) })
  .openapi('Revoke', { example: examples.revoke });

/** Return and cancellation need no words, but take some. */
export const endingBody = z
  .strictObject({ reason: freeText(2_000).optional() })
  .openapi('End', { example: {} });

export const endingShape = z
  .object({
    id: z.string(),
    kind: z.enum(['revocation', 'return', 'cancellation']),
    request_id: z.string().nullable(),
    grant_id: z.string().nullable(),
    person: personShape.nullable(),
    reason: z.string().nullable(),
    recorded_at: instantShape,
  })
  .openapi('Ending', { example: examples.ending });
