import { showCredential } from '../operations/show-credential.ts';
import { type Api, bodyProblems, declare, problemsOf } from '../route.ts';
import { credentialBody, credentialShape } from '../schemas/credential.ts';
import { requestId } from './access-request.ts';

const credential = declare({
  method: 'post',
  path: '/v1/access-requests/{id}/credential',
  operationId: 'showCredential',
  summary: 'Show the credential, once',
  description:
    'With `replace` a new one is made, which ends the sessions that were opened with the old one. An Idempotency-Key is ignored.',
  rule: 'holder',
  tags: ['Credentials'],
  request: { params: requestId, body: { content: { 'application/json': { schema: credentialBody } } } },
  responses: {
    200: {
      description: 'What to sign in with',
      content: { 'application/json': { schema: credentialShape } },
    },
    ...problemsOf(
      ...bodyProblems,
      'forbidden',
      'step-up-required',
      'not-found',
      'not-held',
      'already-ended',
      'credential-already-shown',
      'target-unavailable',
    ),
  },
});

export function credentialRoutes(app: Api): void {
  app.openapi(credential, async (c) => {
    const { id } = c.req.valid('param');
    const replace = c.req.valid('json').replace ?? false;
    const shown = await showCredential(c.get('deps'), c.get('principal'), id, { replace });
    return c.json(shown, 200);
  });
}
