import { idempotencyHeader, idempotencyOf } from '../guards/idempotency-key.ts';
import { endOtherSessions, findSessions, revokeSession } from '../operations/end-session.ts';
import { type Api, declare, listProblems, problemsOf, writeProblems } from '../route.ts';
import { cursorAfter, idParam, pageWish } from '../schemas/common.ts';
import {
  otherSessionsShape,
  sessionListShape,
  sessionQuery,
  sessionRevocationBody,
  sessionShape,
} from '../schemas/session.ts';

const tags = ['Sessions'];

const list = declare({
  method: 'get',
  path: '/v1/sessions',
  operationId: 'listSessions',
  summary: 'Where a person is signed in now, newest first',
  description: 'One’s own; those of others for who manages their access or ends any.',
  rule: 'person',
  tags,
  request: { query: sessionQuery },
  responses: {
    200: { description: 'A page', content: { 'application/json': { schema: sessionListShape } } },
    ...problemsOf(...listProblems),
  },
});

const revoke = declare({
  method: 'post',
  path: '/v1/sessions/{id}/revocation',
  operationId: 'revokeSession',
  summary: 'End a session now',
  description: 'One’s own; those of others for who manages their access or ends any.',
  rule: 'person',
  tags,
  request: {
    params: idParam('A session’s id.', 'ses_01kb3v5c2hf8jrxw7s9d0m4p6q'),
    headers: idempotencyHeader,
    body: { content: { 'application/json': { schema: sessionRevocationBody } } },
  },
  responses: {
    201: { description: 'It has ended', content: { 'application/json': { schema: sessionShape } } },
    ...problemsOf(...writeProblems, 'forbidden', 'not-found', 'already-ended'),
  },
});

const revokeOthers = declare({
  method: 'post',
  path: '/v1/sessions/revocation',
  operationId: 'revokeOtherSessions',
  summary: 'End all of one’s own sessions now, but the one that this call is made with',
  rule: 'person',
  tags,
  request: {
    headers: idempotencyHeader,
    body: { content: { 'application/json': { schema: sessionRevocationBody } } },
  },
  responses: {
    201: { description: 'They have ended', content: { 'application/json': { schema: otherSessionsShape } } },
    ...problemsOf(...writeProblems),
  },
});

export function sessionRoutes(app: Api): void {
  app.openapi(list, async (c) => {
    const { limit, cursor, person, organization } = c.req.valid('query');
    const wish = { person, organization, page: pageWish({ limit, cursor }) };
    const page = await findSessions(c.get('deps'), c.get('principal'), wish);
    return c.json({ items: page.items, next_cursor: cursorAfter(page.next) }, 200);
  });
  app.openapi(revoke, async (c) => {
    const { reason } = c.req.valid('json');
    const key = idempotencyOf(c.req, c.req.valid('header'), { reason });
    const { id } = c.req.valid('param');
    return c.json(await revokeSession(c.get('deps'), c.get('principal'), id, reason, key), 201);
  });
  app.openapi(revokeOthers, async (c) => {
    const { reason } = c.req.valid('json');
    const key = idempotencyOf(c.req, c.req.valid('header'), { reason });
    return c.json(await endOtherSessions(c.get('deps'), c.get('principal'), reason, key), 201);
  });
}
