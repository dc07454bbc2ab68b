import { z } from '@hono/zod-openapi';
import { answer, checked, formOf, frameOf, goOn, html, type PageContext } from '../../console/answer.tsx';
import type { Faults } from '../../console/components/form.tsx';
import { orSay, type RefusedStatus } from '../../console/or-say.ts';
import { DiscardedPage, FencePage } from '../../console/pages/fence.tsx';
import { FencesPage } from '../../console/pages/fences.tsx';
import { decideFence } from '../../operations/decide-fence.ts';
import { findFenceItems, findFences, getFence } from '../../operations/list-fences.ts';
import { hasDuty } from '../../principal.ts';
import { type Api, declare, problemsOf } from '../../route.ts';
import { discardBody, releaseBody } from '../../schemas/fence.ts';
import { idAfter, pageToRead, pageToSend } from './common.ts';

const params = z.object({ id: z.string().max(128) });
const after = z.string().max(60).optional();
const done = {
  303: { description: 'It is decided; the browser goes on to the fence.' },
  403: html('It is not theirs to decide; nothing has changed'),
  409: html('It has been decided since; nothing has changed'),
  422: html('Something is missing or wrong; nothing has changed'),
  503: html('Not now; nothing has changed'),
  ...problemsOf('unauthenticated', 'not-found'),
};

const list = declare({
  ...pageToRead,
  path: '/operations/fences',
  operationId: 'fencesPage',
  summary: 'What waits for a second person',
  rule: 'fence-reader',
  request: { query: z.object({ state: z.string().max(20).optional(), after }) },
});

const show = declare({
  ...pageToRead,
  path: '/operations/fences/{id}',
  operationId: 'fencePage',
  summary: 'What would change for whom, and whether it may',
  rule: 'fence-reader',
  request: { params, query: z.object({ after }) },
});

const release = declare({
  ...pageToSend,
  path: '/operations/fences/{id}/release',
  operationId: 'releaseFenceOnPage',
  summary: 'Let what a fence holds go on',
  rule: 'fence-releaser',
  request: { params },
  responses: done,
});

const discard = declare({
  ...pageToSend,
  path: '/operations/fences/{id}/discarding',
  operationId: 'discardFenceOnPage',
  summary: 'Drop what a fence holds',
  rule: 'fence-releaser',
  request: { params },
  responses: { 200: html('It is dropped, and something of it stays in force'), ...done },
});

export function fencePages(app: Api): void {
  app.openapi(list, async (c) => {
    const { state, after: last } = c.req.valid('query');
    const all = state === 'all';
    const page = { limit: 50, after: idAfter('fence', last) };
    const [frame, fences] = await Promise.all([
      frameOf(c),
      findFences(c.get('deps'), c.get('principal'), all ? {} : { state: 'open' }, page),
    ]);
    return answer(c, <FencesPage frame={frame} fences={fences} all={all} />);
  });
  app.openapi(show, (c) => {
    const last = c.req.valid('query').after;
    return fencePage(c, c.req.valid('param').id, idAfter('item', last));
  });
  app.openapi(release, async (c) => {
    const { id } = c.req.valid('param');
    const fields = await formOf(c);
    const comment = fields.comment?.trim();
    // A row's own button names its item; the panel's lets go on all that waits.
    const items = fields.item === undefined ? {} : { items: [fields.item] };
    const wish = checked(releaseBody, { ...items, ...(comment && { comment }) });
    if ('faults' in wish) return fencePage(c, id, null, { fields, faults: wish.faults }, 422);
    return orSay(
      async () => {
        const which = { id, verb: 'release' as const };
        await decideFence(
          c.get('deps'),
          c.get('principal'),
          which,
          { items: wish.ok.items, comment: wish.ok.comment ?? null },
          null,
        );
        return goOn(c, `/operations/fences/${id}`);
      },
      (refusal, faults, status) => fencePage(c, id, null, { fields, faults, refusal }, status),
    );
  });
  app.openapi(discard, async (c) => {
    const { id } = c.req.valid('param');
    const fields = await formOf(c);
    const wish = checked(discardBody, { comment: fields.reason ?? '' });
    if ('faults' in wish)
      return fencePage(c, id, null, { fields, faults: { reason: wish.faults.comment ?? '' } }, 422);
    return orSay(
      async () => {
        const which = { id, verb: 'discard' as const };
        const decided = await decideFence(c.get('deps'), c.get('principal'), which, wish.ok, null);
        if (decided.stays === null && decided.returns_to === null) return goOn(c, `/operations/fences/${id}`);
        const frame = await frameOf(c);
        const outlook = { returnsTo: decided.returns_to, stays: decided.stays };
        return answer(c, <DiscardedPage frame={frame} fence={decided} {...outlook} />);
      },
      (refusal, faults, status) => fencePage(c, id, null, { fields, faults, refusal }, status),
    );
  });
}

async function fencePage(
  c: PageContext,
  id: string,
  last: string | null,
  said: { fields?: Record<string, string>; faults?: Faults; refusal?: string } = {},
  status: 200 | RefusedStatus = 200,
) {
  const [deps, caller] = [c.get('deps'), c.get('principal')];
  const [frame, { items, next, ...fence }, later] = await Promise.all([
    frameOf(c),
    getFence(deps, caller, id),
    last === null ? null : findFenceItems(deps, caller, id, {}, { limit: 50, after: last }),
  ]);
  const rights = {
    releases: hasDuty(caller, 'release-fences'),
    isAuthor: fence.author?.id === caller.personId,
  };
  const { fields = {}, faults = {}, refusal = null } = said;
  const shown = later ?? { items, next };
  return answer(
    c,
    <FencePage
      frame={frame}
      fence={fence}
      {...shown}
      rights={rights}
      fields={fields}
      faults={faults}
      refusal={refusal}
    />,
    status,
  );
}
