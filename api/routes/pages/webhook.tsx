import { z } from '@hono/zod-openapi';
import { answer, frameOf, goOn, html, type PageContext } from '../../console/answer.tsx';
import { orSay, type RefusedStatus } from '../../console/or-say.ts';
import { deliveryWays, type DeliveryWay, WebhookPage } from '../../console/pages/webhook.tsx';
import { webhookPath, WebhooksPage } from '../../console/pages/webhooks.tsx';
import { pauseWebhook, resumeWebhook } from '../../operations/change-webhook.ts';
import { findDeliveries, findWebhooks, showWebhook } from '../../operations/list-webhooks.ts';
import { resendDead, resendDelivery, testWebhook } from '../../operations/replay-delivery.ts';
import { type Api, declare, problemsOf } from '../../route.ts';
import { idAfter, pageToRead, pageToSend } from './common.ts';

const rule = 'manage-access';
const params = z.object({ id: z.string().max(128) });
const responses = {
  303: { description: 'It is done; the browser goes on to the webhook.' },
  409: html('It is not possible now; nothing has changed'),
  503: html('Not now; nothing has changed'),
  ...problemsOf('unauthenticated', 'forbidden', 'not-found'),
};
/** Before anything was ever sent. */
const everything = '1970-01-01T00:00:00.000Z';

const all = declare({
  ...pageToRead,
  path: '/operations/webhooks',
  operationId: 'webhooksPage',
  summary: 'Where events are sent, and how it does',
  rule,
  responses: { 200: html('The page'), ...problemsOf('unauthenticated', 'forbidden') },
});

const show = declare({
  ...pageToRead,
  path: '/operations/webhooks/{id}',
  operationId: 'webhookPage',
  summary: 'One webhook, and what became of what was sent there',
  rule,
  request: {
    params,
    query: z.object({ state: z.string().max(20).optional(), after: z.string().max(60).optional() }),
  },
});

function write<const Path extends string>(path: Path, operationId: string, summary: string) {
  return declare({ ...pageToSend, path, operationId, summary, rule, request: { params }, responses });
}

const resend = write(
  '/operations/webhooks/{id}/resending',
  'resendWebhookOnPage',
  'Send everything again that a webhook did not take',
);
const resume = write(
  '/operations/webhooks/{id}/resumption',
  'resumeWebhookOnPage',
  'Let a webhook go on that was paused or stopped',
);
const pause = write(
  '/operations/webhooks/{id}/pause',
  'pauseWebhookOnPage',
  'Send nothing there for the time being',
);
const test = write(
  '/operations/webhooks/{id}/test',
  'testWebhookOnPage',
  'Send an event of no other meaning',
);

const resendOne = declare({
  ...pageToSend,
  path: '/operations/webhooks/{id}/deliveries/{delivery}/resending',
  operationId: 'resendDeliveryOnPage',
  summary: 'Send a delivery again, under the same id',
  rule,
  request: { params: params.extend({ delivery: z.string().max(128) }) },
  responses,
});

export function webhookPages(app: Api): void {
  app.openapi(all, async (c) => {
    const [frame, webhooks] = await Promise.all([
      frameOf(c),
      findWebhooks(c.get('deps'), c.get('principal')),
    ]);
    return answer(c, <WebhooksPage frame={frame} webhooks={webhooks} />);
  });
  app.openapi(show, (c) => {
    const { state, after } = c.req.valid('query');
    const way = deliveryWays.find((one) => one === state) ?? 'all';
    return webhookPage(c, c.req.valid('param').id, { way, after: idAfter('msg', after) });
  });
  app.openapi(resend, (c) => {
    const { deps, principal } = c.var;
    const { id } = c.req.valid('param');
    return done(c, id, () => resendDead(deps, principal, id, everything, null));
  });
  app.openapi(resume, (c) => {
    const { deps, principal } = c.var;
    const { id } = c.req.valid('param');
    return done(c, id, () => resumeWebhook(deps, principal, id, null));
  });
  app.openapi(pause, (c) => {
    const { deps, principal } = c.var;
    const { id } = c.req.valid('param');
    return done(c, id, () => pauseWebhook(deps, principal, id, null));
  });
  app.openapi(test, (c) => {
    const { deps, principal } = c.var;
    const { id } = c.req.valid('param');
    return done(c, id, () => testWebhook(deps, principal, id, null));
  });
  app.openapi(resendOne, (c) => {
    const { deps, principal } = c.var;
    const names = c.req.valid('param');
    return done(c, names.id, () => resendDelivery(deps, principal, names, null));
  });
}

/** Does it and goes on to the webhook; where that is refused, its page says why. */
function done(c: PageContext, id: string, act: () => Promise<unknown>) {
  return orSay(
    async () => {
      await act();
      return goOn(c, webhookPath(id));
    },
    (refusal, _faults, status) => webhookPage(c, id, { refusal }, status),
  );
}

async function webhookPage(
  c: PageContext,
  id: string,
  {
    way = 'all',
    after = null,
    refusal = null,
  }: { way?: DeliveryWay; after?: string | null; refusal?: string | null },
  status: 200 | RefusedStatus = 200,
) {
  const { deps, principal } = c.var;
  const filter = way === 'all' ? {} : { state: way };
  const [frame, webhook, deliveries] = await Promise.all([
    frameOf(c),
    showWebhook(deps, principal, id),
    findDeliveries(deps, principal, id, filter, { limit: 50, after }),
  ]);
  return answer(
    c,
    <WebhookPage frame={frame} webhook={webhook} deliveries={deliveries} way={way} refusal={refusal} />,
    status,
  );
}
