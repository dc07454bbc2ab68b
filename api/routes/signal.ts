import { idempotencyHeader, idempotencyOf } from '../guards/idempotency-key.ts';
import { createRateLimiter } from '../guards/rate-limit.ts';
import {
  endSource,
  findSignalSources,
  makeSignalSource,
  rotateAlertSecret,
  type SignalSourceWish,
} from '../operations/change-signal-source.ts';
import { closeSignalByHand, findSignals } from '../operations/close-signal.ts';
import { receiveSignal } from '../operations/receive-signal.ts';
import { type Api, bodyProblems, declare, listProblems, problemsOf, writeProblems } from '../route.ts';
import { cursorAfter, pageWish } from '../schemas/common.ts';
import { nothingBody } from '../schemas/customer.ts';
import type { z } from '@hono/zod-openapi';
import {
  alertSecretBody,
  closingBody,
  secretSignalSourceShape,
  signalListShape,
  signalParam,
  signalQuery,
  signalRefusalShape,
  signalShape,
  signalSourceBody,
  signalSourceListShape,
  signalSourceParam,
  signalSourceShape,
} from '../schemas/signal.ts';

const tags = ['Signals'];
const json = <T>(description: string, schema: T) => ({
  description,
  content: { 'application/json': { schema } },
});

const receive = declare({
  method: 'post',
  path: '/v1/signals/{id}',
  operationId: 'receiveSignal',
  summary: 'Push a security event token (RFC 8935), or alerts',
  description:
    'One token of CAEP 1.0 or RISC 1.0 as `application/secevent+jwt`, signed by a key of the source; or, of a source of the kind `alert`, one alert or a list of them as JSON (`id`, `subject`, `signal`, `active`, `occurred_at`, `ends_at`), signed as Standard Webhooks 1.0 has it. Each is kept once for its `jti` or `id` however often it comes.',
  rule: 'event-source',
  reads: 'bytes',
  tags,
  request: { params: signalSourceParam },
  responses: {
    ...problemsOf('payload-too-large', 'too-many-requests', 'keys-unavailable'),
    202: { description: 'Kept; nothing that was accepted is lost' },
    400: json('Not taken (RFC 8935, section 2.4)', signalRefusalShape),
    401: json('There is no such source, or it has not signed this', signalRefusalShape),
  },
});

const list = declare({
  method: 'get',
  path: '/v1/signals',
  operationId: 'listSignals',
  summary: 'What sources have said about people, newest first',
  rule: 'record-reader',
  tags,
  request: { query: signalQuery },
  responses: { 200: json('A page', signalListShape), ...problemsOf(...listProblems, 'forbidden') },
});

const closing = declare({
  method: 'post',
  path: '/v1/signals/{id}/closing',
  operationId: 'closeSignal',
  summary: 'Close an open signal by hand',
  description:
    'It counts no more, and its person gets back what their roles give. Nobody does it for themselves.',
  rule: 'user-manager',
  tags,
  request: {
    params: signalParam,
    headers: idempotencyHeader,
    body: { content: { 'application/json': { schema: closingBody } }, required: true },
  },
  responses: {
    201: json('The signal', signalShape),
    ...problemsOf(...writeProblems, 'forbidden', 'self-approval', 'not-found', 'already-ended'),
  },
});

const sources = declare({
  method: 'get',
  path: '/v1/signal-sources',
  operationId: 'listSignalSources',
  summary: 'Who speaks of risks about people, newest first',
  rule: 'user-manager',
  tags,
  responses: {
    200: json('All of them', signalSourceListShape),
    ...problemsOf('unauthenticated', 'forbidden'),
  },
});

const make = declare({
  method: 'post',
  path: '/v1/signal-sources',
  operationId: 'makeSignalSource',
  summary: 'Connect a transmitter of the Shared Signals Framework, or a system that sends alerts',
  description:
    'It speaks of the people of one organization. Its keys are fetched from its `jwks_uri`, again and again, or given; to change those that were given, connect it anew and end the former. An Idempotency-Key is ignored.',
  rule: 'user-manager',
  tags,
  request: { body: { content: { 'application/json': { schema: signalSourceBody } }, required: true } },
  responses: {
    201: json('The source', secretSignalSourceShape),
    ...problemsOf(...bodyProblems, 'forbidden', 'not-found'),
  },
});

const rotation = declare({
  method: 'post',
  path: '/v1/signal-sources/{id}/secret',
  operationId: 'rotateAlertSecret',
  summary: 'Make another secret for a system that sends alerts',
  description: 'The one before is good for a day, or as long as is said. An Idempotency-Key is ignored.',
  rule: 'user-manager',
  tags,
  request: {
    params: signalSourceParam,
    body: { content: { 'application/json': { schema: alertSecretBody } } },
  },
  responses: {
    201: json('The source, with its new secret', secretSignalSourceShape),
    ...problemsOf(...bodyProblems, 'forbidden', 'not-found', 'nothing-to-change'),
  },
});

const ending = declare({
  method: 'post',
  path: '/v1/signal-sources/{id}/ending',
  operationId: 'endSignalSource',
  summary: 'Take nothing from a source any more',
  description: 'What it has said stays as it is.',
  rule: 'user-manager',
  tags,
  request: {
    params: signalSourceParam,
    headers: idempotencyHeader,
    body: { content: { 'application/json': { schema: nothingBody } } },
  },
  responses: {
    201: json('The source', signalSourceShape),
    ...problemsOf(...writeProblems, 'forbidden', 'not-found', 'already-ended'),
  },
});

/** More than any source of ours says: it protects the others. */
const acceptedLimit = { burst: 2_000, perSecond: 100 };
/** A refusal is on record at most once a second for each source. */
const recordedLimit = { burst: 1, perSecond: 1 };

export function signalRoutes(app: Api): void {
  const limits = {
    accepted: createRateLimiter(acceptedLimit),
    recorded: createRateLimiter(recordedLimit),
  };
  app.openapi(receive, async (c) => {
    const { id } = c.req.valid('param');
    const deps = c.get('deps');
    const url = `${deps.publicUrl}${c.req.path}`;
    const body = new Uint8Array(await c.req.arrayBuffer());
    const delivery = { headers: c.req.raw.headers, body, method: 'POST', url };
    const refusal = await receiveSignal(deps, id, delivery, limits);
    if (refusal) {
      // RFC 8935, section 2.3: in which language it is described.
      const status = refusal.err === 'authentication_failed' ? 401 : 400;
      return c.json(refusal, status, { 'content-language': 'en' });
    }
    return c.body(null, 202);
  });
  app.openapi(list, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid('query');
    const page = await findSignals(c.get('deps'), c.get('principal'), filter, pageWish({ limit, cursor }));
    return c.json({ items: page.items, next_cursor: cursorAfter(page.next) }, 200);
  });
  app.openapi(closing, async (c) => {
    const { reason } = c.req.valid('json');
    const key = idempotencyOf(c.req, c.req.valid('header'), { reason });
    const { id } = c.req.valid('param');
    return c.json(await closeSignalByHand(c.get('deps'), c.get('principal'), id, reason, key), 201);
  });
  sourceRoutes(app);
}

/** What belongs together, which the body's check has seen to. */
export function wishOf(said: z.infer<typeof signalSourceBody>): SignalSourceWish {
  const { organization, name, kind, audience = '', poll } = said;
  if (kind === 'alert') return { organization, name, how: { kind } };
  const transmitter = { audience, keys: keysOf(said) };
  if (kind === 'push') return { organization, name, how: { kind, ...transmitter } };
  const asked = { url: poll?.url ?? '', authorization: poll?.authorization ?? null };
  return { organization, name, how: { kind, ...transmitter, ...asked } };
}

function keysOf({ transmitter, issuer = '', jwks, jwks_uri: jwksUri }: z.infer<typeof signalSourceBody>) {
  if (transmitter !== undefined) return { transmitter };
  return jwksUri === undefined ? { issuer, jwks: jwks ?? { keys: [] } } : { issuer, jwksUri };
}

function sourceRoutes(app: Api): void {
  app.openapi(sources, async (c) =>
    c.json({ items: await findSignalSources(c.get('deps'), c.get('principal')) }, 200),
  );
  app.openapi(make, async (c) => {
    const wish = wishOf(c.req.valid('json'));
    return c.json(await makeSignalSource(c.get('deps'), c.get('principal'), wish), 201);
  });
  app.openapi(rotation, async (c) => {
    const { former_valid_for: formerValidFor } = c.req.valid('json');
    const { id } = c.req.valid('param');
    return c.json(await rotateAlertSecret(c.get('deps'), c.get('principal'), id, { formerValidFor }), 201);
  });
  app.openapi(ending, async (c) => {
    const key = idempotencyOf(c.req, c.req.valid('header'), c.req.valid('json'));
    return c.json(await endSource(c.get('deps'), c.get('principal'), c.req.valid('param').id, key), 201);
  });
}
