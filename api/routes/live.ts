import { z } from '@hono/zod-openapi';
import { type Api, declare, problemsOf } from '../route.ts';

const route = declare({
  method: 'get',
  path: '/v1/live',
  operationId: 'followChanges',
  summary: 'Be told when something that the caller may see has changed',
  description: [
    'Server-sent events; they carry ids, never facts: read what has changed as always.',
    '`changed`: `{items: [{kind, id}]}`, where `kind` is `access_request`, `grant`, `task`, `process`, `fence`, `person`, `event` or `signal`.',
    '`resync`: anything may have changed. `live` and `paused`: whether changes are followed at the moment. `beat`: nothing new.',
    '`ended`: the caller is not signed in any more, and the connection is over.',
    'An event’s id is a position; what has changed since is told to whoever brings it back.',
  ].join('\n'),
  rule: 'person',
  tags: ['Live'],
  request: {
    query: z.object({
      since: z.string().max(10_000).optional().openapi({
        description: 'The position from which on to be told; `Last-Event-ID` goes before it.',
        example: '1042:1042:',
      }),
    }),
    headers: z.object({ 'last-event-id': z.string().max(10_000).optional() }),
  },
  responses: {
    200: {
      description: 'Events, for as long as the caller is signed in and connected',
      content: { 'text/event-stream': { schema: z.string() } },
    },
    ...problemsOf('malformed-parameter', 'unauthenticated'),
  },
});

export function liveRoutes(app: Api): void {
  app.openapi(route, (c) => {
    const { since } = c.req.valid('query');
    const last = c.req.valid('header')['last-event-id'];
    const stream = c.get('live').join(c.get('principal'), last ?? since ?? null);
    // A proxy that gathers answers would keep what is told to itself.
    return c.body(stream, 200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
  });
}
