import { z } from '@hono/zod-openapi';
import { answer, faultsOf, frameOf, html, refusalIn } from '../../console/answer.tsx';
import { ResourcePage, ResourcesPage } from '../../console/pages/resources.tsx';
import { daysUntilTonight } from '../../console/when.ts';
import { rules } from '../../guards/rule.ts';
import { findResources } from '../../operations/list-resources.ts';
import { readResourceScene } from '../../operations/read-resource-scene.ts';
import { viewerOf } from '../../principal.ts';
import { type Api, declare, problemsOf } from '../../route.ts';
import { idAfter } from './common.ts';

const tags = ['Pages'];
const page = { 200: html('The page'), ...problemsOf('unauthenticated', 'forbidden', 'not-found') };

const list = declare({
  method: 'get',
  path: '/resources',
  operationId: 'resourcesPage',
  summary: 'What access can be held on, found by name',
  rule: 'catalog-reader',
  isPage: true,
  tags,
  request: {
    query: z.object({
      find: z.string().max(320).default(''),
      customer: z.string().max(320).default(''),
      after: z.string().max(60).optional(),
    }),
  },
  responses: { ...page, 422: html('The customer is not known') },
});

const show = declare({
  method: 'get',
  path: '/resources/{resource}',
  operationId: 'resourcePage',
  summary: 'Who holds what on a resource, and by which path',
  rule: 'catalog-reader',
  isPage: true,
  tags,
  request: { params: z.object({ resource: z.string().max(128) }) },
  responses: page,
});

export function resourcePages(app: Api): void {
  app.openapi(list, async (c) => {
    const { find, customer, after } = c.req.valid('query');
    const query = { find, customer };
    const filter = { find: find.trim() || undefined, customer: customer.trim() || undefined };
    const wish = { limit: 50, after: idAfter('res', after) };
    const frame = frameOf(c);
    try {
      const { items, next } = await findResources(c.get('deps'), c.get('principal'), filter, wish);
      return answer(
        c,
        <ResourcesPage frame={await frame} resources={items} next={next} query={query} faults={{}} />,
      );
    } catch (error) {
      const refusal = refusalIn(error);
      if (refusal?.code !== 'unknown-reference') throw error;
      const faults = faultsOf(refusal.errors);
      return answer(
        c,
        <ResourcesPage frame={await frame} resources={[]} next={null} query={query} faults={faults} />,
        422,
      );
    }
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
