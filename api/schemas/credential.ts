import { z } from '@hono/zod-openapi';
import { instantShape } from './common.ts';
import { examples } from './examples.ts';

export const credentialBody = z
  .strictObject({ replace: z.boolean().optional() })
  .openapi('ShowCredential', { example: {} });

export const credentialShape = z
  .object({
    grant_id: z.string(),
    kind: z.string().openapi({ example: 'postgres' }),
    username: z.string(),
    password: z.string(),
    host: z.string(),
    port: z.number().int(),
    database: z.string(),
    url: z.string(),
    valid_until: instantShape,
    shown_at: instantShape,
  })
  .openapi('Credential', {
    example: examples.credential,
    description: 'Shown once. Never stored by caches.',
  });
