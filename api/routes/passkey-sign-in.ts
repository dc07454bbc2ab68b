import type { Context } from 'hono';
import { TenureError } from '../../domain/errors.ts';
import { browserFamily } from '../../domain/session.ts';
import { returnPath } from '../../domain/sign-in.ts';
import type { ApiEnv } from '../env.ts';
import { isFromHere } from '../guards/same-origin.ts';
import { beginWelcomeEnrolment, completeWelcomeEnrolment } from '../operations/enrol-passkey.ts';
import { beginPasskeySignIn, completePasskeySignIn } from '../operations/sign-in-by-passkey.ts';
import { type Api, declare, problemsOf } from '../route.ts';
import {
  creationShape,
  emptyBody,
  onwardShape,
  requestShape,
  signInAnswerBody,
  welcomeMakingBody,
} from '../schemas/passkey.ts';
import { mayAttempt } from '../sign-in/attempts.ts';
import { dropTicket, markBrowser, markOf, ticketOf, writeSessionCookie } from '../sign-in/cookies.ts';
import { openSession } from '../sign-in/session.ts';
import { homes } from './sign-in.tsx';

const tags = ['Pages'];
const problems = problemsOf(
  'malformed-json',
  'payload-too-large',
  'unsupported-media-type',
  'invalid-input',
  'too-many-requests',
  'forbidden',
  'passkey-refused',
  'passkeys-unavailable',
  'passkey-limit',
);
const json = <S>(description: string, schema: S) => ({
  description,
  content: { 'application/json': { schema } },
});
const body = <S>(schema: S) => ({ content: { 'application/json': { schema } }, required: true });

const begin = declare({
  method: 'post',
  path: '/sign-in/passkey/options',
  operationId: 'beginPasskeySignIn',
  summary: 'Begin to sign in by a passkey, from the page',
  rule: 'public',
  tags,
  request: { body: body(emptyBody) },
  responses: { 201: json('What the browser signs', requestShape), ...problems },
});

const complete = declare({
  method: 'post',
  path: '/sign-in/passkey',
  operationId: 'completePasskeySignIn',
  summary: 'Sign in by a passkey, from the page',
  description:
    'Once, within five minutes, and by the browser that began. Whatever is wrong, the answer is one.',
  rule: 'public',
  tags,
  request: { body: body(signInAnswerBody) },
  responses: { 201: json('Signed in', onwardShape), ...problems },
});

const beginWelcome = declare({
  method: 'post',
  path: '/sign-in/passkey/welcome/options',
  operationId: 'beginWelcomePasskey',
  summary: 'Begin to make the passkey of a welcome, from its page',
  description: 'For the browser that has confirmed the welcome, within ten minutes.',
  rule: 'public',
  tags,
  request: { body: body(emptyBody) },
  responses: { 201: json('What the browser makes it from', creationShape), ...problems },
});

const completeWelcome = declare({
  method: 'post',
  path: '/sign-in/passkey/welcome',
  operationId: 'makeWelcomePasskey',
  summary: 'Keep the passkey of a welcome, and sign in by it',
  rule: 'public',
  tags,
  request: { body: body(welcomeMakingBody) },
  responses: { 201: json('Made, and signed in', onwardShape), ...problems },
});

export function passkeySignInRoutes(app: Api): void {
  app.openapi(begin, async (c) => {
    refuseOthers(c);
    return c.json({ ...(await beginPasskeySignIn(c.get('deps'), await markBrowser(c))) }, 201);
  });
  app.openapi(complete, async (c) => {
    refuseOthers(c);
    const { credential: response, return: wished } = c.req.valid('json');
    const signedIn = await completePasskeySignIn(c.get('deps'), {
      response,
      browser: await markOf(c),
      session: await openSession(c),
      browserFamily: browserFamily(c.req.header('user-agent')),
    });
    await writeSessionCookie(c, signedIn.cookie);
    return c.json({ return: returnPath(wished, homes[signedIn.organizationKind]) }, 201);
  });
  app.openapi(beginWelcome, async (c) => {
    refuseOthers(c);
    const [ticket, browser] = [await ticketOf(c), await markBrowser(c)];
    return c.json({ ...(await beginWelcomeEnrolment(c.get('deps'), { ticket, browser })) }, 201);
  });
  app.openapi(completeWelcome, async (c) => {
    refuseOthers(c);
    const family = browserFamily(c.req.header('user-agent'));
    const welcomed = await completeWelcomeEnrolment(c.get('deps'), {
      response: c.req.valid('json').credential,
      name: family,
      ticket: await ticketOf(c),
      browser: await markOf(c),
      session: await openSession(c),
      browserFamily: family,
    });
    await dropTicket(c);
    await writeSessionCookie(c, welcomed.cookie);
    return c.json({ return: homes[welcomed.organizationKind] }, 201);
  });
}

/** Nobody else's page signs anybody in here, and nobody tries too often. */
function refuseOthers(c: Context<ApiEnv>): void {
  if (!isFromHere(c)) throw new TenureError('forbidden', 'This did not come from a page of ours.');
  if (!mayAttempt(c))
    throw new TenureError('too-many-requests', 'Many people sign in from where you are. Wait a few seconds.');
}
