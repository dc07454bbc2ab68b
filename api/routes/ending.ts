import { cancelAccessRequest } from '../operations/cancel-access-request.ts';
import { returnAccess } from '../operations/return-access.ts';
import { revokeAccess } from '../operations/revoke-access.ts';
import { idempotencyHeader, idempotencyOf } from '../guards/idempotency-key.ts';
import { type Api, declare, problemsOf, writeProblems } from '../route.ts';
import { endingBody, endingShape, revocationBody } from '../schemas/ending.ts';
import { requestId } from './access-request.ts';
import { grantId } from './grant.ts';

const tags = ['Endings'];
const recorded = {
  description: 'What was recorded',
  content: { 'application/json': { schema: endingShape } },
};
const withReason = { content: { 'application/json': { schema: revocationBody } }, required: true } as const;
const withNothing = { content: { 'application/json': { schema: endingBody } } } as const;

const revocation = {
  method: 'post',
  summary: 'End it by somebody else’s will',
  description: 'What has not begun is cancelled by it.',
  rule: 'revoker',
  tags,
  responses: {
    201: recorded,
    ...problemsOf(...writeProblems, 'forbidden', 'not-found', 'already-ended', 'no-longer-waiting'),
  },
} as const;

const giveBack = {
  method: 'post',
  summary: 'Give access back before its end',
  rule: 'holder',
  tags,
  responses: {
    201: recorded,
    ...problemsOf(...writeProblems, 'forbidden', 'not-found', 'not-held', 'already-ended'),
  },
} as const;

const revokeRequest = declare({
  ...revocation,
  path: '/v1/access-requests/{id}/revocation',
  operationId: 'revokeAccessRequest',
  request: { params: requestId, headers: idempotencyHeader, body: withReason },
});

const revokeGrant = declare({
  ...revocation,
  path: '/v1/grants/{id}/revocation',
  operationId: 'revokeGrant',
  request: { params: grantId, headers: idempotencyHeader, body: withReason },
});

const returnRequest = declare({
  ...giveBack,
  path: '/v1/access-requests/{id}/return',
  operationId: 'returnAccessRequest',
  request: { params: requestId, headers: idempotencyHeader, body: withNothing },
});

const returnGrant = declare({
  ...giveBack,
  path: '/v1/grants/{id}/return',
  operationId: 'returnGrant',
  request: { params: grantId, headers: idempotencyHeader, body: withNothing },
});

const cancel = declare({
  method: 'post',
  path: '/v1/access-requests/{id}/cancellation',
  operationId: 'cancelAccessRequest',
  summary: 'Withdraw a request before access begins',
  rule: 'requester',
  tags,
  request: { params: requestId, headers: idempotencyHeader, body: withNothing },
  responses: {
    201: recorded,
    ...problemsOf(...writeProblems, 'forbidden', 'not-found', 'no-longer-waiting', 'already-ended'),
  },
});

export function endingRoutes(app: Api): void {
  app.openapi(revokeRequest, async (c) => {
    const body = c.req.valid('json');
    const key = idempotencyOf(c.req, c.req.valid('header'), body);
    const name = { request: c.req.valid('param').id };
    return c.json(await revokeAccess(c.get('deps'), c.get('principal'), name, body.reason, key), 201);
  });
  app.openapi(revokeGrant, async (c) => {
    const body = c.req.valid('json');
    const key = idempotencyOf(c.req, c.req.valid('header'), body);
    const name = { grant: c.req.valid('param').id };
    return c.json(await revokeAccess(c.get('deps'), c.get('principal'), name, body.reason, key), 201);
  });
  app.openapi(returnRequest, async (c) => {
    const body = c.req.valid('json');
    const key = idempotencyOf(c.req, c.req.valid('header'), body);
    const name = { request: c.req.valid('param').id };
    return c.json(await returnAccess(c.get('deps'), c.get('principal'), name, body.reason ?? null, key), 201);
  });
  app.openapi(returnGrant, async (c) => {
    const body = c.req.valid('json');
    const key = idempotencyOf(c.req, c.req.valid('header'), body);
    const name = { grant: c.req.valid('param').id };
    return c.json(await returnAccess(c.get('deps'), c.get('principal'), name, body.reason ?? null, key), 201);
  });
  app.openapi(cancel, async (c) => {
    const body = c.req.valid('json');
    const key = idempotencyOf(c.req, c.req.valid('header'), body);
    const { id } = c.req.valid('param');
    return c.json(
      await cancelAccessRequest(c.get('deps'), c.get('principal'), id, body.reason ?? null, key),
      201,
    );
  });
}
