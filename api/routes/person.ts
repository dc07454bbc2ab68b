import { type Api, declare, problemsOf } from '../route.ts';
import { meShape } from '../schemas/person.ts';

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

export function personRoutes(app: Api): void {
  app.openapi(me, (c) => {
    const { personId, email, name, organization, roles, duties, amr, expiresAt } = c.get('principal');
    const expires = new Date(expiresAt * 1_000).toISOString();
    return c.json({ id: personId, email, name, organization, roles, duties, amr, expires_at: expires }, 200);
  });
}
