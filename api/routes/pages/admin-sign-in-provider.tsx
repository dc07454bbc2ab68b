import { answer, checked, formOf, goOn, type PageContext } from '../../console/answer.tsx';
import { draw } from '../../console/draw.ts';
import { orSay, type RefusedStatus } from '../../console/or-say.ts';
import { pageHeaders } from '../../console/page.tsx';
import { type Provider, ProviderPage, SignInReasonPage } from '../../console/pages/sign-in-provider.tsx';
import { GoingPage } from '../../console/sign-in.tsx';
import { signInTexts } from '../../console/texts/admin-sign-in.ts';
import {
  findProviders,
  letProviderLive,
  retireProvider,
  showProvider,
  signOutOfProvider,
  tryProvider,
} from '../../operations/change-sign-in-provider.ts';
import { notFound } from '../../operations/refusals.ts';
import { reasonBody } from '../../schemas/customer.ts';
import { markBrowser } from '../../sign-in/cookies.ts';
import { idOf, type Place } from './admin-sign-in-place.ts';

/** The provider that a path names, of the organization that it names. @throws TenureError `not-found` */
export async function providerOf(c: PageContext, { organizationId }: Place): Promise<Provider> {
  const found = await showProvider(c.get('deps'), c.get('principal'), idOf(c));
  if (found.organization.id !== organizationId) throw notFound();
  return found;
}

export async function liveOf(c: PageContext, place: Place): Promise<Provider | null> {
  const { items } = await findProviders(c.get('deps'), c.get('principal'), place.organizationId);
  return items.find(({ state }) => state === 'live') ?? null;
}

export async function providerPage(
  c: PageContext,
  place: Place,
  refusal: string | null,
  status: 200 | RefusedStatus = 200,
) {
  const provider = await providerOf(c, place);
  const live = provider.state === 'tried' ? await liveOf(c, place) : null;
  return answer(
    c,
    <ProviderPage place={place} provider={provider} live={live?.name ?? null} refusal={refusal} />,
    status,
  );
}

/** Does something with the provider that a path names, or says on its page why not. */
async function withProvider(
  c: PageContext,
  place: Place,
  work: (provider: Provider) => Promise<Response>,
): Promise<Response> {
  const provider = await providerOf(c, place);
  return orSay(
    () => work(provider),
    (refusal, _faults, status) => providerPage(c, place, refusal, status),
  );
}

export function tryIt(c: PageContext, place: Place) {
  return withProvider(c, place, async ({ id, name }) => {
    const browser = await markBrowser(c);
    const back = `${place.base}/providers/${id}`;
    const { url } = await tryProvider(c.get('deps'), c.get('signIn'), c.get('principal'), id, browser, back);
    return c.html(draw(<GoingPage url={url} name={name} />), 200, pageHeaders);
  });
}

export function goLive(c: PageContext, place: Place) {
  return withProvider(c, place, async ({ id }) => {
    await letProviderLive(c.get('deps'), c.get('principal'), id, null);
    return goOn(c, place.base);
  });
}

const reasoned = {
  retirement: [signInTexts.retireTitle, signInTexts.retireLead, signInTexts.retire],
  'sign-out': [signInTexts.signOutTitle, signInTexts.signOutLead, signInTexts.signOutAll],
} as const;

export async function reasonPage(
  c: PageContext,
  place: Place,
  what: keyof typeof reasoned,
  typed: { reason?: string; fault?: string },
  refusal: string | null,
  status: 200 | RefusedStatus = 200,
) {
  const { id, name } = await providerOf(c, place);
  const [title, lead, label] = reasoned[what];
  const back = `${place.base}/providers/${id}`;
  return answer(
    c,
    <SignInReasonPage
      place={place}
      title={title(name)}
      lead={lead}
      label={label}
      action={`${back}/${what}`}
      back={back}
      reason={typed.reason}
      fault={typed.fault}
      refusal={refusal}
    />,
    status,
  );
}

async function withReason(
  c: PageContext,
  place: Place,
  what: keyof typeof reasoned,
  work: (provider: Provider, reason: string) => Promise<unknown>,
): Promise<Response> {
  const provider = await providerOf(c, place);
  const { reason = '' } = await formOf(c);
  const parsed = checked(reasonBody, { reason });
  if ('faults' in parsed)
    return reasonPage(c, place, what, { reason, fault: parsed.faults['reason'] ?? '' }, null, 422);
  return orSay(
    async () => {
      await work(provider, parsed.ok.reason);
      return goOn(c, place.base);
    },
    (refusal, _faults, status) => reasonPage(c, place, what, { reason }, refusal, status),
  );
}

export function retire(c: PageContext, place: Place) {
  return withReason(c, place, 'retirement', ({ id }, reason) =>
    retireProvider(c.get('deps'), c.get('principal'), id, reason, null),
  );
}

export function signOut(c: PageContext, place: Place) {
  return withReason(c, place, 'sign-out', ({ id }, reason) =>
    signOutOfProvider(c.get('deps'), c.get('principal'), id, reason, null),
  );
}
