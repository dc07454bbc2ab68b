import { idempotencyHeader, idempotencyOf } from '../guards/idempotency-key.ts';
import { decideFence } from '../operations/decide-fence.ts';
import { findFenceItems, findFences, getFence } from '../operations/list-fences.ts';
import { type Api, declare, listProblems, problemsOf, writeProblems } from '../route.ts';
import { cursorAfter, idParam, pageWish } from '../schemas/common.ts';
import {
  decidedFenceShape,
  discardBody,
  fenceItemListShape,
  fenceItemQuery,
  fenceListShape,
  fenceQuery,
  fenceWithItemsShape,
  releaseBody,
} from '../schemas/fence.ts';

const tags = ['Fences'];
const params = idParam('A fence’s id.', 'fence_01kb3x5r7ne2v9c4k6p8t1w3yz');

const list = declare({
  method: 'get',
  path: '/v1/fences',
  operationId: 'listFences',
  summary: 'List fences, newest first',
  description: 'What is held back until a second person has looked at it.',
  rule: 'fence-reader',
  tags,
  request: { query: fenceQuery },
  responses: {
    200: { description: 'A page', content: { 'application/json': { schema: fenceListShape } } },
    ...problemsOf('malformed-parameter', 'unauthenticated', 'forbidden'),
  },
});

const get = declare({
  method: 'get',
  path: '/v1/fences/{id}',
  operationId: 'getFence',
  summary: 'One fence with what it holds',
  rule: 'fence-reader',
  tags,
  request: { params },
  responses: {
    200: { description: 'The fence', content: { 'application/json': { schema: fenceWithItemsShape } } },
    ...problemsOf('unauthenticated', 'forbidden', 'not-found'),
  },
});

const items = declare({
  method: 'get',
  path: '/v1/fences/{id}/items',
  operationId: 'listFenceItems',
  summary: 'List what a fence holds or has held, in the order in which it came',
  rule: 'fence-reader',
  tags,
  request: { params, query: fenceItemQuery },
  responses: {
    200: { description: 'A page', content: { 'application/json': { schema: fenceItemListShape } } },
    ...problemsOf(...listProblems, 'forbidden', 'not-found'),
  },
});

const deciding = ['forbidden', 'self-approval', 'not-found', 'already-decided'] as const;

const release = declare({
  method: 'post',
  path: '/v1/fences/{id}/release',
  operationId: 'releaseFence',
  summary: 'Let what a fence holds go on',
  description: 'All that waits, or single items.',
  rule: 'fence-releaser',
  tags,
  request: {
    params,
    headers: idempotencyHeader,
    body: { content: { 'application/json': { schema: releaseBody } }, required: true },
  },
  responses: {
    201: { description: 'The fence', content: { 'application/json': { schema: decidedFenceShape } } },
    ...problemsOf(...writeProblems, ...deciding),
  },
});

const discard = declare({
  method: 'post',
  path: '/v1/fences/{id}/discarding',
  operationId: 'discardFence',
  summary: 'Drop what a fence holds',
  description:
    'All that waits, or single items. Who was suspended for it is so no more. Nothing of it happens until somebody asks for it anew; when all of an edit of the configuration is dropped, the configuration returns to what it was.',
  rule: 'fence-releaser',
  tags,
  request: {
    params,
    headers: idempotencyHeader,
    body: { content: { 'application/json': { schema: discardBody } }, required: true },
  },
  responses: {
    201: { description: 'The fence', content: { 'application/json': { schema: decidedFenceShape } } },
    ...problemsOf(...writeProblems, ...deciding),
  },
});

export function fenceRoutes(app: Api): void {
  app.openapi(list, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid('query');
    const page = await findFences(c.get('deps'), c.get('principal'), filter, pageWish({ limit, cursor }));
    return c.json({ items: page.items, next_cursor: cursorAfter(page.next) }, 200);
  });
  app.openapi(get, async (c) => {
    const { next, ...fence } = await getFence(c.get('deps'), c.get('principal'), c.req.valid('param').id);
    return c.json({ ...fence, next_cursor: cursorAfter(next) }, 200);
  });
  app.openapi(items, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid('query');
    const { id } = c.req.valid('param');
    const page = await findFenceItems(
      c.get('deps'),
      c.get('principal'),
      id,
      filter,
      pageWish({ limit, cursor }),
    );
    return c.json({ items: page.items, next_cursor: cursorAfter(page.next) }, 200);
  });
  app.openapi(release, async (c) => {
    const body = c.req.valid('json');
    const key = idempotencyOf(c.req, c.req.valid('header'), body);
    const which = { id: c.req.valid('param').id, verb: 'release' as const };
    const wish = { items: body.items, comment: body.comment ?? null };
    return c.json(await decideFence(c.get('deps'), c.get('principal'), which, wish, key), 201);
  });
  app.openapi(discard, async (c) => {
    const body = c.req.valid('json');
    const key = idempotencyOf(c.req, c.req.valid('header'), body);
    const which = { id: c.req.valid('param').id, verb: 'discard' as const };
    return c.json(await decideFence(c.get('deps'), c.get('principal'), which, body, key), 201);
  });
}
