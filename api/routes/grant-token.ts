import { type SigningKeys } from '../../db/signing-keys.ts';
import { issueGrantToken } from '../operations/issue-grant-token.ts';
import { recently } from '../recent.ts';
import { type Api, bodyProblems, declare, problemsOf } from '../route.ts';
import { nothingBody } from '../schemas/customer.ts';
import { grantTokenShape, jwksShape } from '../schemas/grant-token.ts';
import { grantId } from './grant.ts';

const issue = declare({
  method: 'post',
  path: '/v1/grants/{id}/token',
  operationId: 'issueGrantToken',
  summary: 'A token that says that the grant is held',
  description:
    'A JWT (`typ: grant+jwt`, RS256) for applications that check without asking: `sub` is the person, `aud` the resource’s key, `grant` what is held. It ends after five minutes, and never after the grant. Its keys are at `/.well-known/jwks.json`. An Idempotency-Key is ignored.',
  rule: 'holder',
  tags: ['Grants'],
  request: { params: grantId, body: { content: { 'application/json': { schema: nothingBody } } } },
  responses: {
    201: { description: 'The token', content: { 'application/json': { schema: grantTokenShape } } },
    ...problemsOf(
      ...bodyProblems,
      'forbidden',
      'step-up-required',
      'refused-by-policy',
      'not-found',
      'not-held',
      'already-ended',
    ),
  },
});

const jwks = declare({
  method: 'get',
  path: '/.well-known/jwks.json',
  operationId: 'publishedKeys',
  summary: 'The keys that what leaves here is signed with',
  description:
    'RFC 7517: the former one, the one in use and the next. They change every thirty days; keep them for a day, and look again for one that you do not know.',
  rule: 'public',
  tags: ['Grants'],
  responses: {
    200: { description: 'The keys', content: { 'application/json': { schema: jwksShape } } },
    ...problemsOf(),
  },
});

export function grantTokenRoutes(app: Api, signingKeys: SigningKeys): void {
  const published = recently(() => signingKeys.published(Date.now()));
  app.openapi(issue, async (c) => {
    const { id } = c.req.valid('param');
    return c.json(await issueGrantToken(c.get('deps'), signingKeys, c.get('principal'), id), 201);
  });
  app.openapi(jwks, async (c) => {
    const kept = await published();
    // Until the first are made none are kept by anybody: whoever has a token asks for its key next.
    const keys = kept.length > 0 ? kept : await signingKeys.published(Date.now());
    c.header('cache-control', keys.length > 0 ? 'public, max-age=3600' : 'no-store');
    return c.json({ keys: keys.map(({ jwk }) => jwk) }, 200);
  });
}
