import { z } from '@hono/zod-openapi';
import { eventSchemaPath } from '../../domain/cloud-event.ts';
import { followFeed } from '../operations/read-feed.ts';
import { type Api, declare, listProblems, plainProblems, problemsOf } from '../route.ts';
import { eventDataShape, feedQuery, feedShape } from '../schemas/feed.ts';

const tags = ['Records'];

const follow = declare({
  method: 'get',
  path: '/v1/feed',
  operationId: 'followFeed',
  summary: 'What has happened since a place in the feed, as CloudEvents',
  description:
    'Every event that the caller may see, once, in one order that never changes: who goes on where the Link header says misses nothing, whenever the transactions that wrote them ended. An event is told some milliseconds after it happened, and later while a transaction that began before it goes on.',
  rule: 'record-reader',
  tags,
  request: { query: feedQuery },
  responses: {
    200: {
      description: 'What is new; nothing, when nothing is',
      headers: {
        Link: {
          description: 'Where to go on, `rel="next"` (RFC 8288); the same place again while nothing is new.',
          schema: { type: 'string' },
        },
      },
      content: { 'application/cloudevents-batch+json': { schema: feedShape } },
    },
    ...problemsOf(...listProblems, 'forbidden'),
  },
});

const schema = declare({
  method: 'get',
  path: eventSchemaPath,
  operationId: 'getEventSchema',
  summary: 'The JSON Schema of an event’s data, version 1',
  rule: 'public',
  tags,
  responses: {
    200: {
      description: 'The schema',
      content: { 'application/schema+json': { schema: z.record(z.string(), z.unknown()) } },
    },
    ...plainProblems,
  },
});

export function feedRoutes(app: Api): void {
  // What is read, so that a member that is added later does not make an event wrong.
  const dataSchema = z.toJSONSchema(eventDataShape, { io: 'input' });
  app.openapi(follow, async (c) => {
    const { after, limit } = c.req.valid('query');
    const page = await followFeed(c.get('deps'), c.get('principal'), { after, limit });
    const next = new URLSearchParams({
      limit: String(limit),
      ...(page.after === null ? {} : { after: page.after }),
    });
    c.header('link', `<${c.req.path}?${next.toString()}>; rel="next"`);
    return c.json(page.events, 200, { 'content-type': 'application/cloudevents-batch+json' });
  });
  app.openapi(schema, (c) => {
    const { publicUrl } = c.get('deps');
    const named = {
      ...dataSchema,
      $id: new URL(eventSchemaPath, publicUrl).href,
      title: 'Tenure event, version 1',
    };
    return c.json(named, 200, { 'content-type': 'application/schema+json' });
  });
}
