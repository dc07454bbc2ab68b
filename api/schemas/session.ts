import { z } from '@hono/zod-openapi';
import { sessionEnds, sessionMethods } from '../../domain/session.ts';
import { freeText, instantShape, keyedShape, listShape, nameText, pageQuery, personShape } from './common.ts';
import { examples } from './examples.ts';

export const sessionShape = z
  .object({
    id: z.string(),
    person: personShape,
    organization: keyedShape,
    method: z.enum(sessionMethods),
    provider: z.object({ id: z.string(), name: z.string().nullable() }).nullable(),
    amr: z.array(z.string()).openapi({ description: 'How they signed in (RFC 8176).' }),
    acr: z.string().nullable(),
    auth_time: instantShape.openapi({ description: 'When they last showed who they are.' }),
    created_at: instantShape,
    seen_at: instantShape.openapi({ description: 'To the minute.' }),
    ends_at: instantShape.openapi({ description: 'Unless it is used before, or ended.' }),
    browser: z.string(),
    is_current: z.boolean().openapi({ description: 'The one that this call is made with.' }),
    ended_at: instantShape.nullable(),
    ended_by: z.enum(sessionEnds).nullable(),
  })
  .openapi('Session', { example: examples.session });

export const sessionListShape = listShape(sessionShape, 'SessionList');

export const sessionQuery = z.strictObject({
  ...pageQuery('ses'),
  person: nameText().optional().openapi({
    description: 'A person’s id or e-mail address; yourself unless given.',
    example: 'sam@northwind.example',
  }),
  organization: nameText().optional().openapi({
    description: 'Instead of a person: all people of an organization, by its id or key.',
    example: 'acme',
  }),
});

export const sessionRevocationBody = z
  .strictObject({ reason: freeText(500).optional() })
  .openapi('SessionRevocation', { example: { reason: 'The laptop was lost' } });

export const otherSessionsShape = z
  .object({ ended: z.int().openapi({ description: 'How many sessions were open and have ended.' }) })
  .openapi('OtherSessionsRevocation', { example: { ended: 2 } });
