import { z } from '@hono/zod-openapi';
import { freeText, instantShape, nameText, personShape, signedText } from './common.ts';
import { examples } from './examples.ts';

export const decisionBody = z
  .strictObject({
    decision: z.enum(['approve', 'deny']),
    comment: freeText(2_000).optional(),
    stage: nameText().optional().openapi({ description: 'Needed only by who may decide more than one.' }),
    signed: signedText(),
  })
  .refine((body) => body.decision === 'approve' || body.comment !== undefined, {
    path: ['comment'],
    message: 'Say why it is denied.',
  })
  .openapi('Decide', { example: examples.decide });

export const decisionShape = z
  .object({
    id: z.string(),
    request_id: z.string(),
    stage_id: z.string(),
    person: personShape,
    decision: z.enum(['approve', 'deny']),
    comment: z.string().nullable(),
    decided_at: instantShape,
    policy_version: z.string(),
    request_digest: z.string(),
    signed_by: z
      .string()
      .nullable()
      .openapi({ description: 'The passkey with which they signed exactly this; null where they did not.' }),
  })
  .openapi('Decision', { example: examples.decision });
