import { z } from '@hono/zod-openapi';
import { requestKinds, requestStates } from '../../domain/access-request.ts';
import { needKinds } from '../../domain/policy.ts';
import {
  freeText,
  instantShape,
  instantText,
  keyedShape,
  listShape,
  nameText,
  pageQuery,
  periodText,
  personShape,
  policyShape,
  signedText,
} from './common.ts';
import { examples } from './examples.ts';
import { grantShape } from './grant.ts';

const wish = {
  resource: nameText().openapi({ example: 'postgres-eu' }),
  entitlement: nameText().openapi({ example: 'read' }),
  customer: nameText()
    .optional()
    .openapi({ description: 'Whose data; required on a shared resource.', example: 'acme' }),
  person: nameText().optional().openapi({ description: 'For whom; the caller unless given.' }),
  period: periodText(),
  starts_at: instantText()
    .optional()
    .openapi({ description: 'When access shall begin; at once unless given.' }),
  ticket: freeText(200).optional().openapi({ example: 'SUP-4711' }),
  replaces: nameText().optional().openapi({ description: 'The request that this one is asked instead of.' }),
};

const justification = freeText(2_000).openapi({
  example: 'Acme reports missing invoices since this morning',
});

export const askBody = z
  .strictObject({ ...wish, justification, signed: signedText() })
  .openapi('Ask', { example: examples.ask });

export const previewBody = z
  .strictObject({ ...wish, justification: justification.optional() })
  .openapi('AskPreview', { example: examples.ask });

export const previewShape = z
  .object({
    outcome: z.enum(['refused', 'automatic', 'needs_approval']),
    needs: z.array(
      z.object({
        kind: z.enum([...needKinds, 'approval']),
        text: z.string(),
        people: z.array(personShape),
      }),
    ),
    missing: z.array(z.enum(needKinds)).openapi({ description: 'Of the needs, what is not brought yet.' }),
    longest: z.string().nullable(),
    policy_version: z.string(),
    policies: z.array(policyShape),
    reported: z.boolean(),
  })
  .openapi('Preview', { example: examples.preview });

const decisionInStage = z.object({
  id: z.string(),
  person: personShape,
  decision: z.enum(['approve', 'deny']),
  comment: z.string().nullable(),
  decided_at: instantShape,
});

const stageShape = z
  .object({
    id: z.string(),
    name: z.string(),
    state: z.enum(['waiting', 'approved', 'denied']),
    needed: z.number().int(),
    organization: keyedShape.openapi({ description: 'Whose people decide.' }),
    lapses_at: instantShape.openapi({ description: 'Their silence until then lets the request lapse.' }),
    people: z.array(personShape),
    decisions: z.array(decisionInStage),
  })
  .openapi('Stage');

export const accessRequestShape = z
  .object({
    id: z.string(),
    reference: z.string().openapi({ example: 'AR-2207' }),
    kind: z.enum(requestKinds),
    extends_request_id: z.string().nullable(),
    replaces_request_id: z.string().nullable(),
    state: z.enum(requestStates),
    person: personShape,
    requested_by: personShape,
    organization: keyedShape,
    holder_organization: keyedShape,
    resource: keyedShape,
    entitlement: keyedShape,
    period: z.string(),
    starts_at: instantShape.nullable(),
    justification: z.string(),
    ticket: z.string().nullable(),
    asked_at: instantShape,
    lapses_at: instantShape,
    longest: z.string(),
    policy_version: z.string(),
    policies: z.array(policyShape),
    reported: z
      .boolean()
      .openapi({ description: 'Policy marks the access as reported; it stands in the records.' }),
    needs_mfa: z.boolean().openapi({
      description: 'Policy wants a second factor of whoever asks, and of whoever approves.',
    }),
    max_age: z.number().int().nullable().openapi({
      description: 'And that they have signed in so many seconds ago at most; null where that is not asked.',
    }),
    digest: z.string(),
    last_error: z.string().nullable().openapi({
      description: 'Closed code of what last kept access from beginning; null when nothing does.',
    }),
    stages: z.array(stageShape),
    grant: grantShape.nullable(),
  })
  .openapi('AccessRequest', { example: examples.accessRequest });

export const accessRequestListShape = listShape(accessRequestShape, 'AccessRequestList');

export const accessRequestQuery = z.strictObject({
  ...pageQuery('req'),
  state: z.enum(requestStates).optional(),
  person: nameText().optional(),
  customer: nameText().optional(),
  resource: nameText().optional(),
  waiting_for: z.literal('me', 'Only `me`.').optional(),
});

export const extensionBody = z
  .strictObject({
    period: periodText(),
    justification,
    ticket: freeText(200).optional(),
    signed: signedText(),
  })
  .openapi('Extension', {
    example: examples.extension,
    description: '`period` is the length that is added.',
  });
