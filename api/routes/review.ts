import { idempotencyHeader, idempotencyOf } from '../guards/idempotency-key.ts';
import { findDueReviews } from '../operations/list-due-reviews.ts';
import { reviewAccess } from '../operations/review-access.ts';
import { type Api, declare, listProblems, problemsOf, writeProblems } from '../route.ts';
import { cursorAfter } from '../schemas/common.ts';
import { dueAfter, dueReviewListShape, dueReviewQuery, reviewBody, reviewShape } from '../schemas/review.ts';

const tags = ['Reviews'];

const review = declare({
  method: 'post',
  path: '/v1/reviews',
  operationId: 'reviewAccess',
  summary: 'Say that people keep what they hold by roles, and why',
  description:
    'The end of their standing access is counted from now, and what has run out begins again, by a process about each of them. All lines or none. Nobody reviews themselves. What somebody shall not keep is taken away by changing their roles, or by removing them. Where a contract names its end, that renews its users and no review does.',
  rule: 'user-manager',
  tags,
  request: {
    headers: idempotencyHeader,
    body: { content: { 'application/json': { schema: reviewBody } }, required: true },
  },
  responses: {
    201: { description: 'The lines', content: { 'application/json': { schema: reviewShape } } },
    ...problemsOf(
      ...writeProblems,
      'forbidden',
      'self-approval',
      'unknown-reference',
      'already-ended',
      'nothing-to-change',
    ),
  },
});

const due = declare({
  method: 'get',
  path: '/v1/reviews/due',
  operationId: 'listDueReviews',
  summary: 'List whose standing access lapses unless a review keeps it, the earliest first',
  description:
    'By person and role: what lapses before `before` (in 30 days unless said), and what has lapsed and waits. Users of customers whose contract names its end are not here.',
  rule: 'user-reader',
  tags,
  request: { query: dueReviewQuery },
  responses: {
    200: { description: 'A page', content: { 'application/json': { schema: dueReviewListShape } } },
    ...problemsOf(...listProblems, 'forbidden', 'not-found'),
  },
});

export function reviewRoutes(app: Api): void {
  app.openapi(review, async (c) => {
    const body = c.req.valid('json');
    const key = idempotencyOf(c.req, c.req.valid('header'), body);
    return c.json(await reviewAccess(c.get('deps'), c.get('principal'), body.lines, key), 201);
  });
  app.openapi(due, async (c) => {
    const { limit = 50, cursor, ...filter } = c.req.valid('query');
    const page = { limit, after: cursor === undefined ? null : dueAfter(cursor) };
    const { items, next } = await findDueReviews(c.get('deps'), c.get('principal'), filter, page);
    return c.json({ items, next_cursor: cursorAfter(next) }, 200);
  });
}
