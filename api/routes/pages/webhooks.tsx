import { z } from '@hono/zod-openapi';
import { answer, frameOf, goOn, html, type PageContext } from '../../console/answer.tsx';
import { orSay, type RefusedStatus } from '../../console/or-say.ts';
import { WebhooksPage } from '../../console/pages/webhooks.tsx';
import { resumeWebhook } from '../../operations/change-webhook.ts';
import { findWebhooks } from '../../operations/list-webhooks.ts';
import { resendDead } from '../../operations/replay-delivery.ts';
import { type Api, declare, problemsOf } from '../../route.ts';
import { pageToRead, pageToSend } from './common.ts';

const rule = 'manage-access';
const list = '/operations/webhooks';
const request = { params: z.object({ id: z.string().max(128) }) };
const responses = {
  303: { description: 'It goes on; the browser goes on to the list.' },
  409: html('It goes on already; nothing has changed'),
  503: html('Not now; nothing has changed'),
  ...problemsOf('unauthenticated', 'forbidden', 'not-found'),
};
/** Before anything was ever sent. */
const everything = '1970-01-01T00:00:00.000Z';

const all = declare({
  ...pageToRead,
  path: list,
  operationId: 'webhooksPage',
  summary: 'Where events are sent, and how it does',
  rule,
  responses: { 200: html('The page'), ...problemsOf('unauthenticated', 'forbidden') },
});

const resend = declare({
  ...pageToSend,
  path: '/operations/webhooks/{id}/resending',
  operationId: 'resendWebhookOnPage',
  summary: 'Send everything again that a webhook did not take',
  rule,
  request,
  responses,
});

const resume = declare({
  ...pageToSend,
  path: '/operations/webhooks/{id}/resumption',
  operationId: 'resumeWebhookOnPage',
  summary: 'Let a webhook go on that was paused or stopped',
  rule,
  request,
  responses,
});

export function webhookPages(app: Api): void {
  app.openapi(all, (c) => webhooksPage(c));
  app.openapi(resend, (c) =>
    orSay(
      async () => {
        await resendDead(c.get('deps'), c.get('principal'), c.req.valid('param').id, everything, null);
        return goOn(c, list);
      },
      (refusal, _faults, status) => webhooksPage(c, refusal, status),
    ),
  );
  app.openapi(resume, (c) =>
    orSay(
      async () => {
        await resumeWebhook(c.get('deps'), c.get('principal'), c.req.valid('param').id, null);
        return goOn(c, list);
      },
      (refusal, _faults, status) => webhooksPage(c, refusal, status),
    ),
  );
}

async function webhooksPage(
  c: PageContext,
  refusal: string | null = null,
  status: 200 | RefusedStatus = 200,
) {
  const [frame, webhooks] = await Promise.all([frameOf(c), findWebhooks(c.get('deps'), c.get('principal'))]);
  return answer(c, <WebhooksPage frame={frame} webhooks={webhooks} refusal={refusal} />, status);
}
