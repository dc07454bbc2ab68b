import { z } from '@hono/zod-openapi';
import { requestStates } from '../../../domain/access-request.ts';
import { answer, frameOf, goOn, html } from '../../console/answer.tsx';
import { orFaults } from '../../console/or-say.ts';
import { MorePage } from '../../console/pages/more.tsx';
import { RequestsPage } from '../../console/pages/requests.tsx';
import { findAccessRequests } from '../../operations/list-access-requests.ts';
import { type Api, declare, problemsOf } from '../../route.ts';
import { idAfter, pageToRead } from './common.ts';

const typed = z.string().max(320).default('');

const list = declare({
  ...pageToRead,
  path: '/requests',
  operationId: 'requestsPage',
  summary: 'All requests that one may see',
  rule: 'catalog-reader',
  request: {
    query: z.object({
      state: z
        .enum(['', ...requestStates])
        .catch('')
        .openapi({ type: 'string' })
        .default(''),
      person: typed,
      customer: typed,
      resource: typed,
      after: z.string().max(60).optional(),
    }),
  },
  responses: {
    200: html('The page'),
    422: html('Something named is not known'),
    ...problemsOf('unauthenticated', 'forbidden'),
  },
});

const more = declare({
  ...pageToRead,
  path: '/more',
  operationId: 'morePage',
  summary: 'On a phone: the places that are no tabs',
  rule: 'person',
  responses: {
    200: html('The page'),
    303: { description: 'Customers’ people have a panel of their own.' },
    ...problemsOf('unauthenticated'),
  },
});

export function requestListPages(app: Api): void {
  app.openapi(list, async (c) => {
    const [deps, caller] = [c.get('deps'), c.get('principal')];
    const { after, state, person, customer, resource } = c.req.valid('query');
    const query = { state, person, customer, resource };
    const names = {
      state: state || undefined,
      person: person.trim() || undefined,
      customer: customer.trim() || undefined,
      resource: resource.trim() || undefined,
      waitingForMe: false,
    };
    const wish = { limit: 50, after: idAfter('req', after) };
    const frame = frameOf(c);
    const listed = await orFaults(() => findAccessRequests(deps, caller, names, wish));
    const [found, faults] =
      'faults' in listed ? [{ items: [], next: null }, listed.faults] : [listed.found, {}];
    return answer(
      c,
      <RequestsPage
        frame={await frame}
        requests={found.items}
        next={found.next}
        query={query}
        faults={faults}
      />,
      'faults' in listed ? 422 : 200,
    );
  });
  app.openapi(more, async (c) => {
    const caller = c.get('principal');
    if (caller.organization.kind === 'customer') return goOn(c, '/admin');
    return answer(c, <MorePage frame={await frameOf(c)} me={caller.personId} />);
  });
}
