import { findPeople, showPerson } from '../operations/list-people.ts';
import { type Api, declare, listProblems, problemsOf } from '../route.ts';
import { cursorAfter, pageWish } from '../schemas/common.ts';
import { personListShape, personQuery, profileShape } from '../schemas/people.ts';
import { meShape } from '../schemas/person.ts';
import { personId } from './staff.ts';

const me = declare({
  method: 'get',
  path: '/v1/me',
  operationId: 'getMe',
  summary: 'Who the token speaks for',
  rule: 'person',
  tags: ['People'],
  responses: {
    200: { description: 'The caller', content: { 'application/json': { schema: meShape } } },
    ...problemsOf('unauthenticated'),
  },
});

const list = declare({
  method: 'get',
  path: '/v1/people',
  operationId: 'listPeople',
  summary: 'List people, by name',
  rule: 'people-reader',
  tags: ['People'],
  request: { query: personQuery },
  responses: {
    200: { description: 'A page', content: { 'application/json': { schema: personListShape } } },
    ...problemsOf(...listProblems, 'forbidden'),
  },
});

const get = declare({
  method: 'get',
  path: '/v1/people/{id}',
  operationId: 'getPerson',
  summary: 'One person with their roles',
  description:
    '`me` is the caller. Seen by themselves, their own administrators, who reads all records and who manages access.',
  rule: 'person',
  tags: ['People'],
  request: { params: personId },
  responses: {
    200: { description: 'The person', content: { 'application/json': { schema: profileShape } } },
    ...problemsOf('unauthenticated', 'not-found'),
  },
});

export function personRoutes(app: Api): void {
  app.openapi(list, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid('query');
    const page = await findPeople(c.get('deps'), c.get('principal'), filter, pageWish({ limit, cursor }));
    return c.json({ items: page.items, next_cursor: cursorAfter(page.next) }, 200);
  });
  app.openapi(get, async (c) =>
    c.json(await showPerson(c.get('deps'), c.get('principal'), c.req.valid('param').id), 200),
  );
  app.openapi(me, (c) => {
    const { personId, email, name, organization, roles, duties, amr, expiresAt } = c.get('principal');
    const expires = new Date(expiresAt * 1_000).toISOString();
    return c.json({ id: personId, email, name, organization, roles, duties, amr, expires_at: expires }, 200);
  });
}
