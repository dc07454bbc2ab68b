import { idempotencyHeader, idempotencyOf } from '../guards/idempotency-key.ts';
import {
  findServiceTokens,
  makeServiceToken,
  revokeServiceToken,
} from '../operations/change-service-token.ts';
import { type Api, bodyProblems, declare, problemsOf, writeProblems } from '../route.ts';
import { idParam } from '../schemas/common.ts';
import { nothingBody } from '../schemas/customer.ts';
import {
  madeServiceTokenShape,
  serviceTokenBody,
  serviceTokenListShape,
  serviceTokenShape,
} from '../schemas/service-token.ts';

const tags = ['AuthZEN'];
const tokenId = idParam('A token’s id.', 'svt_01kb3x6m2pf4r7t0w3y6b9e2hk');

const list = declare({
  method: 'get',
  path: '/v1/service-tokens',
  operationId: 'listServiceTokens',
  summary: 'The tokens of applications that ask what people may do, of now and before; newest first',
  rule: 'manage-access',
  tags,
  responses: {
    200: { description: 'All of them', content: { 'application/json': { schema: serviceTokenListShape } } },
    ...problemsOf('unauthenticated', 'forbidden'),
  },
});

const make = declare({
  method: 'post',
  path: '/v1/service-tokens',
  operationId: 'makeServiceToken',
  summary: 'Make a token for an application',
  description:
    'Good for `/access/v1` and for nothing else. To rotate: make the second, give it to the application, revoke the first. The token is in this answer and never shown again. An Idempotency-Key is ignored.',
  rule: 'manage-access',
  tags,
  request: { body: { content: { 'application/json': { schema: serviceTokenBody } }, required: true } },
  responses: {
    201: { description: 'The token', content: { 'application/json': { schema: madeServiceTokenShape } } },
    ...problemsOf(...bodyProblems, 'forbidden'),
  },
});

const revocation = declare({
  method: 'post',
  path: '/v1/service-tokens/{id}/revocation',
  operationId: 'revokeServiceToken',
  summary: 'Revoke an application’s token',
  description: 'Within a second nothing is answered to it any more.',
  rule: 'manage-access',
  tags,
  request: {
    params: tokenId,
    headers: idempotencyHeader,
    body: { content: { 'application/json': { schema: nothingBody } } },
  },
  responses: {
    201: { description: 'It is revoked', content: { 'application/json': { schema: serviceTokenShape } } },
    ...problemsOf(...writeProblems, 'forbidden', 'not-found', 'already-ended'),
  },
});

export function serviceTokenRoutes(app: Api): void {
  app.openapi(list, async (c) => c.json(await findServiceTokens(c.get('deps'), c.get('principal')), 200));
  app.openapi(make, async (c) => {
    const { label, for_days: forDays } = c.req.valid('json');
    return c.json(await makeServiceToken(c.get('deps'), c.get('principal'), { label, forDays }), 201);
  });
  app.openapi(revocation, async (c) => {
    const key = idempotencyOf(c.req, c.req.valid('header'), c.req.valid('json'));
    const { id } = c.req.valid('param');
    return c.json(await revokeServiceToken(c.get('deps'), c.get('principal'), id, key), 201);
  });
}
