import type { Context } from 'hono';
import type { z } from 'zod';
import { TenureError } from '../../domain/errors.ts';
import { statusOfStream } from '../../domain/security-event.ts';
import type { ApiEnv } from '../env.ts';
import { invalidOf } from '../guards/invalid.ts';
import { createRateLimiter } from '../guards/rate-limit.ts';
import { askStatus, configurationOf, streamOf, theirs, verifyStream } from '../operations/manage-stream.ts';
import { type Api, declare, plainProblems, problemsOf } from '../route.ts';
import {
  ssfConfigurationOf,
  ssfConfigurationShape,
  streamsQuery,
  streamsShape,
  streamStatusBody,
  streamStatusQuery,
  streamStatusShape,
  verificationBody,
} from '../schemas/security-event.ts';

const tags = ['Records'];
const rule = 'stream-receiver';
const json = <T>(description: string, schema: T) => ({
  description,
  content: { 'application/json': { schema } },
});
const reading = problemsOf('malformed-parameter', 'unauthenticated', 'not-found', 'too-many-requests');
const writing = problemsOf(
  'malformed-json',
  'malformed-parameter',
  'unauthenticated',
  'not-found',
  'payload-too-large',
  'unsupported-media-type',
  'too-many-requests',
);

const configuration = declare({
  method: 'get',
  path: '/.well-known/ssf-configuration',
  operationId: 'ssfConfiguration',
  summary: 'What whoever takes our security events needs to know',
  description:
    'OpenID Shared Signals Framework 1.0, section 7.1. Streams are made by administrators, as webhooks; their receivers read, pause, disable and verify them.',
  rule: 'public',
  tags,
  responses: { 200: json('The transmitter', ssfConfigurationShape), ...plainProblems },
});

const streams = declare({
  method: 'get',
  path: '/ssf/streams',
  operationId: 'readStreams',
  summary: 'What is sent to a receiver of security events, and where to',
  description:
    'SSF 1.0, section 8.1.1.2. A token is good for one stream: without `stream_id` it is a list of one.',
  rule,
  tags,
  request: { query: streamsQuery },
  responses: { 200: json('The stream, or the list', streamsShape), ...reading },
});

const status = declare({
  method: 'get',
  path: '/ssf/status',
  operationId: 'readStreamStatus',
  summary: 'Whether security events are sent',
  description: 'SSF 1.0, section 8.1.2.1.',
  rule,
  tags,
  request: { query: streamStatusQuery },
  responses: { 200: json('The status', streamStatusShape), ...reading },
});

const asking = declare({
  method: 'post',
  path: '/ssf/status',
  operationId: 'askStreamStatus',
  summary: 'Have security events sent, kept for later, or not sent at all',
  description:
    'SSF 1.0, section 8.1.2.2. `paused`: what happens is sent when it is `enabled` again. `disabled`: what waits is given up, and what happens is not sent later. What an administrator has paused stays so.',
  rule,
  tags,
  request: { body: { content: { 'application/json': { schema: streamStatusBody } }, required: true } },
  responses: { 200: json('The status', streamStatusShape), ...writing, ...problemsOf('forbidden') },
});

const verification = declare({
  method: 'post',
  path: '/ssf/verification',
  operationId: 'verifyStream',
  summary: 'Have a verification sent over the stream',
  description:
    'SSF 1.0, section 8.1.4.2. It tells back the `state`, and comes with what else is sent: at once, or when the stream is enabled again.',
  rule,
  tags,
  request: { body: { content: { 'application/json': { schema: verificationBody } }, required: true } },
  responses: { 204: { description: 'It is sent' }, ...writing },
});

/** What one receiver asks is little. */
const limit = { burst: 60, perSecond: 5 };

/** Section 8.1 answers with 400 what is wrong with a body. */
function refuseMalformed(result: { success: true } | { success: false; error: z.ZodError }): undefined {
  if (result.success) return undefined;
  const { errors } = invalidOf('json', result.error);
  throw new TenureError('malformed-parameter', 'What was sent is incomplete or malformed.', errors);
}

/** For those who take security events: what a transmitter of the Shared Signals Framework says, and what its receivers ask. */
export function securityEventRoutes(app: Api): void {
  const rate = createRateLimiter(limit);
  const streamFor = (c: Context<ApiEnv>) => streamOf(c.get('deps'), c.req.header('authorization'), rate);
  app.openapi(configuration, (c) => c.json(ssfConfigurationOf(c.get('deps').publicUrl), 200));
  app.openapi(streams, async (c) => {
    const stream = await streamFor(c);
    const { stream_id: named } = c.req.valid('query');
    const found = configurationOf(c.get('deps'), theirs(stream, named ?? stream.id));
    return c.json(named === undefined ? [found] : found, 200);
  });
  app.openapi(status, async (c) => {
    const stream = theirs(await streamFor(c), c.req.valid('query').stream_id);
    return c.json({ stream_id: stream.id, ...statusOfStream(stream) }, 200);
  });
  app.openapi(
    asking,
    async (c) => {
      const { stream_id: named, status: wanted, reason = null } = c.req.valid('json');
      const stream = theirs(await streamFor(c), named);
      const standing = await askStatus(c.get('deps'), stream, { status: wanted, reason });
      return c.json({ stream_id: stream.id, ...statusOfStream(standing) }, 200);
    },
    refuseMalformed,
  );
  app.openapi(
    verification,
    async (c) => {
      const { stream_id: named, state = null } = c.req.valid('json');
      await verifyStream(c.get('deps'), theirs(await streamFor(c), named), state);
      return c.body(null, 204);
    },
    refuseMalformed,
  );
}
