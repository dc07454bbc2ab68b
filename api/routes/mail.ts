import { idempotencyHeader, idempotencyOf } from '../guards/idempotency-key.ts';
import { findMails } from '../operations/list-mails.ts';
import { resendMail } from '../operations/resend-mail.ts';
import { type Api, declare, problemsOf, writeProblems } from '../route.ts';
import { cursorAfter, pageWish } from '../schemas/common.ts';
import { mailListShape, mailParam, mailQuery, mailShape, resendBody } from '../schemas/mail.ts';

const tags = ['Mails'];

const list = declare({
  method: 'get',
  path: '/v1/mails',
  operationId: 'listMails',
  summary: 'List messages to people, newest first, without what they say',
  rule: 'manage-access',
  tags,
  request: { query: mailQuery },
  responses: {
    200: { description: 'A page', content: { 'application/json': { schema: mailListShape } } },
    ...problemsOf('malformed-parameter', 'unauthenticated', 'forbidden'),
  },
});

const resend = declare({
  method: 'post',
  path: '/v1/mails/{id}/resending',
  operationId: 'resendMail',
  summary: 'Try again to send a message that could not be sent',
  description: 'What has lost its reason meanwhile is dropped instead, as ever.',
  rule: 'manage-access',
  tags,
  request: {
    params: mailParam,
    headers: idempotencyHeader,
    body: { content: { 'application/json': { schema: resendBody } }, required: true },
  },
  responses: {
    201: { description: 'It is queued', content: { 'application/json': { schema: mailShape } } },
    ...problemsOf(...writeProblems, 'forbidden', 'not-found', 'no-longer-waiting'),
  },
});

export function mailRoutes(app: Api): void {
  app.openapi(list, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid('query');
    const page = await findMails(c.get('deps'), c.get('principal'), filter, pageWish({ limit, cursor }));
    return c.json({ items: page.items, next_cursor: cursorAfter(page.next) }, 200);
  });
  app.openapi(resend, async (c) => {
    const key = idempotencyOf(c.req, c.req.valid('header'), c.req.valid('json'));
    return c.json(await resendMail(c.get('deps'), c.get('principal'), c.req.valid('param').id, key), 201);
  });
}
