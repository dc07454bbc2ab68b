import { z } from '@hono/zod-openapi';
import { isId } from '../../domain/ids.ts';
import { keyMaxLength, keyPattern } from '../../domain/keys.ts';
import {
  freeText,
  instantShape,
  instantText,
  keyedShape,
  listShape,
  nameText,
  pageQuery,
  personShape,
} from './common.ts';
import { examples } from './examples.ts';

/** Lines in one call at most. */
const linesAtMost = 200;

export const reviewBody = z
  .strictObject({
    lines: z
      .array(
        z.strictObject({
          person: nameText().openapi({ description: 'A person’s id or e-mail address.' }),
          role: z
            .string()
            .max(keyMaxLength)
            .regex(keyPattern, 'A role’s key.')
            .optional()
            .openapi({ description: 'The key of one of their roles; absent: all that they hold by roles.' }),
          reason: freeText(500),
        }),
      )
      .min(1, 'Name at least one person.')
      .max(linesAtMost, `At most ${linesAtMost} lines.`),
  })
  .openapi('Review', { example: examples.review });

export const reviewLineShape = z
  .object({
    id: z.string(),
    person: personShape,
    organization: keyedShape,
    role: z.string().nullable(),
    reviewer: personShape,
    reason: z.string(),
    at: instantShape,
    process_id: z
      .string()
      .openapi({ description: 'The process that has their standing access last accordingly.' }),
  })
  .openapi('ReviewLine', {
    example: examples.reviewLine,
    description:
      'Somebody has said that a person keeps what a role gives, or (`role` null) all that they hold.',
  });

export const reviewShape = z
  .object({ items: z.array(reviewLineShape) })
  .openapi('ReviewAnswer', { example: { items: [examples.reviewLine] } });

export const dueReviewShape = z
  .object({
    person: personShape,
    organization: keyedShape,
    role: z.string(),
    given_at: instantShape,
    reviewed_at: instantShape.nullable(),
    until: instantShape,
    is_lapsed: z.boolean(),
  })
  .openapi('DueReview', {
    example: examples.dueReview,
    description:
      'What a role gives somebody lasts until `until`; `is_lapsed`: it has run out, and waits for a review.',
  });

export const dueReviewListShape = listShape(dueReviewShape, 'DueReviewList');

const { limit } = pageQuery('person');

export const dueReviewQuery = z.strictObject({
  limit,
  cursor: z
    .string()
    .max(400)
    .transform((text) => Buffer.from(text, 'base64url').toString('utf8'))
    .refine((text) => dueAfter(text) !== null, 'Not a cursor of this list.')
    .optional()
    .openapi({ type: 'string', description: '`next_cursor` of the page before.' }),
  before: instantText().optional(),
  customer: nameText().optional(),
});

/** What a cursor of this list stands for; null when it is none. */
export function dueAfter(text: string): { until: string; personId: string; role: string } | null {
  const [until = '', personId = '', role = '', ...rest] = text.split(' ');
  const isOne =
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(until) &&
    !Number.isNaN(Date.parse(until)) &&
    isId('person', personId) &&
    keyPattern.test(role) &&
    rest.length === 0;
  return isOne ? { until, personId, role } : null;
}
