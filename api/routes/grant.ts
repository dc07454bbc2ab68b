import { findGrants, getGrant } from '../operations/list-grants.ts';
import { type Api, declare, listProblems, problemsOf } from '../route.ts';
import { cursorAfter, idParam, pageWish } from '../schemas/common.ts';
import { grantListShape, grantQuery, grantShape } from '../schemas/grant.ts';

const tags = ['Grants'];

export const grantId = idParam('A grant’s id.', 'grant_01kb3v5c2hf8jrxw7s9d0m4p6q');

const list = declare({
  method: 'get',
  path: '/v1/grants',
  operationId: 'listGrants',
  summary: 'List grants, newest first',
  description:
    'With `at`: access held at that instant. With `from` and `to`: access held at any moment of [from, to). `state=overdue` is read from the ledger alone.',
  rule: 'person',
  tags,
  request: { query: grantQuery },
  responses: {
    200: { description: 'A page', content: { 'application/json': { schema: grantListShape } } },
    ...problemsOf(...listProblems),
  },
});

const get = declare({
  method: 'get',
  path: '/v1/grants/{id}',
  operationId: 'getGrant',
  summary: 'One grant',
  rule: 'person',
  tags,
  request: { params: grantId },
  responses: {
    200: { description: 'The grant', content: { 'application/json': { schema: grantShape } } },
    ...problemsOf('unauthenticated', 'not-found'),
  },
});

export function grantRoutes(app: Api): void {
  app.openapi(list, async (c) => {
    const { limit, cursor, ...names } = c.req.valid('query');
    const page = await findGrants(c.get('deps'), c.get('principal'), names, pageWish({ limit, cursor }));
    return c.json({ items: page.items, next_cursor: cursorAfter(page.next) }, 200);
  });
  app.openapi(get, async (c) => {
    return c.json(await getGrant(c.get('deps'), c.get('principal'), c.req.valid('param').id), 200);
  });
}
