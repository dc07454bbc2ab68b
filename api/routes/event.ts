import { idempotencyHeader, idempotencyOf } from '../guards/idempotency-key.ts';
import { createRateLimiter } from '../guards/rate-limit.ts';
import { findEvents, showEvent } from '../operations/list-events.ts';
import { receiveEvent } from '../operations/receive-event.ts';
import { discardWaiting, replayEvent } from '../operations/replay-event.ts';
import { type Api, declare, listProblems, problemsOf, writeProblems } from '../route.ts';
import { cursorAfter, pageWish } from '../schemas/common.ts';
import {
  deliveryParam,
  discardBody,
  eventListShape,
  eventParam,
  eventQuery,
  eventShape,
  eventWholeShape,
  nothingBody,
  receivedShape,
  signedShape,
} from '../schemas/event.ts';

const tags = ['Events'];

const receive = declare({
  method: 'post',
  path: '/v1/events/{id}',
  operationId: 'receiveEvent',
  summary: 'Deliver events, as a billing, CRM or any other system',
  description:
    'Signed by the source’s own scheme: Stripe (`Stripe-Signature`), HubSpot (`X-HubSpot-Signature-v3`) or Standard Webhooks (`webhook-id`, `webhook-timestamp`, `webhook-signature`), over the bytes of the body. An event is stored once however often it comes, and read afterwards. One that comes again with other words is kept beside it as `conflicting`, and never read.',
  rule: 'event-source',
  reads: 'bytes',
  tags,
  request: { params: deliveryParam },
  responses: {
    202: {
      description: 'Stored; nothing that was accepted is lost',
      content: { 'application/json': { schema: receivedShape } },
    },
    ...problemsOf('malformed-json', 'unauthenticated', 'not-found', 'payload-too-large'),
  },
});

const list = declare({
  method: 'get',
  path: '/v1/events',
  operationId: 'listEvents',
  summary: 'List delivered events, newest first, without what they say',
  rule: 'manage-access',
  tags,
  request: { query: eventQuery },
  responses: {
    200: { description: 'A page', content: { 'application/json': { schema: eventListShape } } },
    ...problemsOf(...listProblems, 'forbidden'),
  },
});

const show = declare({
  method: 'get',
  path: '/v1/events/{id}',
  operationId: 'getEvent',
  summary: 'One event, as it was delivered',
  rule: 'manage-access',
  tags,
  request: { params: eventParam },
  responses: {
    200: { description: 'The event', content: { 'application/json': { schema: eventWholeShape } } },
    ...problemsOf('unauthenticated', 'forbidden', 'not-found'),
  },
});

const replay = declare({
  method: 'post',
  path: '/v1/events/{id}/replay',
  operationId: 'replayEvent',
  summary: 'Read an event again, under the mapping of now',
  description: 'What it said before no longer counts; the customer’s contract is put together anew.',
  rule: 'manage-access',
  tags,
  request: {
    params: eventParam,
    headers: idempotencyHeader,
    body: { content: { 'application/json': { schema: nothingBody } } },
  },
  responses: {
    202: { description: 'It will be read', content: { 'application/json': { schema: eventShape } } },
    ...problemsOf(...writeProblems, 'forbidden', 'not-found', 'no-longer-waiting'),
  },
});

const discard = declare({
  method: 'post',
  path: '/v1/events/{id}/discarding',
  operationId: 'discardEvent',
  summary: 'Take an event that waits, or conflicts with another, off the list',
  rule: 'manage-access',
  tags,
  request: {
    params: eventParam,
    headers: idempotencyHeader,
    body: { content: { 'application/json': { schema: discardBody } }, required: true },
  },
  responses: {
    200: { description: 'The event', content: { 'application/json': { schema: eventShape } } },
    ...problemsOf(...writeProblems, 'forbidden', 'not-found', 'no-longer-waiting'),
  },
});

/** More than any source of ours sends: it protects the others, not the ledger's size. */
const acceptedLimit = { burst: 5_000, perSecond: 500 };
/** A refusal is on record at most once a second for each source. */
const recordedLimit = { burst: 1, perSecond: 1 };

export function eventRoutes(app: Api): void {
  const limits = {
    accepted: createRateLimiter(acceptedLimit),
    recorded: createRateLimiter(recordedLimit),
  };
  app.openapi(receive, async (c) => {
    const { pathname, search } = new URL(c.req.url);
    const delivery = {
      source: c.req.valid('param').id,
      method: c.req.method,
      path: `${pathname}${search}`,
      headers: c.req.raw.headers,
      body: new Uint8Array(await c.req.arrayBuffer()),
    };
    return c.json(await receiveEvent(c.get('deps'), delivery, limits), 202);
  });
  app.openapi(list, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid('query');
    const page = await findEvents(c.get('deps'), c.get('principal'), filter, pageWish({ limit, cursor }));
    return c.json({ items: page.items, next_cursor: cursorAfter(page.next) }, 200);
  });
  app.openapi(show, async (c) => {
    const found = await showEvent(c.get('deps'), c.get('principal'), c.req.valid('param').id);
    const { signed_json: json, ...event } = found;
    return c.json({ ...event, signed: json === null ? null : signedShape.parse(JSON.parse(json)) }, 200);
  });
  app.openapi(replay, async (c) => {
    const key = idempotencyOf(c.req, c.req.valid('header'), c.req.valid('json'));
    return c.json(await replayEvent(c.get('deps'), c.get('principal'), c.req.valid('param').id, key), 202);
  });
  app.openapi(discard, async (c) => {
    const { reason } = c.req.valid('json');
    const key = idempotencyOf(c.req, c.req.valid('header'), { reason });
    const { id } = c.req.valid('param');
    return c.json(await discardWaiting(c.get('deps'), c.get('principal'), id, reason, key), 200);
  });
}
