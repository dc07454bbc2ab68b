import { z } from '@hono/zod-openapi';
import { answer, checked, formOf, frameOf, goOn, html, type PageContext } from '../../console/answer.tsx';
import { orFaults, orSay, type RefusedStatus } from '../../console/or-say.ts';
import type { Faults } from '../../console/components/form.tsx';
import { RequestPage } from '../../console/pages/access-request.tsx';
import { type AskFields, AskPage } from '../../console/pages/ask.tsx';
import { stepUpNeed } from '../../console/step-up-need.ts';
import type { StepUpNeed } from '../../console/components/step-up.tsx';
import { texts as passkeyTexts } from '../../console/texts/passkeys.ts';
import { readStepUpWays } from '../../operations/read-step-up-ways.ts';
import { CredentialPage } from '../../console/pages/credential.tsx';
import { ExtensionPage, RevocationPage } from '../../console/pages/small-forms.tsx';
import { askAccessRequest } from '../../operations/ask-access-request.ts';
import { cancelAccessRequest } from '../../operations/cancel-access-request.ts';
import { extendAccessRequest } from '../../operations/extend-access-request.ts';
import { getAccessRequest } from '../../operations/list-access-requests.ts';
import { listReachable, customerOn, weighReachable } from '../../operations/list-reachable.ts';
import { returnAccess } from '../../operations/return-access.ts';
import { revokeAccess } from '../../operations/revoke-access.ts';
import { showCredential } from '../../operations/show-credential.ts';
import type { PersonPrincipal } from '../../principal.ts';
import { type Api, declare, problemsOf } from '../../route.ts';
import { askBody, extensionBody } from '../../schemas/access-request.ts';
import { revocationBody } from '../../schemas/ending.ts';
import { pageToRead, pageToSend } from './common.ts';

const params = z.object({ id: z.string() });
const page = { 200: html('The page'), ...problemsOf('unauthenticated', 'not-found') };
const done = {
  303: { description: 'It is done; the browser goes on to the request.' },
  403: html('It is not allowed; nothing has changed'),
  409: html('It is no longer possible; nothing has changed'),
  422: html('Something is missing or wrong; nothing has changed'),
  ...problemsOf('unauthenticated', 'not-found'),
};

/** As it was typed, however long: what is too much is said beside its field. */
const typed = z.object({
  resource: z.string().default(''),
  entitlement: z.string().default(''),
  customer: z.string().default(''),
  period: z.string().default('PT1H'),
  ticket: z.string().default(''),
  why: z.string().default(''),
  /** With what it was signed, once it was. */
  signed: z.string().default(''),
});

const ask = declare({
  ...pageToRead,
  path: '/requests/new',
  operationId: 'askPage',
  summary: 'The form to ask for access, with what it will take',
  rule: 'person',
  request: { query: typed },
  responses: page,
});

const send = declare({
  ...pageToSend,
  path: '/requests',
  operationId: 'askOnPage',
  summary: 'Ask for access, from the page, or see what it will take',
  rule: 'person',
  responses: { 200: html('What it will take; nothing was sent'), ...done },
});

const show = declare({
  ...pageToRead,
  path: '/requests/{id}',
  operationId: 'requestPage',
  summary: 'One request: what is left of it and what happened',
  rule: 'person',
  request: { params },
  responses: page,
});

const giveBack = act('/requests/{id}/return', 'returnOnPage', 'Give access back', 'holder');
const withdraw = act('/requests/{id}/cancellation', 'withdrawOnPage', 'Withdraw a request', 'requester');
const credential = act('/requests/{id}/credential', 'credentialOnPage', 'Show the credential once', 'holder');
const extend = act('/requests/{id}/extension', 'extendOnPage', 'Ask for a later end', 'holder');
const revoke = act('/requests/{id}/revocation', 'revokeOnPage', 'End somebody’s access now', 'revoker');
const extendForm = form(
  '/requests/{id}/extension',
  'extensionPage',
  'The form to ask for a later end',
  'holder',
);
const revokeForm = form('/requests/{id}/revocation', 'revocationPage', 'The form to end access', 'revoker');

function act<const Path extends string>(
  path: Path,
  operationId: string,
  summary: string,
  rule: 'holder' | 'requester' | 'revoker',
) {
  const responses = { 200: html('The page'), ...done };
  return declare({
    ...pageToSend,
    path,
    operationId,
    summary,
    rule,
    request: { params },
    responses,
  });
}

function form<const Path extends string>(
  path: Path,
  operationId: string,
  summary: string,
  rule: 'holder' | 'revoker',
) {
  return declare({
    ...pageToRead,
    path,
    operationId,
    summary,
    rule,
    request: { params },
    responses: page,
  });
}

export function accessRequestPages(app: Api): void {
  app.openapi(ask, (c) => askPage(c, c.req.valid('query'), {}));
  app.openapi(send, async (c) => {
    const sent = await formOf(c);
    const fields = typed.parse(sent);
    // Not by GET: the mark of the session would stand in the address.
    if (sent.preview === 'yes') return askPage(c, fields, {});
    const wish = checked(askBody, wishOf(fields));
    if ('faults' in wish) return askPage(c, fields, { faults: renamed(wish.faults) }, 422);
    return orSay(
      async () =>
        goOn(
          c,
          `/requests/${(await askAccessRequest(c.get('deps'), c.get('principal'), wish.ok, null)).reference}`,
        ),
      (refusal, faults, status) => askPage(c, fields, { refusal, faults: renamed(faults) }, status),
    );
  });
  app.openapi(show, (c) => requestPage(c, c.req.valid('param').id, null));
  app.openapi(giveBack, (c) =>
    onRequest(c, c.req.valid('param').id, (caller, id) =>
      returnAccess(c.get('deps'), caller, { request: id }, null, null),
    ),
  );
  app.openapi(withdraw, (c) =>
    onRequest(c, c.req.valid('param').id, (caller, id) =>
      cancelAccessRequest(c.get('deps'), caller, id, null, null),
    ),
  );
  app.openapi(credential, async (c) => {
    const { id } = c.req.valid('param');
    const { replace } = await formOf(c);
    return orSay(
      async () => {
        const shown = await showCredential(c.get('deps'), c.get('principal'), id, {
          replace: replace === 'yes',
        });
        const [frame, request] = await Promise.all([
          frameOf(c),
          getAccessRequest(c.get('deps'), c.get('principal'), id),
        ]);
        return answer(c, <CredentialPage frame={frame} request={request} credential={shown} />);
      },
      (refusal, _faults, status) => requestPage(c, id, refusal, status),
    );
  });
  app.openapi(extendForm, (c) => {
    // What was typed before somebody left to sign in anew.
    return smallForm(c, ExtensionPage, c.req.valid('param').id, { fields: c.req.query() });
  });
  app.openapi(extend, async (c) => {
    const { id } = c.req.valid('param');
    const fields = await formOf(c);
    const { period, ticket, why, signed } = fields;
    const wish = checked(extensionBody, {
      period,
      justification: why,
      ...(ticket?.trim() ? { ticket } : {}),
      ...(signed ? { signed } : {}),
    });
    if ('faults' in wish)
      return smallForm(c, ExtensionPage, id, { fields, faults: renamed(wish.faults) }, 422);
    return orSay(
      async () =>
        goOn(
          c,
          `/requests/${(await extendAccessRequest(c.get('deps'), c.get('principal'), id, wish.ok, null)).reference}`,
        ),
      (refusal, faults, status) =>
        smallForm(c, ExtensionPage, id, { fields, faults: renamed(faults), refusal }, status),
    );
  });
  app.openapi(revokeForm, (c) => smallForm(c, RevocationPage, c.req.valid('param').id));
  app.openapi(revoke, async (c) => {
    const { id } = c.req.valid('param');
    const fields = await formOf(c);
    const wish = checked(revocationBody, { reason: fields.reason });
    if ('faults' in wish) return smallForm(c, RevocationPage, id, { fields, faults: wish.faults }, 422);
    return orSay(
      async () => {
        await revokeAccess(c.get('deps'), c.get('principal'), { request: id }, wish.ok.reason, null);
        return goOn(c, `/requests/${id}`);
      },
      (refusal, faults, status) => smallForm(c, RevocationPage, id, { fields, faults, refusal }, status),
    );
  });
}

function wishOf({ resource, entitlement, customer, period, ticket, why, signed }: z.infer<typeof typed>) {
  const given = { customer, ticket, signed };
  const others = Object.fromEntries(Object.entries(given).filter(([, value]) => value.trim() !== ''));
  return { resource, entitlement, period, justification: why, ...others };
}

/** The form calls a justification what it is to whoever writes it. */
function renamed({ justification, ...faults }: Faults): Faults {
  return justification === undefined ? faults : { ...faults, why: justification };
}

async function onRequest(
  c: PageContext,
  id: string,
  work: (caller: PersonPrincipal, id: string) => Promise<unknown>,
): Promise<Response> {
  return orSay(
    async () => {
      await work(c.get('principal'), id);
      return goOn(c, `/requests/${id}`);
    },
    (refusal, _faults, status) => requestPage(c, id, refusal, status),
  );
}

async function requestPage(
  c: PageContext,
  id: string,
  refusal: string | null,
  status: 200 | RefusedStatus = 200,
) {
  const caller = c.get('principal');
  const [frame, request] = await Promise.all([frameOf(c), getAccessRequest(c.get('deps'), caller, id)]);
  const isTheirs = [request.person.id, request.requested_by.id].includes(caller.personId);
  const rights = {
    isHolder: request.person.id === caller.personId,
    mayWithdraw: isTheirs && ['waiting', 'approved'].includes(request.state),
    mayDecide: request.state === 'waiting' && !isTheirs,
    mayEnd: !isTheirs,
  };
  const isOpen = rights.isHolder && request.grant?.state === 'held';
  const stepUp = isOpen ? await stepUpNeed(c, request, 'credential', frame.when.now) : null;
  const page = (
    <RequestPage frame={frame} request={request} rights={rights} refusal={refusal} stepUp={stepUp} />
  );
  return answer(c, page, status);
}

async function askPage(
  c: PageContext,
  fields: AskFields,
  said: { refusal?: string; faults?: Faults },
  status: 200 | RefusedStatus = 200,
) {
  const [deps, caller] = [c.get('deps'), c.get('principal')];
  const about = {
    customer: fields.customer || undefined,
    period: fields.period,
    ticket: fields.ticket.trim() || undefined,
  };
  const isPeriod = askBody.shape.period.safeParse(fields.period).success;
  const [frame, found, weighed] = await Promise.all([
    frameOf(c),
    listReachable(deps, caller, fields.resource),
    orFaults(
      async () =>
        fields.resource && isPeriod ? await weighReachable(deps, caller, fields.resource, about) : null,
      ['invalid-input', 'unknown-reference'],
    ),
  ]);
  const chosen = 'found' in weighed ? weighed.found : null;
  const faults = { ...('faults' in weighed ? weighed.faults : {}), ...said.faults };
  // What was typed in full finds itself alone; the others are offered all the same.
  const resources =
    found.length > 1 || fields.resource === '' ? found : await listReachable(deps, caller, '');
  const entitlement = chosen?.entitlements.find(({ key }) => key === fields.entitlement);
  const customer = chosen ? customerOn(chosen, about.customer) : undefined;
  const preview = entitlement?.preview ?? null;
  const missing = preview?.missing ?? [];
  const lacking = missing.includes('mfa') ? 'mfa' : missing.includes('fresh') ? 'fresh' : null;
  const stepUp: StepUpNeed | null =
    chosen && entitlement && lacking
      ? {
          lacking,
          kind: 'access_request',
          ways: await readStepUpWays(deps, caller),
          words: passkeyTexts.signs.ask({
            resource: chosen,
            entitlement,
            organization: chosen.customers.find(({ key }) => key === customer) ?? { name: null },
            period: fields.period,
            ticket: fields.ticket,
          }),
          when: passkeyTexts.stepUp.ask,
        }
      : null;
  return answer(
    c,
    <AskPage
      frame={frame}
      fields={fields}
      resources={resources}
      chosen={chosen}
      preview={preview}
      faults={faults}
      refusal={said.refusal ?? null}
      stepUp={stepUp}
    />,
    status,
  );
}

type SmallForm = typeof ExtensionPage;

async function smallForm(
  c: PageContext,
  Page: SmallForm,
  id: string,
  said: { fields?: Record<string, string>; faults?: Faults; refusal?: string } = {},
  status: 200 | RefusedStatus = 200,
) {
  const [frame, request] = await Promise.all([
    frameOf(c),
    getAccessRequest(c.get('deps'), c.get('principal'), id),
  ]);
  const { fields = {}, faults = {}, refusal = null } = said;
  const stepUp = Page === ExtensionPage ? await stepUpNeed(c, request, 'extension', frame.when.now) : null;
  return answer(
    c,
    <Page
      frame={frame}
      request={request}
      fields={fields}
      faults={faults}
      refusal={refusal}
      stepUp={stepUp}
    />,
    status,
  );
}
