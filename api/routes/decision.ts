import { decideAccessRequest } from '../operations/decide-access-request.ts';
import { idempotencyHeader, idempotencyOf } from '../guards/idempotency-key.ts';
import { type Api, declare, problemsOf, writeProblems } from '../route.ts';
import { decisionBody, decisionShape } from '../schemas/decision.ts';
import { requestId } from './access-request.ts';

const decide = declare({
  method: 'post',
  path: '/v1/access-requests/{id}/decisions',
  operationId: 'decideAccessRequest',
  summary: 'Approve or deny one stage',
  description: 'A comment is required to deny. `stage` is needed only by who may decide more than one.',
  rule: 'approver',
  tags: ['Decisions'],
  request: {
    params: requestId,
    headers: idempotencyHeader,
    body: { content: { 'application/json': { schema: decisionBody } }, required: true },
  },
  responses: {
    201: { description: 'The decision', content: { 'application/json': { schema: decisionShape } } },
    ...problemsOf(
      ...writeProblems,
      'self-approval',
      'not-your-stage',
      'step-up-required',
      'not-found',
      'already-decided',
      'no-longer-waiting',
      'unknown-reference',
    ),
  },
});

export function decisionRoutes(app: Api): void {
  app.openapi(decide, async (c) => {
    const body = c.req.valid('json');
    const key = idempotencyOf(c.req, c.req.valid('header'), body);
    const { id } = c.req.valid('param');
    return c.json(await decideAccessRequest(c.get('deps'), c.get('principal'), id, body, key), 201);
  });
}
