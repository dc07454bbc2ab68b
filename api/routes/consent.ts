import { changeConsent, confirmConsentOverride, showConsent } from '../operations/change-consent.ts';
import { type Api, bodyProblems, declare, problemsOf } from '../route.ts';
import { consentBody, consentConfirmationBody, consentShape } from '../schemas/consent.ts';
import { customerId } from './customer.ts';

const tags = ['Customers'];
const answered = { description: 'The rules', content: { 'application/json': { schema: consentShape } } };

const show = declare({
  method: 'get',
  path: '/v1/customers/{id}/consent',
  operationId: 'getConsent',
  summary: 'Which vendor access a customer’s own people approve',
  rule: 'user-reader',
  tags,
  request: { params: customerId },
  responses: { 200: answered, ...problemsOf('unauthenticated', 'forbidden', 'not-found') },
});

const change = declare({
  method: 'put',
  path: '/v1/customers/{id}/consent',
  operationId: 'changeConsent',
  summary: 'Say which vendor access our own people approve, beyond what was agreed on',
  description:
    'Counts at once, for what is asked for from now on and for what has not begun. Saying less than before takes back only what was asked for here: below what was agreed on, or an override says, nobody goes by it.',
  rule: 'customer-administrator',
  tags,
  request: {
    params: customerId,
    body: { content: { 'application/json': { schema: consentBody } }, required: true },
  },
  responses: {
    200: answered,
    ...problemsOf(...bodyProblems, 'forbidden', 'not-found', 'nothing-to-change'),
  },
});

const confirm = declare({
  method: 'post',
  path: '/v1/customers/{id}/consent/override-confirmation',
  operationId: 'confirmConsentOverride',
  summary: 'Confirm an exception from what was agreed on, as a second person',
  description:
    'Until then it can only ask for more than was agreed on. `base_revision` is the newest of the catalog, which was read. The customer’s administrators get a message.',
  rule: 'manage-access',
  tags,
  request: {
    params: customerId,
    body: { content: { 'application/json': { schema: consentConfirmationBody } }, required: true },
  },
  responses: {
    200: answered,
    ...problemsOf(...bodyProblems, 'forbidden', 'not-found', 'self-approval', 'stale-revision'),
  },
});

export function consentRoutes(app: Api): void {
  app.openapi(show, async (c) =>
    c.json(await showConsent(c.get('deps'), c.get('principal'), c.req.valid('param').id), 200),
  );
  app.openapi(change, async (c) => {
    const { id } = c.req.valid('param');
    const wish = c.req.valid('json');
    return c.json(await changeConsent(c.get('deps'), c.get('principal'), id, wish), 200);
  });
  app.openapi(confirm, async (c) => {
    const { id } = c.req.valid('param');
    const { base_revision: baseRevision, reason } = c.req.valid('json');
    const wish = { baseRevision, reason };
    return c.json(await confirmConsentOverride(c.get('deps'), c.get('principal'), id, wish), 200);
  });
}
