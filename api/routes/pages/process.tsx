import { z } from '@hono/zod-openapi';
import { keyPattern } from '../../../domain/keys.ts';
import { answer, checked, formOf, frameOf, goOn, type PageContext } from '../../console/answer.tsx';
import type { Faults } from '../../console/components/form.tsx';
import { orSay, type RefusedStatus } from '../../console/or-say.ts';
import { ProcessPage } from '../../console/pages/process.tsx';
import { ProcessesPage, type WhichProcesses } from '../../console/pages/processes.tsx';
import { ReviewsPage } from '../../console/pages/reviews.tsx';
import { processTexts } from '../../console/texts/processes.ts';
import { findDueReviews } from '../../operations/list-due-reviews.ts';
import { findProcesses, findProcessPeople, getProcess } from '../../operations/list-processes.ts';
import { retryProcess } from '../../operations/retry-process.ts';
import { reviewAccess } from '../../operations/review-access.ts';
import { hasDuty } from '../../principal.ts';
import { type Api, declare } from '../../route.ts';
import { reasonBody } from '../../schemas/customer.ts';
import { dueAfter, reviewBody } from '../../schemas/review.ts';
import { idAfter, pageToRead, pageToSend } from './common.ts';

const params = z.object({ id: z.string().max(128) });
const after = z.string().max(400).optional();

const list = declare({
  ...pageToRead,
  path: '/operations/processes',
  operationId: 'processesPage',
  summary: 'Onboardings, role changes and offboardings, and how far they are',
  rule: 'fence-reader',
  request: { query: z.object({ which: z.string().max(20).optional(), after }) },
});

const show = declare({
  ...pageToRead,
  path: '/operations/processes/{id}',
  operationId: 'processPage',
  summary: 'How far one process is, with each of its people',
  rule: 'catalog-reader',
  request: { params, query: z.object({ after }) },
});

const retry = declare({
  ...pageToSend,
  path: '/operations/processes/{id}/retry',
  operationId: 'retryProcessOnPage',
  summary: 'Try again what failed',
  rule: 'manage-access',
  request: { params },
});

const reviews = declare({
  ...pageToRead,
  path: '/operations/reviews',
  operationId: 'reviewsPage',
  summary: 'Whose standing access lapses unless somebody keeps it',
  rule: 'people-reader',
  request: { query: z.object({ after }) },
});

const keep = declare({
  ...pageToSend,
  path: '/operations/reviews',
  operationId: 'keepAccessOnPage',
  summary: 'Say that people keep what they hold by roles, and why',
  rule: 'manage-access',
});

export function processPages(app: Api): void {
  app.openapi(list, async (c) => {
    const { which: said, after: last } = c.req.valid('query');
    const which: WhichProcesses = said === 'stuck' || said === 'failed' || said === 'all' ? said : 'open';
    const page = { limit: 50, after: idAfter('proc', last) };
    const filter = which === 'all' ? {} : { state: which };
    const [frame, processes] = await Promise.all([
      frameOf(c),
      findProcesses(c.get('deps'), c.get('principal'), filter, page),
    ]);
    return answer(c, <ProcessesPage frame={frame} processes={processes} which={which} />);
  });
  app.openapi(show, (c) => {
    const last = c.req.valid('query').after;
    return processPage(c, c.req.valid('param').id, idAfter('person', last));
  });
  app.openapi(retry, async (c) => {
    const { id } = c.req.valid('param');
    const fields = await formOf(c);
    const wish = checked(reasonBody, { reason: fields.reason ?? '' });
    if ('faults' in wish) return processPage(c, id, null, { fields, faults: wish.faults }, 422);
    return orSay(
      async () => {
        const made = await retryProcess(c.get('deps'), c.get('principal'), id, wish.ok.reason, null);
        return goOn(c, `/operations/processes/${made.id}`);
      },
      (refusal, faults, status) => processPage(c, id, null, { fields, faults, refusal }, status),
    );
  });
  app.openapi(reviews, (c) => reviewsPage(c, c.req.valid('query').after));
  app.openapi(keep, async (c) => {
    const form = await c.req.parseBody({ all: true });
    const picked = [form['line'] ?? []].flat().filter((one): one is string => typeof one === 'string');
    const reason = typeof form['reason'] === 'string' ? form['reason'] : '';
    const said = { picked, reason };
    if (picked.length === 0)
      return reviewsPage(c, undefined, { ...said, refusal: processTexts.reviews.pickOne }, 422);
    const lines = picked.map((line) => {
      const [person = '', role = ''] = line.split(' ');
      return { person, role: keyPattern.test(role) ? role : '-', reason };
    });
    const wish = checked(reviewBody, { lines });
    if ('faults' in wish) {
      const faults = { reason: wish.faults['lines.0.reason'] ?? '' };
      return reviewsPage(c, undefined, { ...said, faults }, 422);
    }
    return orSay(
      async () => {
        await reviewAccess(c.get('deps'), c.get('principal'), wish.ok.lines, null);
        return goOn(c, '/operations/reviews');
      },
      (refusal, _faults, status) => reviewsPage(c, undefined, { ...said, refusal }, status),
    );
  });
}

async function processPage(
  c: PageContext,
  id: string,
  last: string | null,
  said: { fields?: Record<string, string>; faults?: Faults; refusal?: string } = {},
  status: 200 | RefusedStatus = 200,
) {
  const [deps, caller] = [c.get('deps'), c.get('principal')];
  const [frame, process, people] = await Promise.all([
    frameOf(c),
    getProcess(deps, caller, id),
    findProcessPeople(deps, caller, id, {}, { limit: 50, after: last }),
  ]);
  const { fields = {}, faults = {}, refusal = null } = said;
  const mayRetry = hasDuty(caller, 'manage-access');
  return answer(
    c,
    <ProcessPage
      frame={frame}
      process={process}
      people={people}
      mayRetry={mayRetry}
      fields={fields}
      faults={faults}
      refusal={refusal}
    />,
    status,
  );
}

async function reviewsPage(
  c: PageContext,
  last: string | undefined,
  said: { picked?: readonly string[]; reason?: string; faults?: Faults; refusal?: string } = {},
  status: 200 | RefusedStatus = 200,
) {
  const [deps, caller] = [c.get('deps'), c.get('principal')];
  const page = { limit: 50, after: last === undefined ? null : dueAfter(last) };
  const [frame, due] = await Promise.all([frameOf(c), findDueReviews(deps, caller, {}, page)]);
  const { picked = [], reason = '', faults = {}, refusal = null } = said;
  const manages = hasDuty(caller, 'manage-access');
  return answer(
    c,
    <ReviewsPage
      frame={frame}
      reviews={due}
      manages={manages}
      me={caller.personId}
      picked={picked}
      reason={reason}
      faults={faults}
      refusal={refusal}
    />,
    status,
  );
}
