import { z } from '@hono/zod-openapi';
import { instantShape, keyedShape, lineText, personShape } from './common.ts';
import { scimTokenExamples as examples } from './examples/scim-token.ts';

/** Half a year, which leaves room for whoever renews it once a quarter. */
const usualDays = 180;

export const scimTokenBody = z
  .strictObject({
    label: lineText(100).openapi({ description: 'What you call it, e.g. the directory’s name.' }),
    for_days: z
      .int()
      .min(1)
      .max(365)
      .default(usualDays)
      .openapi({ description: 'For how many days it is good.' }),
  })
  .openapi('ScimTokenWish', { example: examples.wish });

const tokenFields = {
  id: z.string(),
  organization: keyedShape,
  label: z.string(),
  state: z.enum(['good', 'expired', 'revoked']),
  made_by: personShape,
  maker_has_left: z.boolean().openapi({
    description:
      'Whoever made it is here no more. The token is the customer’s and stays good; rotate it if they may have kept it.',
  }),
  created_at: instantShape,
  expires_at: instantShape,
  last_used_at: instantShape.nullable().openapi({ description: 'To the minute.' }),
  revoked_at: instantShape.nullable(),
  revoked_by: personShape.nullable(),
};
const baseUrl = z
  .string()
  .openapi({ description: 'The address that the directory is given beside a token.' });

export const scimTokenShape = z.object(tokenFields).openapi('ScimToken', { example: examples.token });

export const madeScimTokenShape = z
  .object({
    ...tokenFields,
    token: z.string().openapi({ description: 'Shown here and never again.' }),
    base_url: baseUrl,
  })
  .openapi('MadeScimToken', { example: examples.made });

export const scimTokenListShape = z
  .object({ base_url: baseUrl, items: z.array(scimTokenShape) })
  .openapi('ScimTokenList');
