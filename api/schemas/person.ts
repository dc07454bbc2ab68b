import { z } from '@hono/zod-openapi';
import { instantShape, keyedShape } from './common.ts';
import { examples } from './examples.ts';

export const meShape = z
  .object({
    id: z.string(),
    email: z.string(),
    name: z.string(),
    organization: keyedShape.extend({ kind: z.enum(['vendor', 'customer']) }),
    roles: z.array(keyedShape),
    duties: z.array(z.string()),
    amr: z.array(z.string()),
    expires_at: instantShape,
  })
  .openapi('Me', { example: examples.me, description: 'Who the token speaks for.' });
