import { z } from '@hono/zod-openapi';
import { answer, formOf, frameOf, goOn, html, type PageContext } from '../../console/answer.tsx';
import { ApprovalsPage } from '../../console/pages/approvals.tsx';
import { stepUpNeed } from '../../console/step-up-need.ts';
import { orSay, type RefusedStatus } from '../../console/or-say.ts';
import { texts } from '../../console/texts/approvals.ts';
import { decideAccessRequest } from '../../operations/decide-access-request.ts';
import { getAccessRequest } from '../../operations/list-access-requests.ts';
import { readDecisionScene } from '../../operations/read-decision-scene.ts';
import { type Api, declare, problemsOf } from '../../route.ts';
import { decisionBody } from '../../schemas/decision.ts';
import { checked } from '../../console/answer.tsx';
import { pageToRead, pageToSend } from './common.ts';

const params = z.object({ id: z.string() });

const list = declare({
  ...pageToRead,
  path: '/approvals',
  operationId: 'approvalsPage',
  summary: 'What waits for my decision',
  rule: 'person',
  responses: { 200: html('The page'), ...problemsOf('unauthenticated') },
});

const show = declare({
  ...pageToRead,
  path: '/approvals/{id}',
  operationId: 'approvalPage',
  summary: 'One request with all that a good decision needs',
  rule: 'person',
  request: {
    params,
    query: z.object({ comment: z.string().optional().describe('What was typed before.') }),
  },
  responses: { 200: html('The page'), ...problemsOf('unauthenticated', 'not-found') },
});

const decide = declare({
  ...pageToSend,
  path: '/approvals/{id}',
  operationId: 'decideOnPage',
  summary: 'Approve or deny, from the page',
  rule: 'approver',
  request: { params },
  responses: {
    303: { description: 'It is decided' },
    403: html('It is not yours to decide'),
    409: html('It has been decided, or changed, since'),
    422: html('Something is missing'),
    503: html('The ledger does not answer; nothing has changed'),
    ...problemsOf('unauthenticated', 'not-found'),
  },
});

export function approvalPages(app: Api): void {
  app.openapi(list, async (c) => {
    const [frame, scene] = await Promise.all([
      frameOf(c),
      readDecisionScene(c.get('deps'), c.get('principal'), null),
    ]);
    return answer(c, <ApprovalsPage frame={frame} {...scene} />);
  });
  app.openapi(show, (c) =>
    showOne(c, c.req.valid('param').id, { comment: c.req.valid('query').comment ?? '' }),
  );
  app.openapi(decide, async (c) => {
    const { id } = c.req.valid('param');
    const { comment = '', decision, digest, signed } = await formOf(c);
    const wish = checked(decisionBody, {
      decision,
      ...(comment.trim() ? { comment } : {}),
      ...(signed ? { signed } : {}),
    });
    if ('faults' in wish) return showOne(c, id, { faults: wish.faults, comment }, 422);
    const [deps, caller] = [c.get('deps'), c.get('principal')];
    return orSay(
      async () => {
        const request = await getAccessRequest(deps, caller, id);
        // They decide on what they have read; whatever has changed since must be read again.
        if (request.digest !== digest) return showOne(c, id, { refusal: texts.changed, comment }, 409);
        await decideAccessRequest(deps, caller, id, wish.ok, null);
        return goOn(c, `/requests/${id}`);
      },
      (refusal, faults, status) => showOne(c, id, { refusal, faults, comment }, status),
    );
  });
}

async function showOne(
  c: PageContext,
  id: string,
  said: { refusal?: string; faults?: Record<string, string>; comment?: string } = {},
  status: 200 | RefusedStatus = 200,
) {
  const [frame, scene] = await Promise.all([
    frameOf(c),
    readDecisionScene(c.get('deps'), c.get('principal'), id),
  ]);
  const asked = scene.chosen?.mayDecide ? scene.chosen.request : null;
  const stepUp = asked && (await stepUpNeed(c, asked, 'decision', frame.when.now));
  return answer(c, <ApprovalsPage frame={frame} {...scene} {...said} stepUp={stepUp} />, status);
}
