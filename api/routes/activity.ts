import { findActivity } from '../operations/list-activity.ts';
import { type Api, declare, listProblems, problemsOf } from '../route.ts';
import { activityListShape, activityQuery } from '../schemas/activity.ts';
import { cursorAfter, pageWish } from '../schemas/common.ts';
import { customerId } from './customer.ts';

const list = declare({
  method: 'get',
  path: '/v1/customers/{id}/activity',
  operationId: 'listActivity',
  summary: 'What happened in a customer’s space, newest first',
  description: 'Of the records what concerns its people; all of them are at `/v1/audit-events`.',
  rule: 'record-reader',
  tags: ['Records'],
  request: { params: customerId, query: activityQuery },
  responses: {
    200: { description: 'A page', content: { 'application/json': { schema: activityListShape } } },
    ...problemsOf(...listProblems, 'forbidden', 'not-found'),
  },
});

export function activityRoutes(app: Api): void {
  app.openapi(list, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid('query');
    const { id } = c.req.valid('param');
    const wish = pageWish({ limit, cursor });
    const page = await findActivity(c.get('deps'), c.get('principal'), id, filter, wish);
    return c.json({ items: page.items, next_cursor: cursorAfter(page.next) }, 200);
  });
}
