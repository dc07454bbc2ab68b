import { z } from '@hono/zod-openapi';
import { instantShape, instantText, nameText } from './common.ts';
import { examples } from './examples.ts';

export const effectiveQuery = z.strictObject({
  person: nameText().optional(),
  role: nameText().optional(),
  tier: nameText().optional(),
  at: instantText().optional(),
});

export const effectiveShape = z
  .object({
    subject: z.object({ kind: z.enum(['person', 'role', 'tier']), id: z.string() }),
    at: instantShape,
    revision: z.number().int(),
    roles: z.array(z.string()),
    items: z.array(
      z.object({
        resource: z.string(),
        entitlement: z.string(),
        held: z.boolean().nullable().openapi({
          description:
            'Whether policy, as it is in force now, lets the person hold it. Null of a role or tier: it depends on who has it.',
        }),
        reason: z.string().nullable().openapi({ description: 'Why it is not held, in policy’s words.' }),
        derivations: z.array(z.object({ roles: z.array(z.string()), sentence: z.string() })),
      }),
    ),
  })
  .openapi('EffectiveEntitlements', {
    example: examples.effectiveEntitlements,
    description:
      'What somebody has by roles, or may have, also what policy keeps them from holding; what is held by a request is a grant.',
  });

export const featuresQuery = z.strictObject({ at: instantText().optional() });

export const featuresShape = z
  .object({
    customer: z.object({ id: z.string(), key: z.string(), name: z.string() }),
    tier: z.object({ key: z.string(), name: z.string() }).nullable(),
    features: z.record(z.string(), z.boolean()),
    overrides: z.array(z.object({ feature: z.string(), enabled: z.boolean(), until: instantShape })),
    at: instantShape,
    revision: z.number().int(),
  })
  .openapi('Features', {
    example: examples.features,
    description:
      'What the product switches on for a customer: by its tier, and by exceptions until they end.',
  });
