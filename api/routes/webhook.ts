import { idempotencyHeader, idempotencyOf } from '../guards/idempotency-key.ts';
import {
  makeWebhook,
  pauseWebhook,
  removeWebhook,
  resumeWebhook,
  rotateWebhookSecret,
} from '../operations/change-webhook.ts';
import { findDeliveries, findWebhooks, showWebhook } from '../operations/list-webhooks.ts';
import { resendDead, resendDelivery, testWebhook } from '../operations/replay-delivery.ts';
import { type Api, bodyProblems, declare, problemsOf, writeProblems } from '../route.ts';
import { cursorAfter, pageWish } from '../schemas/common.ts';
import { nothingBody } from '../schemas/customer.ts';
import {
  deliveryListShape,
  deliveryParams,
  deliveryQuery,
  deliveryShape,
  replayBody,
  replayedShape,
  rotationBody,
  webhookBody,
  webhookListShape,
  webhookParam,
  webhookSecretShape,
  webhookShape,
} from '../schemas/webhook.ts';

const tags = ['Records'];
const rule = 'webhook-manager';
const params = webhookParam;
const json = <T>(description: string, schema: T) => ({
  description,
  content: { 'application/json': { schema } },
});
const nothing = { content: { 'application/json': { schema: nothingBody } } };
const written = { params, headers: idempotencyHeader, body: nothing };
const writing = [...writeProblems, 'forbidden', 'not-found'] as const;

const list = declare({
  method: 'get',
  path: '/v1/webhooks',
  operationId: 'listWebhooks',
  summary: 'Where events are sent, newest first',
  rule,
  tags,
  responses: { 200: json('All of them', webhookListShape), ...problemsOf('unauthenticated', 'forbidden') },
});

const make = declare({
  method: 'post',
  path: '/v1/webhooks',
  operationId: 'makeWebhook',
  summary: 'Have the events that your organization sees sent to an address',
  description:
    'Each event that happens from now on, of those types, is posted as one CloudEvent in the structured mode, signed as Standard Webhooks 1.0 has it; with `security_events`, as a security event token (RFC 8417) by push (RFC 8935), signed with the keys at `/.well-known/jwks.json`. The secret is in this answer and never shown again; an Idempotency-Key is ignored.',
  rule,
  tags,
  request: { body: { content: { 'application/json': { schema: webhookBody } }, required: true } },
  responses: {
    201: json('The webhook with its secret', webhookSecretShape),
    ...problemsOf(...bodyProblems, 'forbidden', 'webhook-limit'),
  },
});

const show = declare({
  method: 'get',
  path: '/v1/webhooks/{id}',
  operationId: 'getWebhook',
  summary: 'One webhook, and how it does',
  rule,
  tags,
  request: { params },
  responses: {
    200: json('The webhook', webhookShape),
    ...problemsOf('unauthenticated', 'forbidden', 'not-found'),
  },
});

const pause = declare({
  method: 'post',
  path: '/v1/webhooks/{id}/pause',
  operationId: 'pauseWebhook',
  summary: 'Send nothing there for the time being',
  description: 'What happens meanwhile waits, and is sent when it goes on.',
  rule,
  tags,
  request: written,
  responses: { 201: json('It is paused', webhookShape), ...problemsOf(...writing, 'nothing-to-change') },
});

const resumption = declare({
  method: 'post',
  path: '/v1/webhooks/{id}/resumption',
  operationId: 'resumeWebhook',
  summary: 'Go on sending where it was paused or stopped',
  rule,
  tags,
  request: written,
  responses: { 201: json('It goes on', webhookShape), ...problemsOf(...writing, 'nothing-to-change') },
});

const removal = declare({
  method: 'post',
  path: '/v1/webhooks/{id}/removal',
  operationId: 'removeWebhook',
  summary: 'Send nothing there any more',
  rule,
  tags,
  request: written,
  responses: { 201: json('What it was', webhookShape), ...problemsOf(...writing) },
});

const rotation = declare({
  method: 'post',
  path: '/v1/webhooks/{id}/secrets',
  operationId: 'rotateWebhookSecret',
  summary: 'Sign with a new secret, and with the one before for a while',
  description:
    'For `former_valid_for`, a day unless given, each delivery has a signature by each of the two; of a stream of security events, which has a token for its receiver, both are good. The secret is in this answer and never shown again; an Idempotency-Key is ignored. Only whose events they are may do this.',
  rule,
  tags,
  request: { params, body: { content: { 'application/json': { schema: rotationBody } } } },
  responses: {
    201: json('The webhook with its new secret', webhookSecretShape),
    ...problemsOf(...bodyProblems, 'forbidden', 'not-found'),
  },
});

const test = declare({
  method: 'post',
  path: '/v1/webhooks/{id}/test',
  operationId: 'testWebhook',
  summary: 'Send an event of no other meaning: `tenure.webhook.tested.v1`, or a verification event of SSF',
  rule,
  tags,
  request: written,
  responses: { 201: json('It is sent', deliveryShape), ...problemsOf(...writing) },
});

const deliveries = declare({
  method: 'get',
  path: '/v1/webhooks/{id}/deliveries',
  operationId: 'listWebhookDeliveries',
  summary: 'What was sent there in the last 30 days, waits to be, or was given up; newest first',
  rule,
  tags,
  request: { params, query: deliveryQuery },
  responses: {
    200: json('A page', deliveryListShape),
    ...problemsOf('malformed-parameter', 'unauthenticated', 'forbidden', 'not-found'),
  },
});

const replay = declare({
  method: 'post',
  path: '/v1/webhooks/{id}/deliveries/{delivery}/replay',
  operationId: 'replayWebhookDelivery',
  summary: 'Send a delivery again, under the same `webhook-id`',
  rule,
  tags,
  request: { params: deliveryParams, headers: idempotencyHeader, body: nothing },
  responses: { 201: json('It is sent', deliveryShape), ...problemsOf(...writing, 'no-longer-waiting') },
});

const replayAll = declare({
  method: 'post',
  path: '/v1/webhooks/{id}/replay',
  operationId: 'replayWebhook',
  summary: 'Send everything again that was given up since an instant',
  rule,
  tags,
  request: {
    params,
    headers: idempotencyHeader,
    body: { content: { 'application/json': { schema: replayBody } }, required: true },
  },
  responses: { 201: json('They are sent', replayedShape), ...problemsOf(...writing) },
});

export function webhookRoutes(app: Api): void {
  app.openapi(list, async (c) =>
    c.json({ items: await findWebhooks(c.get('deps'), c.get('principal')) }, 200),
  );
  app.openapi(make, async (c) => {
    const { security_events: events, ...wish } = c.req.valid('json');
    const stream = events
      ? {
          audience: events.audience,
          subjectFormat: events.subject_format,
          authorization: events.authorization,
        }
      : null;
    return c.json(await makeWebhook(c.get('deps'), c.get('principal'), { ...wish, stream }), 201);
  });
  app.openapi(show, async (c) =>
    c.json(await showWebhook(c.get('deps'), c.get('principal'), c.req.valid('param').id), 200),
  );
  app.openapi(pause, async (c) => {
    const key = idempotencyOf(c.req, c.req.valid('header'), c.req.valid('json'));
    return c.json(await pauseWebhook(c.get('deps'), c.get('principal'), c.req.valid('param').id, key), 201);
  });
  app.openapi(resumption, async (c) => {
    const key = idempotencyOf(c.req, c.req.valid('header'), c.req.valid('json'));
    return c.json(await resumeWebhook(c.get('deps'), c.get('principal'), c.req.valid('param').id, key), 201);
  });
  app.openapi(removal, async (c) => {
    const key = idempotencyOf(c.req, c.req.valid('header'), c.req.valid('json'));
    return c.json(await removeWebhook(c.get('deps'), c.get('principal'), c.req.valid('param').id, key), 201);
  });
  app.openapi(rotation, async (c) => {
    const { former_valid_for: formerValidFor } = c.req.valid('json');
    const { id } = c.req.valid('param');
    return c.json(await rotateWebhookSecret(c.get('deps'), c.get('principal'), id, { formerValidFor }), 201);
  });
  deliveryRoutes(app);
}

function deliveryRoutes(app: Api): void {
  app.openapi(test, async (c) => {
    const key = idempotencyOf(c.req, c.req.valid('header'), c.req.valid('json'));
    return c.json(await testWebhook(c.get('deps'), c.get('principal'), c.req.valid('param').id, key), 201);
  });
  app.openapi(deliveries, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid('query');
    const { id } = c.req.valid('param');
    const page = await findDeliveries(
      c.get('deps'),
      c.get('principal'),
      id,
      filter,
      pageWish({ limit, cursor }),
    );
    return c.json({ items: page.items, next_cursor: cursorAfter(page.next) }, 200);
  });
  app.openapi(replay, async (c) => {
    const key = idempotencyOf(c.req, c.req.valid('header'), c.req.valid('json'));
    return c.json(await resendDelivery(c.get('deps'), c.get('principal'), c.req.valid('param'), key), 201);
  });
  app.openapi(replayAll, async (c) => {
    const key = idempotencyOf(c.req, c.req.valid('header'), c.req.valid('json'));
    const [{ id }, { since }] = [c.req.valid('param'), c.req.valid('json')];
    return c.json(await resendDead(c.get('deps'), c.get('principal'), id, since, key), 201);
  });
}
