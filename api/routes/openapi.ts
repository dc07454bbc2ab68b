import { z } from '@hono/zod-openapi';
import { type Api, declare, plainProblems } from '../route.ts';

const openapi = declare({
  method: 'get',
  path: '/openapi.json',
  operationId: 'getOpenApi',
  summary: 'This API as an OpenAPI 3.1 document',
  rule: 'public',
  tags: ['Documentation'],
  responses: {
    200: {
      description: 'The document',
      content: { 'application/json': { schema: z.looseObject({ openapi: z.string() }).openapi('OpenApi') } },
    },
    ...plainProblems,
  },
});

/** Made once, when it is first asked for; the routes do not change afterwards. */
export function openapiRoutes(app: Api, publicUrl: string): void {
  let document: { openapi: string } | null = null;
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description:
      'A short-lived signed token (RFC 9068) that says who calls and, in `amr`, how they signed in.',
  });
  app.openAPIRegistry.registerComponent('securitySchemes', 'session', {
    type: 'apiKey',
    in: 'cookie',
    name: 'tenure-<installation>-session',
    description:
      'A browser that is signed in; with TLS the name begins with `__Host-`. What changes anything also needs the header `x-tenure-csrf` with the token of the session’s own pages.',
  });
  app.openapi(openapi, (c) => {
    document ??= app.getOpenAPI31Document({
      openapi: '3.1.0',
      info: {
        title: 'Tenure',
        version: '1',
        description:
          'Access from its first reason to its last proof: customers and their users come, their roles change, they leave, and temporary access has a beginning, an approver and an end. Instants are UTC with milliseconds, periods ISO 8601 without years and months, errors RFC 9457.',
        license: { name: 'Apache-2.0' },
      },
      servers: [{ url: publicUrl }],
    });
    return c.json(document, 200);
  });
}
