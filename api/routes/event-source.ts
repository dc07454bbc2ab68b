import { idempotencyHeader, idempotencyOf } from '../guards/idempotency-key.ts';
import type { EventSourceView } from '../../db/queries/event-source.ts';
import { addSourceSecret, putEventSource } from '../operations/change-event-source.ts';
import { replaySource } from '../operations/replay-event.ts';
import { findEventSources, showEventSource } from '../operations/show-event-source.ts';
import type { Outside } from '../outside.ts';
import { type Api, bodyProblems, declare, problemsOf, writeProblems } from '../route.ts';
import {
  nothingBody,
  replayedShape,
  secretBody,
  secretShape,
  sourceBody,
  sourceListShape,
  sourceParam,
  sourceShape,
} from '../schemas/event.ts';

const tags = ['Events'];
const theSource = {
  description: 'The source',
  content: { 'application/json': { schema: sourceShape } },
};

const list = declare({
  method: 'get',
  path: '/v1/event-sources',
  operationId: 'listEventSources',
  summary: 'The systems that may send events',
  rule: 'manage-access',
  tags,
  responses: {
    200: { description: 'All of them', content: { 'application/json': { schema: sourceListShape } } },
    ...problemsOf('unauthenticated', 'forbidden'),
  },
});

const show = declare({
  method: 'get',
  path: '/v1/event-sources/{key}',
  operationId: 'getEventSource',
  summary: 'One system that may send events, and what its words mean here',
  rule: 'manage-access',
  tags,
  request: { params: sourceParam },
  responses: { 200: theSource, ...problemsOf('unauthenticated', 'forbidden', 'not-found') },
});

const put = declare({
  method: 'put',
  path: '/v1/event-sources/{key}',
  operationId: 'putEventSource',
  summary: 'Make a source, or change what its events mean',
  description:
    'A `secret` that the other side made becomes valid beside the present one, which ends a day later. Events that wait are read again when they are replayed. An Idempotency-Key is ignored: the same again changes nothing.',
  rule: 'manage-access',
  tags,
  request: {
    params: sourceParam,
    body: { content: { 'application/json': { schema: sourceBody } }, required: true },
  },
  responses: { 200: theSource, ...problemsOf(...bodyProblems, 'forbidden', 'not-found') },
});

const rotate = declare({
  method: 'post',
  path: '/v1/event-sources/{key}/secrets',
  operationId: 'addEventSourceSecret',
  summary: 'Make a new signing secret valid beside the present one',
  description:
    'Two are valid at most. The present one ends after `former_valid_for`, a day unless given, `PT0S` at once. The new one is shown this once; an Idempotency-Key is ignored.',
  rule: 'manage-access',
  tags,
  request: { params: sourceParam, body: { content: { 'application/json': { schema: secretBody } } } },
  responses: {
    201: { description: 'The secret', content: { 'application/json': { schema: secretShape } } },
    ...problemsOf(...bodyProblems, 'forbidden', 'not-found'),
  },
});

const replay = declare({
  method: 'post',
  path: '/v1/event-sources/{key}/replay',
  operationId: 'replayEventSource',
  summary: 'Read all events of a source that wait again',
  rule: 'manage-access',
  tags,
  request: {
    params: sourceParam,
    headers: idempotencyHeader,
    body: { content: { 'application/json': { schema: nothingBody } } },
  },
  responses: {
    202: { description: 'They will be read', content: { 'application/json': { schema: replayedShape } } },
    ...problemsOf(...writeProblems, 'forbidden', 'not-found'),
  },
});

export function eventSourceRoutes(app: Api): void {
  app.openapi(list, async (c) => {
    const deps = c.get('deps');
    const sources = await findEventSources(deps, c.get('principal'));
    return c.json({ items: sources.map((one) => shown(one, deps.publicUrl)) }, 200);
  });
  app.openapi(show, async (c) => {
    const deps = c.get('deps');
    const source = await showEventSource(deps, c.get('principal'), c.req.valid('param').key);
    return c.json(shown(source, deps.publicUrl), 200);
  });
  app.openapi(put, async (c) => {
    const deps = c.get('deps');
    const { api_key: apiKey, ...wish } = c.req.valid('json');
    const { key } = c.req.valid('param');
    const source = await putEventSource(deps, c.get('principal'), key, { ...wish, apiKey });
    return c.json(shown(source, deps.publicUrl), 200);
  });
  app.openapi(rotate, async (c) => {
    const { secret, former_valid_for: formerValidFor } = c.req.valid('json');
    const { key } = c.req.valid('param');
    const wish = { secret, formerValidFor };
    return c.json(await addSourceSecret(c.get('deps'), c.get('principal'), key, wish), 201);
  });
  app.openapi(replay, async (c) => {
    const key = idempotencyOf(c.req, c.req.valid('header'), c.req.valid('json'));
    const source = c.req.valid('param').key;
    return c.json(await replaySource(c.get('deps'), c.get('principal'), source, key), 202);
  });
}

function shown({ mapping_json: json, ...source }: Outside<EventSourceView>, publicUrl: string) {
  const mapping: Record<string, unknown> = JSON.parse(json);
  return { ...source, mapping, url: `${publicUrl.replace(/\/+$/, '')}/v1/events/${source.key}` };
}
