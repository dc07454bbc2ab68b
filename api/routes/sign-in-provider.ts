import type { z } from '@hono/zod-openapi';
import { idempotencyHeader, idempotencyOf } from '../guards/idempotency-key.ts';
import {
  changeProvider,
  draftProvider,
  findProviders,
  letProviderLive,
  type ProviderWish,
  retireProvider,
  showProvider,
  signOutOfProvider,
  tryProvider,
} from '../operations/change-sign-in-provider.ts';
import { type Api, bodyProblems, declare, problemsOf, writeProblems } from '../route.ts';
import { idParam } from '../schemas/common.ts';
import { nothingBody, reasonBody } from '../schemas/customer.ts';
import {
  providerBody,
  providerListShape,
  providerShape,
  signedOutShape,
  trialShape,
} from '../schemas/sign-in.ts';
import { markBrowser } from '../sign-in/cookies.ts';

const tags = ['Sign-in'];
export const organizationId = idParam('An organization’s id or key: the vendor’s or a customer’s.', 'acme');
const providerId = idParam('A provider’s id.', 'idp_01kb3x4r7tf8q1a4s7d0f3g6hj');
const theProvider = {
  description: 'The provider',
  content: { 'application/json': { schema: providerShape } },
};

const list = declare({
  method: 'get',
  path: '/v1/organizations/{id}/sign-in-providers',
  operationId: 'listSignInProviders',
  summary: 'Through whom an organization’s people sign in, and did before; newest first',
  rule: 'sign-in-manager',
  tags,
  request: { params: organizationId },
  responses: {
    200: { description: 'All of them', content: { 'application/json': { schema: providerListShape } } },
    ...problemsOf('unauthenticated', 'forbidden', 'not-found'),
  },
});

const draft = declare({
  method: 'post',
  path: '/v1/organizations/{id}/sign-in-providers',
  operationId: 'draftSignInProvider',
  summary: 'Write down an identity provider, as a draft',
  description:
    'It is looked at: one that does not answer, calls itself otherwise, has no TLS or signs with nothing that can be checked is refused. Nobody signs in through it until it was tried and goes live. An Idempotency-Key is ignored.',
  rule: 'sign-in-manager',
  tags,
  request: {
    params: organizationId,
    body: { content: { 'application/json': { schema: providerBody } }, required: true },
  },
  responses: {
    201: theProvider,
    ...problemsOf(...bodyProblems, 'forbidden', 'not-found', 'provider-refused', 'role-not-allowed'),
  },
});

const get = declare({
  method: 'get',
  path: '/v1/sign-in-providers/{id}',
  operationId: 'getSignInProvider',
  summary: 'One identity provider; its secret is never shown',
  rule: 'sign-in-manager',
  tags,
  request: { params: providerId },
  responses: { 200: theProvider, ...problemsOf('unauthenticated', 'forbidden', 'not-found') },
});

const change = declare({
  method: 'put',
  path: '/v1/sign-in-providers/{id}',
  operationId: 'changeSignInProvider',
  summary: 'Change a draft',
  description:
    'It has to be tried anew. What is or was live does not change: write a new draft for its place.',
  rule: 'sign-in-manager',
  tags,
  request: {
    params: providerId,
    body: { content: { 'application/json': { schema: providerBody } }, required: true },
  },
  responses: {
    200: theProvider,
    ...problemsOf(
      ...bodyProblems,
      'forbidden',
      'not-found',
      'stale-revision',
      'provider-refused',
      'role-not-allowed',
    ),
  },
});

const trial = declare({
  method: 'post',
  path: '/v1/sign-in-providers/{id}/trial',
  operationId: 'trySignInProvider',
  summary: 'Try a provider in this browser',
  description:
    'Whoever comes back from there with a confirmed address has shown that it works. Nobody is signed in by that. An Idempotency-Key is ignored.',
  rule: 'sign-in-manager',
  tags,
  request: { params: providerId, body: { content: { 'application/json': { schema: nothingBody } } } },
  responses: {
    201: { description: 'Where to go', content: { 'application/json': { schema: trialShape } } },
    ...problemsOf(...bodyProblems, 'forbidden', 'not-found', 'already-ended', 'provider-refused'),
  },
});

const live = declare({
  method: 'post',
  path: '/v1/sign-in-providers/{id}/go-live',
  operationId: 'letSignInProviderLive',
  summary: 'Let a provider that was tried sign people in',
  description:
    'In the place of the one that does; whoever is signed in stays so. Whoever wrote it does not let it live, and for a customer with administrators one of the two is one of its own.',
  rule: 'sign-in-manager',
  tags,
  request: {
    params: providerId,
    headers: idempotencyHeader,
    body: { content: { 'application/json': { schema: nothingBody } } },
  },
  responses: {
    201: theProvider,
    ...problemsOf(
      ...writeProblems,
      'forbidden',
      'not-found',
      'self-approval',
      'not-tried',
      'not-proven',
      'nothing-to-change',
    ),
  },
});

const retirement = declare({
  method: 'post',
  path: '/v1/sign-in-providers/{id}/retirement',
  operationId: 'retireSignInProvider',
  summary: 'Retire a provider',
  description: 'Nobody signs in through it any more, and whoever did is signed out.',
  rule: 'sign-in-manager',
  tags,
  request: {
    params: providerId,
    headers: idempotencyHeader,
    body: { content: { 'application/json': { schema: reasonBody } }, required: true },
  },
  responses: {
    201: theProvider,
    ...problemsOf(...writeProblems, 'forbidden', 'not-found', 'already-ended'),
  },
});

const signOut = declare({
  method: 'post',
  path: '/v1/sign-in-providers/{id}/sign-out',
  operationId: 'signOutOfSignInProvider',
  summary: 'Sign everybody out who signed in through a provider',
  description: 'At once, the caller too if they came by it. They may sign in again.',
  rule: 'sign-in-manager',
  tags,
  request: {
    params: providerId,
    headers: idempotencyHeader,
    body: { content: { 'application/json': { schema: reasonBody } }, required: true },
  },
  responses: {
    201: { description: 'They are signed out', content: { 'application/json': { schema: signedOutShape } } },
    ...problemsOf(...writeProblems, 'forbidden', 'not-found'),
  },
});

export function signInProviderRoutes(app: Api): void {
  app.openapi(list, async (c) =>
    c.json(await findProviders(c.get('deps'), c.get('principal'), c.req.valid('param').id), 200),
  );
  app.openapi(draft, async (c) => {
    const wish = wishOf(c.req.valid('json'));
    return c.json(await draftProvider(c.get('deps'), c.get('principal'), c.req.valid('param').id, wish), 201);
  });
  app.openapi(get, async (c) =>
    c.json(await showProvider(c.get('deps'), c.get('principal'), c.req.valid('param').id), 200),
  );
  app.openapi(change, async (c) => {
    const wish = wishOf(c.req.valid('json'));
    return c.json(
      await changeProvider(c.get('deps'), c.get('principal'), c.req.valid('param').id, wish),
      200,
    );
  });
  app.openapi(trial, async (c) => {
    const { id } = c.req.valid('param');
    const browser = await markBrowser(c);
    return c.json(await tryProvider(c.get('deps'), c.get('signIn'), c.get('principal'), id, browser), 201);
  });
  app.openapi(live, async (c) => {
    const key = idempotencyOf(c.req, c.req.valid('header'), c.req.valid('json'));
    const { id } = c.req.valid('param');
    return c.json(await letProviderLive(c.get('deps'), c.get('principal'), id, key), 201);
  });
  app.openapi(retirement, async (c) => {
    const body = c.req.valid('json');
    const key = idempotencyOf(c.req, c.req.valid('header'), body);
    const { id } = c.req.valid('param');
    return c.json(await retireProvider(c.get('deps'), c.get('principal'), id, body.reason, key), 201);
  });
  app.openapi(signOut, async (c) => {
    const body = c.req.valid('json');
    const key = idempotencyOf(c.req, c.req.valid('header'), body);
    const { id } = c.req.valid('param');
    return c.json(await signOutOfProvider(c.get('deps'), c.get('principal'), id, body.reason, key), 201);
  });
}

/** What a provider’s body asks for, in our own words. */
export function wishOf(body: z.infer<typeof providerBody>): ProviderWish {
  const { name, issuer, client_id: clientId, client_secret: clientSecret, claims = {}, replaces } = body;
  const { group_roles: groupRoles, new_people: newPeople, default_role: defaultRole } = body;
  const { email_verified: emailVerified, ...rest } = claims;
  const given = Object.entries({ ...rest, emailVerified }).filter(([, value]) => value !== undefined);
  const mapping = { groupRoles, newPeople, defaultRole, replaces };
  return { name, issuer, clientId, clientSecret, claims: Object.fromEntries(given), ...mapping };
}
