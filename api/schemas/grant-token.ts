import { z } from '@hono/zod-openapi';
import { instantShape } from './common.ts';
import { grantTokenExamples as examples } from './examples/grant-token.ts';

export const grantTokenShape = z
  .object({
    grant_id: z.string(),
    token: z.string().openapi({ description: 'Never stored by caches.' }),
    expires_at: instantShape,
  })
  .openapi('GrantToken', { example: examples.token });

export const jwksShape = z
  .object({ keys: z.array(z.looseObject({ kty: z.string() })) })
  .openapi('Jwks', { example: examples.jwks });
