import { z } from '@hono/zod-openapi';
import { classifications } from '../../domain/catalog.ts';
import { consentLimits, emergencies } from '../../domain/consent.ts';
import { periodMs } from '../../domain/period.ts';
import { freeText, instantShape, keyedShape, personShape } from './common.ts';
import { consentConfirmationExample, consentExample, consentWishExample } from './examples/consent.ts';

const within = z
  .string()
  .refine((text) => {
    const ms = periodMs(text) ?? 0;
    return ms >= consentLimits.shortestMs && ms <= consentLimits.longestMs;
  }, 'An ISO 8601 period from PT5M to P7D.')
  .openapi({
    format: 'duration',
    example: 'PT2H',
    description: 'How long an answer may take; then the request lapses.',
  });
const emergency = z.enum(emergencies).openapi({
  description:
    'Of access in an emergency: `report` lets it begin and tells the customer at once, `refuse` asks for consent first. It is reported either way.',
});

const ruleShape = z.strictObject({
  classifications: z
    .array(z.enum(classifications))
    .min(1, 'Name a classification.')
    .max(classifications.length),
  within,
  emergency,
});

export const consentBody = z
  .strictObject({ rules: z.array(ruleShape).max(classifications.length), reason: freeText(2_000) })
  .openapi('ConsentWish', {
    example: consentWishExample,
    description: 'No rules: nothing beyond what was agreed on. A classification stands in one rule.',
  });

export const consentConfirmationBody = z
  .strictObject({ base_revision: z.int('A revision’s number.').min(0), reason: freeText(2_000) })
  .openapi('ConsentConfirmation', { example: consentConfirmationExample });

export const consentShape = z
  .object({
    customer: keyedShape,
    in_force: z.array(z.object({ classification: z.enum(classifications), within: z.string(), emergency })),
    agreed: z.array(ruleShape),
    override: z
      .object({
        rules: z.array(ruleShape),
        reason: z.string(),
        until: instantShape,
        made_by: personShape.nullable(),
        confirmed_by: personShape.nullable(),
        confirmed_at: instantShape.nullable(),
      })
      .nullable(),
    own: z.array(ruleShape),
    changed_by: personShape.nullable(),
    changed_at: instantShape.nullable(),
  })
  .openapi('Consent', {
    example: consentExample,
    description:
      '`in_force`: what policy goes by, one line a classification; the shortest time counts, and the stricter word on emergencies. It comes of `agreed`, the contract’s, or of `override` instead for as long as there is one that a second person of the vendor has confirmed (until then of both), and of `own`, what the customer asks for beyond that.',
  });
