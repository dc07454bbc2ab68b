import { z } from '@hono/zod-openapi';
import { endings } from '../../domain/grant.ts';
import { instantShape, instantText, keyedShape, nameText, pageQuery, personShape } from './common.ts';
import { examples } from './examples.ts';
import { standingMembers } from './grant.ts';

export const accessReportQuery = z.strictObject({
  ...pageQuery('grant'),
  from: instantText(),
  to: instantText(),
  holder: nameText()
    .optional()
    .openapi({ description: 'Only by the people of this organization: its id or key.' }),
});

export const reportMembers = {
  grant_id: z.string(),
  request_id: z.string().nullable(),
  ...standingMembers,
  reference: z.string().nullable(),
  person: personShape,
  resource: keyedShape,
  entitlement: keyedShape,
  justification: z.string().nullable(),
  ticket: z.string().nullable(),
  asked_at: instantShape.nullable(),
  from: instantShape,
  until: instantShape,
  ended_at: instantShape.nullable(),
  ended_by: z.enum(endings).nullable(),
  ended_by_person: personShape.nullable(),
  end_reason: z.string().nullable(),
  approved_by: z.array(
    z.object({
      person: personShape,
      organization: keyedShape,
      stage: z.string(),
      decided_at: instantShape,
      comment: z.string().nullable(),
    }),
  ),
  policy_version: z.string(),
  reported: z.boolean(),
};

const itemShape = z
  .object(reportMembers)
  .openapi('AccessReportItem', { example: examples.accessReport.items[0] });

export const accessReportShape = z
  .object({
    organization: keyedShape,
    from: instantShape,
    to: instantShape,
    generated_at: instantShape,
    items: z.array(itemShape),
    next_cursor: z.string().nullable(),
  })
  .openapi('AccessReport', {
    example: examples.accessReport,
    description: 'Every access to the customer’s data during [from, to).',
  });
