import { idempotencyHeader, idempotencyOf } from '../guards/idempotency-key.ts';
import { findProcesses, findProcessPeople, getProcess } from '../operations/list-processes.ts';
import { retryProcess } from '../operations/retry-process.ts';
import { type Api, declare, listProblems, problemsOf, writeProblems } from '../route.ts';
import { cursorAfter, idParam, pageWish } from '../schemas/common.ts';
import { reasonBody } from '../schemas/customer.ts';
import {
  processListShape,
  processPeopleQuery,
  processPeopleShape,
  processQuery,
  processShape,
} from '../schemas/process.ts';

const tags = ['Processes'];

const list = declare({
  method: 'get',
  path: '/v1/processes',
  operationId: 'listProcesses',
  summary: 'List onboardings, role changes and offboardings, newest first',
  description:
    'Who manages access or reads records sees those of others; everybody those about themselves alone. `state=open`: all that are not over; `stuck`: of these the ones whose last try went wrong.',
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

const people = declare({
  method: 'get',
  path: '/v1/processes/{id}/people',
  operationId: 'listProcessPeople',
  summary: 'How far a process is with each of its people',
  description: 'For whoever sees the process. `state=failed`: those for whom it came to nothing.',
  rule: 'person',
  tags,
  request: {
    params: idParam('A process’s id.', 'proc_01kb3x1m4pe9v7c2k5n8r1t4wz'),
    query: processPeopleQuery,
  },
  responses: {
    200: { description: 'A page', content: { 'application/json': { schema: processPeopleShape } } },
    ...problemsOf(...listProblems, 'not-found'),
  },
});

const retry = declare({
  method: 'post',
  path: '/v1/processes/{id}/retry',
  operationId: 'retryProcess',
  summary: 'Try again what failed',
  description:
    'A new process of the same kind about those for whom this one came to nothing; whom it had taken back as users are users again, as far as there are seats. The tasks that told of it are closed. A customer’s administrators have this done for a single user of theirs.',
  rule: 'user-manager',
  tags,
  request: {
    params: idParam('A process’s id.', 'proc_01kb3x1m4pe9v7c2k5n8r1t4wz'),
    headers: idempotencyHeader,
    body: { content: { 'application/json': { schema: reasonBody } }, required: true },
  },
  responses: {
    201: { description: 'The new process', content: { 'application/json': { schema: processShape } } },
    ...problemsOf(
      ...writeProblems,
      'forbidden',
      'self-approval',
      'not-found',
      'nothing-to-change',
      'customer-closed',
      'no-seat-left',
    ),
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
  app.openapi(people, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid('query');
    const { id } = c.req.valid('param');
    const wish = pageWish({ limit, cursor });
    const page = await findProcessPeople(c.get('deps'), c.get('principal'), id, filter, wish);
    return c.json({ items: page.items, next_cursor: cursorAfter(page.next) }, 200);
  });
  app.openapi(retry, async (c) => {
    const body = c.req.valid('json');
    const key = idempotencyOf(c.req, c.req.valid('header'), body);
    const { id } = c.req.valid('param');
    return c.json(await retryProcess(c.get('deps'), c.get('principal'), id, body.reason, key), 201);
  });
}
