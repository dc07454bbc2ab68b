import { z } from '@hono/zod-openapi';
import { answer, frameOf, html, type PageContext } from '../../console/answer.tsx';
import type { Faults } from '../../console/components/form.tsx';
import { orFaults } from '../../console/or-say.ts';
import { type ReachChoice, ReachPage, type ReachQuery } from '../../console/pages/reach.tsx';
import { reachTexts as texts } from '../../console/texts/reach.ts';
import { instantOfLocal } from '../../console/when.ts';
import type { Outside } from '../../outside.ts';
import { type Reach, readReach } from '../../operations/read-reach.ts';
import { chooseResource } from '../../operations/choose-resource.ts';
import { type Api, declare, problemsOf } from '../../route.ts';
import { idAfter, pageToRead } from './common.ts';

const typed = z.string().max(320).default('');

const show = declare({
  ...pageToRead,
  path: '/reach',
  operationId: 'reachPage',
  summary: 'Who can reach something, by which path, now or then',
  rule: 'whole-record-reader',
  request: {
    query: z.object({
      resource: typed,
      entitlement: typed,
      customer: typed,
      at: typed,
      from: typed,
      to: typed,
      after: z.string().max(60).optional(),
    }),
  },
  responses: {
    200: html('The page'),
    422: html('Something named is not known, or no time'),
    ...problemsOf('unauthenticated', 'forbidden'),
  },
});

export function reachPages(app: Api): void {
  app.openapi(show, (c) => {
    const { after, ...query } = c.req.valid('query');
    return reachPage(c, query, idAfter('grant', after));
  });
}

async function reachPage(c: PageContext, query: ReachQuery, after: string | null) {
  const [deps, caller] = [c.get('deps'), c.get('principal')];
  const [frame, choice] = await Promise.all([
    frameOf(c),
    chooseResource(deps, caller, query.resource.trim()),
  ]);
  const say = (found: Outside<Reach> | null, faults: Faults) =>
    answer(
      c,
      <ReachPage frame={frame} query={query} choice={choice} answer={found} faults={faults} />,
      Object.keys(faults).length > 0 ? 422 : 200,
    );
  const { times, faults } = timesOf(query, frame.when.zone);
  if (choice.resource === null || Object.keys(faults).length > 0) return say(null, faults);
  const wish = { ...namesOf(query, choice), ...times };
  const reach = await orFaults(
    () => readReach(deps, caller, wish, { limit: 50, after }),
    ['unknown-reference', 'invalid-input'],
  );
  return 'faults' in reach ? say(null, reach.faults) : say(reach.found, {});
}

/** Another resource has other entitlements, and only what is shared has customers to choose from. */
function namesOf(query: ReachQuery, { resource }: ReachChoice) {
  return {
    resource: resource?.id ?? '',
    entitlement: query.entitlement || undefined,
    customer: (resource?.shared && query.customer) || undefined,
  };
}

/** The instants that were typed, where the viewer is. */
function timesOf(query: Pick<ReachQuery, 'at' | 'from' | 'to'>, zone: string) {
  const read = (text: string) => (text === '' ? undefined : instantOfLocal(text, zone));
  const [at, from, to] = [read(query.at), read(query.from), read(query.to)];
  const faults: Record<string, string> = {};
  for (const [name, value] of Object.entries({ at, from, to }))
    if (value === null) faults[name] = texts.noInstant;
  if (at && (from ?? to)) faults.at = texts.both;
  if (from && to === undefined) faults.to = texts.half;
  if (to && from === undefined) faults.from = texts.half;
  if (from && to && from >= to) faults.to = texts.backwards;
  return { times: { at: at ?? undefined, from: from ?? undefined, to: to ?? undefined }, faults };
}
