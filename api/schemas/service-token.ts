import { z } from '@hono/zod-openapi';
import { instantShape, lineText, personShape } from './common.ts';
import { serviceTokenExamples as examples } from './examples/service-token.ts';

/** Half a year, which leaves room for whoever renews it once a quarter. */
const usualDays = 180;

export const serviceTokenBody = z
  .strictObject({
    label: lineText(100).openapi({ description: 'Which application it is for.' }),
    for_days: z
      .int()
      .min(1)
      .max(365)
      .default(usualDays)
      .openapi({ description: 'For how many days it is good.' }),
  })
  .openapi('ServiceTokenWish', { example: examples.wish });

const tokenFields = {
  id: z.string(),
  label: z.string(),
  state: z.enum(['good', 'expired', 'revoked']),
  made_by: personShape,
  created_at: instantShape,
  expires_at: instantShape,
  last_used_at: instantShape.nullable().openapi({ description: 'To the minute.' }),
  revoked_at: instantShape.nullable(),
  revoked_by: personShape.nullable(),
};

export const serviceTokenShape = z.object(tokenFields).openapi('ServiceToken', { example: examples.token });

export const madeServiceTokenShape = z
  .object({ ...tokenFields, token: z.string().openapi({ description: 'Shown here and never again.' }) })
  .openapi('MadeServiceToken', { example: examples.made });

export const serviceTokenListShape = z
  .object({ items: z.array(serviceTokenShape) })
  .openapi('ServiceTokenList', { example: examples.list });
