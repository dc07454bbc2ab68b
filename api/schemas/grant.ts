import { z } from '@hono/zod-openapi';
import { endings, grantOrigins, grantStates } from '../../domain/grant.ts';
import {
  instantShape,
  instantText,
  keyedShape,
  listShape,
  nameText,
  pageQuery,
  personShape,
} from './common.ts';
import { examples } from './examples.ts';

export const grantShape = z
  .object({
    id: z.string(),
    request_id: z.string().nullable(),
    origin: z.enum(grantOrigins),
    state: z.enum(grantStates),
    person: personShape,
    organization: keyedShape,
    holder_organization: keyedShape,
    resource: keyedShape,
    entitlement: keyedShape,
    from: instantShape,
    until: instantShape,
    due_at: instantShape,
    ended_at: instantShape.nullable(),
    ended_by: z.enum(endings).nullable(),
    ended_by_person: personShape.nullable(),
    extensions: z.array(
      z.object({ request_id: z.string(), former_until: instantShape, until: instantShape }),
    ),
    attempts: z.number().int(),
    last_error: z.string().nullable(),
    credential_shown_at: instantShape.nullable(),
  })
  .openapi('Grant', {
    example: examples.grant,
    description:
      'The fact that a person holds an entitlement during [from, until). `due_at` is the earliest of until, return and revocation; `overdue` is due and not confirmed gone.',
  });

export const grantListShape = listShape(grantShape, 'GrantList');

export const grantQuery = z.strictObject({
  ...pageQuery('grant'),
  person: nameText().optional(),
  resource: nameText().optional(),
  customer: nameText().optional(),
  entitlement: nameText().optional(),
  state: z.enum(grantStates).optional(),
  at: instantText().optional(),
  from: instantText().optional(),
  to: instantText().optional(),
});
