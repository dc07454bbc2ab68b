import { z } from '@hono/zod-openapi';
import {
  answer,
  faultsOf,
  formOf,
  frameOf,
  goOn,
  html,
  type PageContext,
  refusalIn,
} from '../../console/answer.tsx';
import { ApprovalsPage } from '../../console/pages/approvals.tsx';
import { decideAccessRequest } from '../../operations/decide-access-request.ts';
import { readDecisionScene } from '../../operations/read-decision-scene.ts';
import { type Api, declare, problemsOf } from '../../route.ts';
import { decisionBody } from '../../schemas/decision.ts';
import { checked } from '../../console/answer.tsx';

const tags = ['Pages'];
const params = z.object({ id: z.string() });

const list = declare({
  method: 'get',
  path: '/approvals',
  operationId: 'approvalsPage',
  summary: 'What waits for my decision',
  rule: 'person',
  isPage: true,
  tags,
  responses: { 200: html('The page'), ...problemsOf('unauthenticated') },
});

const show = declare({
  method: 'get',
  path: '/approvals/{id}',
  operationId: 'approvalPage',
  summary: 'One request with all that a good decision needs',
  rule: 'person',
  isPage: true,
  tags,
  request: { params },
  responses: { 200: html('The page'), ...problemsOf('unauthenticated', 'not-found') },
});

const decide = declare({
  method: 'post',
  path: '/approvals/{id}',
  operationId: 'decideOnPage',
  summary: 'Approve or deny, from the page',
  rule: 'approver',
  isPage: true,
  reads: 'form',
  tags,
  request: { params },
  responses: {
    303: { description: 'It is decided' },
    403: html('It is not yours to decide'),
    409: html('It has been decided, or changed, since'),
    422: html('Something is missing'),
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
  app.openapi(show, (c) => showOne(c, c.req.valid('param').id));
  app.openapi(decide, async (c) => {
    const { id } = c.req.valid('param');
    const { comment = '', decision, digest } = await formOf(c);
    const wish = checked(decisionBody, { decision, ...(comment.trim() ? { comment } : {}) });
    if ('faults' in wish) return showOne(c, id, { faults: wish.faults, comment }, 422);
    try {
      const { chosen } = await readDecisionScene(c.get('deps'), c.get('principal'), id);
      // They decide on what they have read; whatever has changed since must be read again.
      if (chosen?.request.digest !== digest) return showOne(c, id, { refusal: changed, comment }, 409);
      await decideAccessRequest(c.get('deps'), c.get('principal'), id, wish.ok, null);
      return goOn(c, `/requests/${id}`);
    } catch (error) {
      const refusal = refusalIn(error);
      if (!refusal || refusal.code === 'not-found') throw error;
      const said = { refusal: refusal.detail, faults: faultsOf(refusal.errors), comment };
      return showOne(
        c,
        id,
        said,
        refusal.code === 'invalid-input'
          ? 422
          : refusal.code.startsWith('no-longer') || refusal.code === 'already-decided'
            ? 409
            : 403,
      );
    }
  });
}

const changed = 'It has changed since you read it. Read it again and decide.';

async function showOne(
  c: PageContext,
  id: string,
  said: { refusal?: string; faults?: Record<string, string>; comment?: string } = {},
  status: 200 | 403 | 409 | 422 = 200,
) {
  const [frame, scene] = await Promise.all([
    frameOf(c),
    readDecisionScene(c.get('deps'), c.get('principal'), id),
  ]);
  return answer(c, <ApprovalsPage frame={frame} {...scene} {...said} />, status);
}
