import { z } from '@hono/zod-openapi';
import { answer, frameOf, html } from '../../console/answer.tsx';
import { orFaults } from '../../console/or-say.ts';
import { ResourcePage, ResourcesPage } from '../../console/pages/resources.tsx';
import { daysUntilTonight } from '../../console/when.ts';
import { rules } from '../../guards/rule.ts';
import { findResources } from '../../operations/list-resources.ts';
import { readResourceScene } from '../../operations/read-resource-scene.ts';
import { viewerOf } from '../../principal.ts';
import { type Api, declare } from '../../route.ts';
import { idAfter, pageToRead } from './common.ts';

const list = declare({
  ...pageToRead,
  path: '/resources',
  operationId: 'resourcesPage',
  summary: 'What access can be held on, found by name',
  rule: 'catalog-reader',
  request: {
    query: z.object({
      find: z.string().max(320).default(''),
      customer: z.string().max(320).default(''),
      after: z.string().max(60).optional(),
    }),
  },
  responses: { ...pageToRead.responses, 422: html('The customer is not known') },
});

const show = declare({
  ...pageToRead,
  path: '/resources/{resource}',
  operationId: 'resourcePage',
  summary: 'Who holds what on a resource, and by which path',
  rule: 'catalog-reader',
  request: { params: z.object({ resource: z.string().max(128) }) },
});

export function resourcePages(app: Api): void {
  app.openapi(list, async (c) => {
    const { find, customer, after } = c.req.valid('query');
    const query = { find, customer };
    const filter = { find: find.trim() || undefined, customer: customer.trim() || undefined };
    const wish = { limit: 50, after: idAfter('res', after) };
    const frame = frameOf(c);
    const listed = await orFaults(() => findResources(c.get('deps'), c.get('principal'), filter, wish));
    const [found, faults] =
      'faults' in listed ? [{ items: [], next: null }, listed.faults] : [listed.found, {}];
    return answer(
      c,
      <ResourcesPage
        frame={await frame}
        resources={found.items}
        next={found.next}
        query={query}
        faults={faults}
      />,
      'faults' in listed ? 422 : 200,
    );
  });
  app.openapi(show, async (c) => {
    const [deps, caller] = [c.get('deps'), c.get('principal')];
    const frame = await frameOf(c);
    const stretch = daysUntilTonight(7, frame.when);
    const scene = await readResourceScene(deps, caller, c.req.valid('param').resource, stretch);
    const rights = {
      seesAll: viewerOf(caller).seesAll,
      findsPeople: rules['people-reader'].admits(caller),
      readsReach: rules['whole-record-reader'].admits(caller),
    };
    return answer(c, <ResourcePage frame={frame} scene={scene} stretch={stretch} rights={rights} />);
  });
}
