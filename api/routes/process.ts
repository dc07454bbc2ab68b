import { findProcesses, getProcess } from '../operations/list-processes.ts';
import { type Api, declare, listProblems, problemsOf } from '../route.ts';
import { cursorAfter, idParam, pageWish } from '../schemas/common.ts';
import { processListShape, processQuery, processShape } from '../schemas/process.ts';

const tags = ['Processes'];

const list = declare({
  method: 'get',
  path: '/v1/processes',
  operationId: 'listProcesses',
  summary: 'List onboardings, role changes and offboardings, newest first',
  description:
    'Who manages access or reads records sees those of others; everybody those about themselves alone. `state=open`: all that are not over.',
  rule: 'person',
  tags,
  request: { query: processQuery },
  responses: {
    200: { description: 'A page', content: { 'application/json': { schema: processListShape } } },
    ...problemsOf(...listProblems),
  },
});

const get = declare({
  method: 'get',
  path: '/v1/processes/{id}',
  operationId: 'getProcess',
  summary: 'One process with how far it is',
  rule: 'person',
  tags,
  request: { params: idParam('A process’s id.', 'proc_01kb3x1m4pe9v7c2k5n8r1t4wz') },
  responses: {
    200: { description: 'The process', content: { 'application/json': { schema: processShape } } },
    ...problemsOf('unauthenticated', 'not-found'),
  },
});

export function processRoutes(app: Api): void {
  app.openapi(list, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid('query');
    const page = await findProcesses(c.get('deps'), c.get('principal'), filter, pageWish({ limit, cursor }));
    return c.json({ items: page.items, next_cursor: cursorAfter(page.next) }, 200);
  });
  app.openapi(get, async (c) =>
    c.json(await getProcess(c.get('deps'), c.get('principal'), c.req.valid('param').id), 200),
  );
}
