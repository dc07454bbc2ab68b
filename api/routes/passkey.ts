import { TenureError } from '../../domain/errors.ts';
import { idempotencyHeader, idempotencyOf } from '../guards/idempotency-key.ts';
import { beginEnrolment, completeEnrolment } from '../operations/enrol-passkey.ts';
import { findPasskeys, namePasskey, revokePasskey } from '../operations/list-passkeys.ts';
import { beginStepUp, completeStepUp } from '../operations/step-up-by-passkey.ts';
import { type Api, bodyProblems, declare, listProblems, problemsOf, writeProblems } from '../route.ts';
import { cursorAfter, idParam, pageWish } from '../schemas/common.ts';
import {
  answerBody,
  creationShape,
  emptyBody,
  makingBody,
  passkeyListShape,
  passkeyNameBody,
  passkeyQuery,
  passkeyRevocationBody,
  passkeyShape,
  stepUpBody,
  steppedUpShape,
  stepUpShape,
} from '../schemas/passkey.ts';
import { markBrowser, markOf, writeSessionCookie } from '../sign-in/cookies.ts';
import { openSession } from '../sign-in/session.ts';

const tags = ['Passkeys'];
const json = <S>(description: string, schema: S) => ({
  description,
  content: { 'application/json': { schema } },
});
const body = <S>(schema: S) => ({ content: { 'application/json': { schema } }, required: true });

const list = declare({
  method: 'get',
  path: '/v1/passkeys',
  operationId: 'listPasskeys',
  summary: 'A person’s passkeys, newest first',
  description: 'One’s own; those of others for who manages their access or ends any.',
  rule: 'person',
  tags,
  request: { query: passkeyQuery },
  responses: { 200: json('A page', passkeyListShape), ...problemsOf(...listProblems) },
});

const begin = declare({
  method: 'post',
  path: '/v1/passkeys/options',
  operationId: 'beginPasskey',
  summary: 'Begin to make a passkey, in a browser',
  description:
    'For who has shown who they are within ten minutes, and with a second factor once they have a passkey. What comes back is answered within five minutes, once, and by the same browser and session.',
  rule: 'person',
  tags,
  request: { body: body(emptyBody) },
  responses: {
    201: json('What the browser makes it from', creationShape),
    ...problemsOf(...bodyProblems, 'forbidden', 'step-up-required', 'passkeys-unavailable', 'passkey-limit'),
  },
});

const make = declare({
  method: 'post',
  path: '/v1/passkeys',
  operationId: 'makePasskey',
  summary: 'Keep the passkey that the browser has made',
  description: 'Its person gets a message about it.',
  rule: 'person',
  tags,
  request: { body: body(makingBody) },
  responses: {
    201: json('The passkey', passkeyShape),
    ...problemsOf(...bodyProblems, 'forbidden', 'passkey-refused', 'passkeys-unavailable', 'passkey-limit'),
  },
});

const revoke = declare({
  method: 'post',
  path: '/v1/passkeys/{id}/revocation',
  operationId: 'revokePasskey',
  summary: 'Remove a passkey for good',
  description:
    'One’s own, having just signed in, with a second factor; those of others for who manages their access or ends any. Sessions that were begun with it end, but for the one that asks.',
  rule: 'person',
  tags,
  request: {
    params: idParam('A passkey’s id.', 'pk_01kb3x5h9vf2m6q0t4w8z1c5gj'),
    headers: idempotencyHeader,
    body: { content: { 'application/json': { schema: passkeyRevocationBody } } },
  },
  responses: {
    201: json('It is removed', passkeyShape),
    ...problemsOf(...writeProblems, 'forbidden', 'step-up-required', 'not-found', 'already-ended'),
  },
});

const rename = declare({
  method: 'post',
  path: '/v1/passkeys/{id}/renaming',
  operationId: 'renamePasskey',
  summary: 'Call a passkey of one’s own otherwise',
  rule: 'person',
  tags,
  request: {
    params: idParam('A passkey’s id.', 'pk_01kb3x5h9vf2m6q0t4w8z1c5gj'),
    headers: idempotencyHeader,
    body: body(passkeyNameBody),
  },
  responses: {
    201: json('The passkey', passkeyShape),
    ...problemsOf(...writeProblems, 'not-found', 'already-ended'),
  },
});

const sign = declare({
  method: 'post',
  path: '/v1/passkeys/step-up',
  operationId: 'beginPasskeyStepUp',
  summary: 'Begin to sign what one is about to do, in a browser',
  description:
    'The challenge is made of exactly that. Show the person the words before the browser asks for the passkey.',
  rule: 'person',
  tags,
  request: { body: body(stepUpBody) },
  responses: {
    201: json('What is signed, and what the browser signs it with', stepUpShape),
    ...problemsOf(
      ...bodyProblems,
      'forbidden',
      'not-found',
      'unknown-reference',
      'passkey-refused',
      'passkeys-unavailable',
    ),
  },
});

const signed = declare({
  method: 'post',
  path: '/v1/passkeys/step-up/answer',
  operationId: 'completePasskeyStepUp',
  summary: 'Step the session up with what was signed',
  description: 'The session’s token is replaced. The id stands for the signature for five minutes.',
  rule: 'person',
  tags,
  request: { body: body(answerBody) },
  responses: {
    201: json('The session is stepped up', steppedUpShape),
    ...problemsOf(...bodyProblems, 'forbidden', 'passkey-refused', 'passkeys-unavailable'),
  },
});

export function passkeyRoutes(app: Api): void {
  app.openapi(list, async (c) => {
    const { limit, cursor, person } = c.req.valid('query');
    const wish = { person, page: pageWish({ limit, cursor }) };
    const page = await findPasskeys(c.get('deps'), c.get('principal'), wish);
    return c.json({ items: page.items, next_cursor: cursorAfter(page.next) }, 200);
  });
  app.openapi(begin, async (c) =>
    c.json({ ...(await beginEnrolment(c.get('deps'), c.get('principal'), await markBrowser(c))) }, 201),
  );
  app.openapi(make, async (c) => {
    const { name, credential: response } = c.req.valid('json');
    const making = { name, response, browser: await markOf(c) };
    return c.json(await completeEnrolment(c.get('deps'), c.get('principal'), making), 201);
  });
  app.openapi(revoke, async (c) => {
    const { reason } = c.req.valid('json');
    const key = idempotencyOf(c.req, c.req.valid('header'), { reason });
    const { id } = c.req.valid('param');
    return c.json(await revokePasskey(c.get('deps'), c.get('principal'), id, reason, key), 201);
  });
  app.openapi(rename, async (c) => {
    const { name } = c.req.valid('json');
    const key = idempotencyOf(c.req, c.req.valid('header'), { name });
    const { id } = c.req.valid('param');
    return c.json(await namePasskey(c.get('deps'), c.get('principal'), { id, name }, key), 201);
  });
  app.openapi(sign, async (c) => {
    const what = c.req.valid('json').for;
    const { id, signs, options } = await beginStepUp(
      c.get('deps'),
      c.get('principal'),
      what,
      await markBrowser(c),
    );
    return c.json({ id, signs, options: { ...options } }, 201);
  });
  app.openapi(signed, async (c) => {
    const session = await openSession(c);
    if (!session)
      throw new TenureError('forbidden', 'Passkeys are made and used in a browser. Sign in there.');
    const { credential: response } = c.req.valid('json');
    const back = { response, session, browser: await markOf(c) };
    const { cookie, id, amr, authTime } = await completeStepUp(c.get('deps'), c.get('principal'), back);
    await writeSessionCookie(c, cookie);
    return c.json({ id, amr, auth_time: authTime }, 201);
  });
}
