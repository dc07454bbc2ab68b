import { z } from '@hono/zod-openapi';
import { answer, frameOf, goOn, html, type PageContext } from '../../console/answer.tsx';
import { orSay, type RefusedStatus } from '../../console/or-say.ts';
import { MailsPage } from '../../console/pages/mails.tsx';
import { OperationsPage } from '../../console/pages/operations.tsx';
import { OverduePage } from '../../console/pages/overdue.tsx';
import type { ApiDeps } from '../../deps.ts';
import { createReadinessCheck } from '../../operations/check-readiness.ts';
import { findGrants } from '../../operations/list-grants.ts';
import { findMails } from '../../operations/list-mails.ts';
import { readOperations } from '../../operations/read-operations.ts';
import { resendMail } from '../../operations/resend-mail.ts';
import { hasDuty } from '../../principal.ts';
import { type Api, declare, problemsOf } from '../../route.ts';
import { idAfter, pageToRead, pageToSend } from './common.ts';

const after = z.string().max(60).optional();
const reading = { 200: html('The page'), ...problemsOf('unauthenticated', 'forbidden') };

const home = declare({
  ...pageToRead,
  path: '/operations',
  operationId: 'operationsPage',
  summary: 'What needs a hand, worst first, each with its action',
  rule: 'fence-reader',
  responses: reading,
});

const overdue = declare({
  ...pageToRead,
  path: '/operations/overdue',
  operationId: 'overduePage',
  summary: 'All access that is past its end and not confirmed gone',
  rule: 'fence-reader',
  request: { query: z.object({ after }) },
  responses: reading,
});

const mails = declare({
  ...pageToRead,
  path: '/operations/mails',
  operationId: 'mailsPage',
  summary: 'Mails that could not be sent',
  rule: 'manage-access',
  request: { query: z.object({ after }) },
  responses: reading,
});

const resend = declare({
  ...pageToSend,
  path: '/operations/mails/{id}/resending',
  operationId: 'resendMailOnPage',
  summary: 'Try again to send a mail',
  rule: 'manage-access',
  request: { params: z.object({ id: z.string().max(128) }) },
  responses: {
    303: { description: 'It is queued; the browser goes on to the list.' },
    409: html('It did not fail, or has been sent since; nothing has changed'),
    503: html('Not now; nothing has changed'),
    ...problemsOf('unauthenticated', 'forbidden', 'not-found'),
  },
});

export function operationPages(app: Api, deps: ApiDeps): void {
  const checkReadiness = createReadinessCheck(deps);
  app.openapi(home, async (c) => {
    const caller = c.get('principal');
    const [frame, scene, readiness] = await Promise.all([
      frameOf(c),
      readOperations(c.get('deps'), caller),
      checkReadiness(),
    ]);
    const manages = hasDuty(caller, 'manage-access');
    return answer(
      c,
      <OperationsPage
        frame={frame}
        scene={scene}
        readiness={readiness}
        me={caller.personId}
        manages={manages}
      />,
    );
  });
  app.openapi(overdue, async (c) => {
    const last = c.req.valid('query').after;
    const page = { limit: 50, after: idAfter('grant', last) };
    const [frame, grants] = await Promise.all([
      frameOf(c),
      findGrants(c.get('deps'), c.get('principal'), { state: 'overdue' }, page),
    ]);
    return answer(c, <OverduePage frame={frame} grants={grants} />);
  });
  app.openapi(mails, (c) => mailsPage(c, c.req.valid('query').after));
  app.openapi(resend, (c) =>
    orSay(
      async () => {
        await resendMail(c.get('deps'), c.get('principal'), c.req.valid('param').id, null);
        return goOn(c, '/operations/mails');
      },
      (refusal, _faults, status) => mailsPage(c, undefined, refusal, status),
    ),
  );
}

async function mailsPage(
  c: PageContext,
  last: string | undefined,
  refusal: string | null = null,
  status: 200 | RefusedStatus = 200,
) {
  const page = { limit: 50, after: idAfter('mail', last) };
  const [frame, found] = await Promise.all([
    frameOf(c),
    findMails(c.get('deps'), c.get('principal'), { state: 'failed' }, page),
  ]);
  return answer(c, <MailsPage frame={frame} mails={found} refusal={refusal} />, status);
}
