import { findAuditEvents } from '../operations/list-audit-events.ts';
import { type Api, declare, listProblems, problemsOf } from '../route.ts';
import { auditEventListShape, auditEventQuery } from '../schemas/audit-event.ts';
import { cursorAfter, pageWish } from '../schemas/common.ts';

const list = declare({
  method: 'get',
  path: '/v1/audit-events',
  operationId: 'listAuditEvents',
  summary: 'List audit events, oldest first unless asked otherwise',
  rule: 'record-reader',
  tags: ['Records'],
  request: { query: auditEventQuery },
  responses: {
    200: { description: 'A page', content: { 'application/json': { schema: auditEventListShape } } },
    ...problemsOf(...listProblems, 'forbidden'),
  },
});

export function auditEventRoutes(app: Api): void {
  app.openapi(list, async (c) => {
    const { limit, cursor, ...names } = c.req.valid('query');
    const page = await findAuditEvents(c.get('deps'), c.get('principal'), names, pageWish({ limit, cursor }));
    return c.json({ items: page.items, next_cursor: cursorAfter(page.next) }, 200);
  });
}
