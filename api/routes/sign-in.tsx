import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { csrfToken } from '../../crypto/session-token.ts';
import { rolesOfGroups } from '../../domain/groups.ts';
import { relyingPartyOf } from '../../domain/passkey.ts';
import { browserFamily } from '../../domain/session.ts';
import { TenureError } from '../../domain/errors.ts';
import { returnKeeping, returnPath } from '../../domain/sign-in.ts';
import { draw } from '../console/draw.ts';
import { pageHeaders, passkeyPageHeaders, scriptedPageHeaders } from '../console/page.tsx';
import {
  CallbackPage,
  comingBack,
  continueScript,
  fields,
  GoingPage,
  NotNowPage,
  RefusedPage,
  SignedInPage,
  SignedOutPage,
  type SignInComplaint,
  SignInPage,
  TriedPage,
} from '../console/sign-in.tsx';
import type { ApiEnv } from '../env.ts';
import { html } from '../console/answer.tsx';
import { orSayNotNow } from '../console/or-say.ts';
import { isFromHere } from '../guards/same-origin.ts';
import {
  beginSignIn,
  providerOfAddress,
  providerOfSession,
  vendorsProvider,
} from '../operations/begin-sign-in.ts';
import { completeSignIn, type SignInOutcome, type SignInRefusal } from '../operations/complete-sign-in.ts';
import { endOwnSession } from '../operations/end-session.ts';
import { type Api, declare, plainProblems, problemsOf } from '../route.ts';
import { mayAttempt } from '../sign-in/attempts.ts';
import { dropSessionCookie, markBrowser, markOf, writeSessionCookie } from '../sign-in/cookies.ts';
import { ProviderError } from '../sign-in/oidc.ts';
import { openSession } from '../sign-in/session.ts';

const tags = ['Pages'];
const onward = { description: 'Go on there' };
const notNow = html('The ledger does not answer; nothing has changed');

const show = declare({
  method: 'get',
  path: '/sign-in',
  operationId: 'openSignIn',
  summary: 'The page on which everybody begins to sign in',
  rule: 'public',
  tags,
  request: { query: z.object({ return: z.string().optional().describe('A path of ours to go on to.') }) },
  responses: { ...plainProblems, 200: html('The page'), 503: notNow },
});

const begin = declare({
  method: 'post',
  path: '/sign-in',
  operationId: 'beginSignIn',
  summary: 'Go to the identity provider of an address, from the page',
  description:
    'Which one follows from the address’s domain alone: whether there is such a person is not asked.',
  rule: 'public',
  reads: 'form',
  tags,
  responses: {
    ...plainProblems,
    200: html('The browser goes on to the provider'),
    403: html('The form is not one of ours'),
    422: html('No organization signs in with this address'),
    429: html('Too often from there'),
    502: html('The provider does not answer'),
    503: notNow,
  },
});

const callback = declare({
  method: 'get',
  path: '/sign-in/callback',
  operationId: 'openSignInCallback',
  summary: 'Where providers send browsers back to',
  description: 'Opening it changes nothing, however often and by whomever.',
  rule: 'public',
  tags,
  responses: { ...plainProblems, 200: html('The page with one button') },
});

const complete = declare({
  method: 'post',
  path: '/sign-in/callback',
  operationId: 'completeSignIn',
  summary: 'Finish signing in, from the page',
  description: 'Once, within ten minutes, and by the browser that began.',
  rule: 'public',
  reads: 'form',
  tags,
  responses: {
    ...plainProblems,
    200: html('A provider was tried; nobody is signed in by that'),
    303: onward,
    403: html('Nobody is signed in'),
    503: notNow,
  },
});

const script = declare({
  method: 'get',
  path: '/sign-in/continue.js',
  operationId: 'getContinueScript',
  summary: 'What presses the button on coming back',
  rule: 'public',
  tags,
  responses: {
    ...plainProblems,
    200: { description: 'The script', content: { 'text/javascript': { schema: z.string() } } },
  },
});

const stepUp = declare({
  method: 'post',
  path: '/sign-in/step-up',
  operationId: 'beginStepUp',
  summary: 'Sign in anew without leaving, from a page',
  description: 'Whoever comes back must be the same person; the session’s token is replaced.',
  rule: 'person',
  reads: 'form',
  isPage: true,
  tags,
  responses: {
    ...problemsOf('unauthenticated', 'forbidden'),
    200: html('The browser goes on to the provider'),
    303: onward,
    502: html('The provider does not answer'),
  },
});

const out = declare({
  method: 'post',
  path: '/sign-out',
  operationId: 'signOut',
  summary: 'Sign out, from a page',
  rule: 'person',
  reads: 'form',
  isPage: true,
  tags,
  responses: {
    ...problemsOf('unauthenticated', 'forbidden'),
    200: html('Signed out'),
    303: onward,
  },
});

export function signInRoutes(app: Api): void {
  app.openapi(show, (c) => orNotNow(c, () => showSignIn(c, c.req.valid('query').return)));
  app.openapi(begin, (c) => orNotNow(c, () => beginHere(c)));
  app.openapi(callback, (c) =>
    c.html(draw(<CallbackPage came={cameBack(c.req.query())} />), 200, scriptedPageHeaders),
  );
  app.openapi(complete, (c) => orNotNow(c, () => completeHere(c)));
  app.openapi(script, (c) =>
    c.body(continueScript, 200, {
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=3600',
    }),
  );
  app.openapi(stepUp, (c) => stepUpHere(c));
  app.openapi(out, async (c) => {
    const { session } = c.get('principal');
    if (session) await endOwnSession(c.get('deps'), c.get('principal'), session.id);
    await dropSessionCookie(c);
    return c.html(draw(<SignedOutPage />), 200, pageHeaders);
  });
}

type PageContext = Context<ApiEnv>;

/** Where people of the vendor, and of its customers, are at home. */
export const homes = { vendor: '/', customer: '/admin' } as const;

async function showSignIn(c: PageContext, wished: string | undefined) {
  const open = await openSession(c);
  if (!open) return askAddress(c, { returnTo: wished, email: '', complaint: null }, 200);
  const { name, organization } = open.found;
  const home = returnPath(wished, homes[organization.kind]);
  const csrf = csrfToken(open.words);
  return c.html(
    draw(<SignedInPage name={name} organization={organization.name} home={home} csrf={csrf} />),
    200,
    pageHeaders,
  );
}

interface Asking {
  returnTo: string | undefined;
  email: string;
  complaint: SignInComplaint | null;
}

async function askAddress(c: PageContext, asking: Asking, status: 200 | 403 | 422 | 429 | 502) {
  const provider = await vendorsProvider(c.get('deps'));
  const vendor = provider && { id: provider.id, name: provider.organization };
  const returnTo = returnPath(asking.returnTo, '');
  const hasPasskeys = relyingPartyOf(c.get('deps').publicUrl) !== null;
  const page = <SignInPage {...asking} returnTo={returnTo} vendor={vendor} hasPasskeys={hasPasskeys} />;
  return c.html(draw(page), status, hasPasskeys ? passkeyPageHeaders : pageHeaders);
}

async function beginHere(c: PageContext) {
  const form: Record<string, unknown> = await c.req.parseBody().catch(() => ({}));
  const text = (name: string) => {
    const value = form[name];
    return typeof value === 'string' ? value.trim().slice(0, 4_000) : '';
  };
  const [email, wished] = [text(fields.email), text(fields.return)];
  const again = (complaint: SignInComplaint, status: 403 | 422 | 429 | 502) =>
    askAddress(c, { returnTo: wished, email, complaint }, status);
  if (!isFromHere(c)) return again('elsewhere', 403);
  if (!mayAttempt(c)) return again('too-often', 429);
  const deps = c.get('deps');
  const vendors = text(fields.provider) === '' ? null : await vendorsProvider(deps);
  const provider = vendors?.id === text(fields.provider) ? vendors : await providerOfAddress(deps, email);
  if (!provider) return again(/^\S+@\S+\.\S+$/.test(email) ? 'no-provider' : 'no-address', 422);
  const wish = {
    purpose: 'sign-in',
    browser: await markBrowser(c),
    returnPath: returnPath(wished, homes[provider.isVendors ? 'vendor' : 'customer']),
    ...(email === '' ? {} : { loginHint: email }),
  } as const;
  try {
    const url = await beginSignIn(deps, c.get('signIn'), provider, wish);
    return c.html(draw(<GoingPage url={url} name={provider.name} />), 200, pageHeaders);
  } catch (error) {
    if (error instanceof ProviderError) return again('unreachable', 502);
    throw error;
  }
}

function cameBack(said: Readonly<Record<string, unknown>>): Record<string, string> {
  const longest = 4_000;
  return Object.fromEntries(
    comingBack.flatMap((name) => {
      const value = said[name];
      return typeof value === 'string' && value.length <= longest ? [[name, value]] : [];
    }),
  );
}

async function completeHere(c: PageContext) {
  const refused = (refusal: SignInRefusal) =>
    c.html(draw(<RefusedPage refusal={refusal} />), 403, pageHeaders);
  if (!isFromHere(c)) return refused('no-attempt');
  const outcome = await completeSignIn(c.get('deps'), c.get('signIn'), {
    came: cameBack(await c.req.parseBody().catch(() => ({}))),
    browser: await markOf(c),
    session: await openSession(c),
    browserFamily: browserFamily(c.req.header('user-agent')),
  });
  if (outcome.kind === 'refused') return refused(outcome.refusal);
  if (outcome.kind === 'tried') {
    return c.html(draw(<TriedPage {...triedProps(outcome)} />), 200, pageHeaders);
  }
  await writeSessionCookie(c, outcome.cookie);
  return c.redirect(outcome.returnPath, 303);
}

/** What a trial showed, for its page: also what the tried person's groups would give them. */
function triedProps({ provider, said, attempt, ...tried }: Extract<SignInOutcome, { kind: 'tried' }>) {
  const { groups } = said.groups;
  const roles = groups && rolesOfGroups(provider.groupRoles, groups, () => true).given;
  const isMapped = provider.groupRoles.length > 0;
  return { ...tried, said, roles, isMapped, back: attempt.returnPath, provider: provider.name };
}

async function stepUpHere(c: PageContext) {
  const caller = c.get('principal');
  const form: Record<string, unknown> = await c.req.parseBody().catch(() => ({}));
  // A form that is sent here instead says in the address where it leads back to.
  const back = returnKeeping({ return: c.req.query('return'), ...form }, homes[caller.organization.kind]);
  const open = await openSession(c);
  const deps = c.get('deps');
  const provider = open?.found.providerId ? await providerOfSession(deps, open.found.providerId) : null;
  // By a token, or by a session that came otherwise, there is no provider to go to.
  if (!open || !provider)
    throw new TenureError('forbidden', 'This session did not come by an identity provider.');
  const browser = await markBrowser(c);
  const wish = { purpose: 'step-up', sessionId: open.found.sessionId, browser, returnPath: back } as const;
  try {
    const url = await beginSignIn(deps, c.get('signIn'), provider, wish);
    return c.html(draw(<GoingPage url={url} name={provider.name} />), 200, pageHeaders);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return c.html(draw(<RefusedPage refusal="provider-unreachable" />), 502, pageHeaders);
  }
}

function orNotNow<T>(c: PageContext, work: () => Promise<T>) {
  return orSayNotNow(work, () => c.html(draw(<NotNowPage />), 503, pageHeaders));
}
