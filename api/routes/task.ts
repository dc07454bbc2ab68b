import { findTasks } from '../operations/list-tasks.ts';
import { type Api, declare, problemsOf } from '../route.ts';
import { cursorAfter, pageWish } from '../schemas/common.ts';
import { taskListShape, taskQuery } from '../schemas/task.ts';

const list = declare({
  method: 'get',
  path: '/v1/tasks',
  operationId: 'listTasks',
  summary: 'List what only a person can finish, newest first',
  description:
    'The caller’s own tasks; who reads records sees those of others, too. A task closes when what it is about is settled.',
  rule: 'person',
  tags: ['Tasks'],
  request: { query: taskQuery },
  responses: {
    200: { description: 'A page', content: { 'application/json': { schema: taskListShape } } },
    ...problemsOf('malformed-parameter', 'unauthenticated'),
  },
});

export function taskRoutes(app: Api): void {
  app.openapi(list, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid('query');
    const page = await findTasks(c.get('deps'), c.get('principal'), filter, pageWish({ limit, cursor }));
    return c.json({ items: page.items, next_cursor: cursorAfter(page.next) }, 200);
  });
}
