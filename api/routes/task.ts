import { idempotencyHeader, idempotencyOf } from '../guards/idempotency-key.ts';
import { closeTask } from '../operations/close-task.ts';
import { findTasks, getTask } from '../operations/list-tasks.ts';
import { type Api, declare, listProblems, problemsOf, writeProblems } from '../route.ts';
import { cursorAfter, pageWish } from '../schemas/common.ts';
import { closingBody, taskListShape, taskParam, taskQuery, taskShape } from '../schemas/task.ts';

const list = declare({
  method: 'get',
  path: '/v1/tasks',
  operationId: 'listTasks',
  summary: 'List what only a person can finish, newest first',
  description:
    'The caller’s own tasks; who reads records sees those of others, too, and who manages access those about processes.',
  rule: 'person',
  tags: ['Tasks'],
  request: { query: taskQuery },
  responses: {
    200: { description: 'A page', content: { 'application/json': { schema: taskListShape } } },
    ...problemsOf(...listProblems),
  },
});

const get = declare({
  method: 'get',
  path: '/v1/tasks/{id}',
  operationId: 'getTask',
  summary: 'One task',
  rule: 'person',
  tags: ['Tasks'],
  request: { params: taskParam },
  responses: {
    200: { description: 'The task', content: { 'application/json': { schema: taskShape } } },
    ...problemsOf('unauthenticated', 'not-found'),
  },
});

const close = declare({
  method: 'post',
  path: '/v1/tasks/{id}/closing',
  operationId: 'closeTask',
  summary: 'Say that a task is done, and how',
  description:
    'For the kinds that people close. An offboarding of which something was left is done when the last of it is closed.',
  rule: 'task-closer',
  tags: ['Tasks'],
  request: {
    params: taskParam,
    headers: idempotencyHeader,
    body: { content: { 'application/json': { schema: closingBody } }, required: true },
  },
  responses: {
    201: { description: 'The closed task', content: { 'application/json': { schema: taskShape } } },
    ...problemsOf(...writeProblems, 'forbidden', 'not-found', 'already-decided'),
  },
});

export function taskRoutes(app: Api): void {
  app.openapi(list, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid('query');
    const page = await findTasks(c.get('deps'), c.get('principal'), filter, pageWish({ limit, cursor }));
    return c.json({ items: page.items, next_cursor: cursorAfter(page.next) }, 200);
  });
  app.openapi(get, async (c) =>
    c.json(await getTask(c.get('deps'), c.get('principal'), c.req.valid('param').id), 200),
  );
  app.openapi(close, async (c) => {
    const body = c.req.valid('json');
    const key = idempotencyOf(c.req, c.req.valid('header'), body);
    const { id } = c.req.valid('param');
    return c.json(await closeTask(c.get('deps'), c.get('principal'), id, body.comment, key), 201);
  });
}
