import { z } from '@hono/zod-openapi';
import { endings, grantOrigins, grantStates, renewalCauses } from '../../domain/grant.ts';
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

/** What a grant of standing access says of where it comes from; null where a request did it. */
export const standingMembers = {
  origin: z.enum(grantOrigins),
  process_id: z.string().nullable(),
  because: z.array(z.string()).nullable().openapi({
    description:
      'Of standing access: the roles that it came by, from one that is held to the one that gives it.',
  }),
  renewals: z.array(
    z.object({
      former_until: instantShape,
      until: instantShape,
      cause: z.enum(renewalCauses),
      process_id: z.string(),
      reviewer: personShape.nullable(),
      reason: z.string().nullable(),
      at: instantShape,
    }),
  ),
};

export const grantShape = z
  .object({
    id: z.string(),
    request_id: z.string().nullable(),
    ...standingMembers,
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
      'The fact that a person holds an entitlement during [from, until). `due_at` is the earliest of until, return and revocation; `overdue` is due and not confirmed gone. The end of standing access moves to a later instant only by an event of the contract or a review: `renewals`.',
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
