import { idempotencyHeader, idempotencyOf } from '../guards/idempotency-key.ts';
import { findScimTokens, makeScimToken, revokeScimToken } from '../operations/change-scim-token.ts';
import { type Api, bodyProblems, declare, problemsOf, writeProblems } from '../route.ts';
import { idParam } from '../schemas/common.ts';
import { nothingBody } from '../schemas/customer.ts';
import {
  madeScimTokenShape,
  scimTokenBody,
  scimTokenListShape,
  scimTokenShape,
} from '../schemas/scim-token.ts';

const tags = ['SCIM'];
const customerId = idParam('A customer’s id or key.', 'acme');
const tokenId = idParam('A token’s id.', 'stk_01kb3x6m2pf4r7t0w3y6b9e2hk');

const list = declare({
  method: 'get',
  path: '/v1/organizations/{id}/scim-tokens',
  operationId: 'listScimTokens',
  summary: 'The tokens of a customer’s directory, of now and before; newest first',
  rule: 'sign-in-manager',
  tags,
  request: { params: customerId },
  responses: {
    200: { description: 'All of them', content: { 'application/json': { schema: scimTokenListShape } } },
    ...problemsOf('unauthenticated', 'forbidden', 'not-found'),
  },
});

const make = declare({
  method: 'post',
  path: '/v1/organizations/{id}/scim-tokens',
  operationId: 'makeScimToken',
  summary: 'Make a token for a customer’s directory',
  description:
    'Good for `/scim/v2` of this customer and for nothing else. Two are good at a time: make the second, give it to the directory, revoke the first. The token is in this answer and never shown again. An Idempotency-Key is ignored.',
  rule: 'customer-administrator',
  tags,
  request: {
    params: customerId,
    body: { content: { 'application/json': { schema: scimTokenBody } }, required: true },
  },
  responses: {
    201: { description: 'The token', content: { 'application/json': { schema: madeScimTokenShape } } },
    ...problemsOf(...bodyProblems, 'forbidden', 'not-found', 'token-limit'),
  },
});

const revocation = declare({
  method: 'post',
  path: '/v1/scim-tokens/{id}/revocation',
  operationId: 'revokeScimToken',
  summary: 'Revoke a directory’s token',
  description: 'The next call with it is refused. What it has written stays.',
  rule: 'sign-in-manager',
  tags,
  request: {
    params: tokenId,
    headers: idempotencyHeader,
    body: { content: { 'application/json': { schema: nothingBody } } },
  },
  responses: {
    201: { description: 'It is revoked', content: { 'application/json': { schema: scimTokenShape } } },
    ...problemsOf(...writeProblems, 'forbidden', 'not-found', 'already-ended'),
  },
});

export function scimTokenRoutes(app: Api): void {
  app.openapi(list, async (c) =>
    c.json(await findScimTokens(c.get('deps'), c.get('principal'), c.req.valid('param').id), 200),
  );
  app.openapi(make, async (c) => {
    const { label, for_days: forDays } = c.req.valid('json');
    const { id } = c.req.valid('param');
    return c.json(await makeScimToken(c.get('deps'), c.get('principal'), id, { label, forDays }), 201);
  });
  app.openapi(revocation, async (c) => {
    const key = idempotencyOf(c.req, c.req.valid('header'), c.req.valid('json'));
    const { id } = c.req.valid('param');
    return c.json(await revokeScimToken(c.get('deps'), c.get('principal'), id, key), 201);
  });
}
