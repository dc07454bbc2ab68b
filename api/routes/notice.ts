import { idempotencyHeader, idempotencyOf } from '../guards/idempotency-key.ts';
import { chooseNotices, findNoticeChoices } from '../operations/choose-notices.ts';
import { type Api, declare, problemsOf, writeProblems } from '../route.ts';
import { chooseNoticesBody, noticeChoicesShape } from '../schemas/notice.ts';

const tags = ['People'];
const choices = { content: { 'application/json': { schema: noticeChoicesShape } } };

const get = declare({
  method: 'get',
  path: '/v1/me/notices',
  operationId: 'getNoticeChoices',
  summary: 'Which messages the caller gets by mail',
  rule: 'person',
  tags,
  responses: { 200: { ...choices, description: 'Topic by topic' }, ...problemsOf('unauthenticated') },
});

const choose = declare({
  method: 'post',
  path: '/v1/me/notices',
  operationId: 'chooseNotices',
  summary: 'Choose which messages one gets by mail',
  description: 'It holds for what has not been sent yet, too.',
  rule: 'person',
  tags,
  request: {
    headers: idempotencyHeader,
    body: { content: { 'application/json': { schema: chooseNoticesBody } }, required: true },
  },
  responses: { 201: { ...choices, description: 'As it holds now' }, ...problemsOf(...writeProblems) },
});

export function noticeRoutes(app: Api): void {
  app.openapi(get, async (c) => c.json(await findNoticeChoices(c.get('deps'), c.get('principal')), 200));
  app.openapi(choose, async (c) => {
    const body = c.req.valid('json');
    const key = idempotencyOf(c.req, c.req.valid('header'), body);
    return c.json(await chooseNotices(c.get('deps'), c.get('principal'), body, key), 201);
  });
}
