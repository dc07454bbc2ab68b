import { z } from '@hono/zod-openapi';
import { answer, checked, formOf, frameOf, goOn, type PageContext } from '../../console/answer.tsx';
import type { Faults } from '../../console/components/form.tsx';
import { orSay, type RefusedStatus } from '../../console/or-say.ts';
import { consentPagePath, CustomerConsentPage } from '../../console/pages/customer-consent.tsx';
import { confirmConsentOverride, findConfirmers, showConsent } from '../../operations/change-consent.ts';
import { getCatalog } from '../../operations/read-catalog.ts';
import { type Api, declare } from '../../route.ts';
import { consentConfirmationBody } from '../../schemas/consent.ts';
import { pageToRead, pageToSend } from './common.ts';

const request = { params: z.object({ customer: z.string().max(128) }) };

const show = declare({
  ...pageToRead,
  path: '/customers/{customer}/consent',
  operationId: 'customerConsentPage',
  summary: 'What a customer approves of our access, and the exception that waits for a second person',
  rule: 'people-reader',
  request,
});

const confirm = declare({
  ...pageToSend,
  path: '/customers/{customer}/consent',
  operationId: 'confirmConsentOverrideOnPage',
  summary: 'Confirm an exception from what was agreed on, as a second person',
  rule: 'manage-access',
  request,
});

export function customerConsentPages(app: Api): void {
  app.openapi(show, (c) => consentPage(c, c.req.valid('param').customer, {}));
  app.openapi(confirm, async (c) => {
    const { customer } = c.req.valid('param');
    const { reason = '', base_revision: revision = '' } = await formOf(c);
    const wish = checked(consentConfirmationBody, { reason, base_revision: Number(revision) });
    if ('faults' in wish) return consentPage(c, customer, { reason, faults: wish.faults }, 422);
    const { base_revision: baseRevision } = wish.ok;
    return orSay(
      async () => {
        const said = { baseRevision, reason: wish.ok.reason };
        await confirmConsentOverride(c.get('deps'), c.get('principal'), customer, said);
        return goOn(c, consentPagePath(customer));
      },
      (refusal, faults, status) => consentPage(c, customer, { reason, refusal, faults }, status),
    );
  });
}

async function consentPage(
  c: PageContext,
  customer: string,
  { reason = '', refusal = null, faults = {} }: { reason?: string; refusal?: string | null; faults?: Faults },
  status: 200 | RefusedStatus = 200,
) {
  const [deps, caller] = [c.get('deps'), c.get('principal')];
  const [frame, consent, { revision }, confirmers] = await Promise.all([
    frameOf(c),
    showConsent(deps, caller, customer),
    getCatalog(deps, caller, {}),
    findConfirmers(deps, caller, customer),
  ]);
  const confirming = { me: caller.personId, confirmers, revision, reason, refusal, faults };
  const props = { frame, named: customer, consent, confirming };
  return answer(c, <CustomerConsentPage {...props} />, status);
}
