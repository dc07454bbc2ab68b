import { findResources, showResource } from '../operations/list-resources.ts';
import { readReach } from '../operations/read-reach.ts';
import { type Api, declare, listProblems, problemsOf } from '../route.ts';
import { cursorAfter, idParam, pageWish } from '../schemas/common.ts';
import {
  reachQuery,
  reachShape,
  resourceListShape,
  resourceQuery,
  resourceShape,
} from '../schemas/resource.ts';

const list = declare({
  method: 'get',
  path: '/v1/resources',
  operationId: 'listResources',
  summary: 'List what access can be held on, by name',
  rule: 'catalog-reader',
  tags: ['Catalog'],
  request: { query: resourceQuery },
  responses: {
    200: { description: 'A page', content: { 'application/json': { schema: resourceListShape } } },
    ...problemsOf(...listProblems, 'forbidden'),
  },
});

const get = declare({
  method: 'get',
  path: '/v1/resources/{id}',
  operationId: 'getResource',
  summary: 'One resource with its entitlements',
  rule: 'catalog-reader',
  tags: ['Catalog'],
  request: { params: idParam('A resource’s id or key.', 'acme-env') },
  responses: {
    200: { description: 'The resource', content: { 'application/json': { schema: resourceShape } } },
    ...problemsOf('unauthenticated', 'forbidden', 'not-found'),
  },
});

const reach = declare({
  method: 'get',
  path: '/v1/reach',
  operationId: 'readReach',
  summary: 'Who can reach a resource, and by which path',
  description:
    'Now; with `at` at that instant; with `from` and `to` at any moment of [from, to). Every access with its end and where it comes from, newest first.',
  rule: 'whole-record-reader',
  tags: ['Records'],
  request: { query: reachQuery },
  responses: {
    200: { description: 'A page', content: { 'application/json': { schema: reachShape } } },
    ...problemsOf(...listProblems, 'forbidden'),
  },
});

export function resourceRoutes(app: Api): void {
  app.openapi(list, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid('query');
    const page = await findResources(c.get('deps'), c.get('principal'), filter, pageWish({ limit, cursor }));
    return c.json({ items: page.items, next_cursor: cursorAfter(page.next) }, 200);
  });
  app.openapi(get, async (c) =>
    c.json(await showResource(c.get('deps'), c.get('principal'), c.req.valid('param').id), 200),
  );
  app.openapi(reach, async (c) => {
    const { limit, cursor, ...wish } = c.req.valid('query');
    const page = pageWish({ limit, cursor });
    const { next, ...found } = await readReach(c.get('deps'), c.get('principal'), wish, page);
    return c.json({ ...found, next_cursor: cursorAfter(next) }, 200);
  });
}
