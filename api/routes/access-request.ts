import { askAccessRequest } from '../operations/ask-access-request.ts';
import { extendAccessRequest } from '../operations/extend-access-request.ts';
import { findAccessRequests, getAccessRequest } from '../operations/list-access-requests.ts';
import { previewAccessRequest } from '../operations/preview-access-request.ts';
import { idempotencyHeader, idempotencyOf } from '../guards/idempotency-key.ts';
import { type Api, bodyProblems, declare, listProblems, problemsOf, writeProblems } from '../route.ts';
import {
  accessRequestListShape,
  accessRequestQuery,
  accessRequestShape,
  askBody,
  extensionBody,
  previewBody,
  previewShape,
} from '../schemas/access-request.ts';
import { cursorAfter, idParam, pageWish } from '../schemas/common.ts';

const tags = ['Access requests'];

export const requestId = idParam('A request’s id, or its reference.', 'AR-2207');

const preview = declare({
  method: 'post',
  path: '/v1/access-requests/preview',
  operationId: 'previewAccessRequest',
  summary: 'What policy will want',
  description: 'Says what an access would need and how long it may last, without asking for it.',
  rule: 'person',
  tags,
  request: { body: { content: { 'application/json': { schema: previewBody } }, required: true } },
  responses: {
    200: { description: 'What policy says', content: { 'application/json': { schema: previewShape } } },
    ...problemsOf(...bodyProblems, 'forbidden', 'unknown-reference'),
  },
});

const ask = declare({
  method: 'post',
  path: '/v1/access-requests',
  operationId: 'askAccessRequest',
  summary: 'Ask for access',
  description:
    'Committed before it is answered. `customer` is required on a resource that customers share. The period counts from the moment access begins.',
  rule: 'person',
  tags,
  request: {
    headers: idempotencyHeader,
    body: { content: { 'application/json': { schema: askBody } }, required: true },
  },
  responses: {
    201: { description: 'The request', content: { 'application/json': { schema: accessRequestShape } } },
    ...problemsOf(
      ...writeProblems,
      'forbidden',
      'refused-by-policy',
      'step-up-required',
      'unknown-reference',
      'period-too-long',
    ),
  },
});

const list = declare({
  method: 'get',
  path: '/v1/access-requests',
  operationId: 'listAccessRequests',
  summary: 'List requests, newest first',
  description: 'What the caller may see. `waiting_for=me`: only what waits for the caller’s decision.',
  rule: 'person',
  tags,
  request: { query: accessRequestQuery },
  responses: {
    200: { description: 'A page', content: { 'application/json': { schema: accessRequestListShape } } },
    ...problemsOf(...listProblems),
  },
});

const get = declare({
  method: 'get',
  path: '/v1/access-requests/{id}',
  operationId: 'getAccessRequest',
  summary: 'One request with its stages, decisions and grant',
  rule: 'person',
  tags,
  request: { params: requestId },
  responses: {
    200: { description: 'The request', content: { 'application/json': { schema: accessRequestShape } } },
    ...problemsOf('unauthenticated', 'not-found'),
  },
});

const extend = declare({
  method: 'post',
  path: '/v1/access-requests/{id}/extension',
  operationId: 'extendAccessRequest',
  summary: 'Ask for a later end',
  description: 'A request of its own, with its own decisions. The old end holds until it is approved.',
  rule: 'holder',
  tags,
  request: {
    params: requestId,
    headers: idempotencyHeader,
    body: { content: { 'application/json': { schema: extensionBody } }, required: true },
  },
  responses: {
    201: { description: 'The extension', content: { 'application/json': { schema: accessRequestShape } } },
    ...problemsOf(
      ...writeProblems,
      'forbidden',
      'refused-by-policy',
      'step-up-required',
      'not-found',
      'not-held',
      'already-ended',
      'period-too-long',
      'unknown-reference',
    ),
  },
});

export function accessRequestRoutes(app: Api): void {
  app.openapi(preview, async (c) => {
    return c.json(await previewAccessRequest(c.get('deps'), c.get('principal'), c.req.valid('json')), 200);
  });
  app.openapi(ask, async (c) => {
    const body = c.req.valid('json');
    const key = idempotencyOf(c.req, c.req.valid('header'), body);
    return c.json(await askAccessRequest(c.get('deps'), c.get('principal'), body, key), 201);
  });
  app.openapi(list, async (c) => {
    const { limit, cursor, waiting_for, ...names } = c.req.valid('query');
    const wish = { ...names, waitingForMe: waiting_for === 'me' };
    const page = await findAccessRequests(
      c.get('deps'),
      c.get('principal'),
      wish,
      pageWish({ limit, cursor }),
    );
    return c.json({ items: page.items, next_cursor: cursorAfter(page.next) }, 200);
  });
  app.openapi(get, async (c) => {
    return c.json(await getAccessRequest(c.get('deps'), c.get('principal'), c.req.valid('param').id), 200);
  });
  app.openapi(extend, async (c) => {
    const body = c.req.valid('json');
    const key = idempotencyOf(c.req, c.req.valid('header'), body);
    const { id } = c.req.valid('param');
    return c.json(await extendAccessRequest(c.get('deps'), c.get('principal'), id, body, key), 201);
  });
}
