import { z } from '@hono/zod-openapi';
import type { ApiDeps } from '../deps.ts';
import { createReadinessCheck } from '../operations/check-readiness.ts';
import type { Metrics } from '../metrics.ts';
import { type Api, declare, plainProblems } from '../route.ts';
import { healthShape, readinessShape } from '../schemas/readiness.ts';

const tags = ['Health'];

const health = declare({
  method: 'get',
  path: '/healthz',
  operationId: 'getHealth',
  summary: 'The process lives',
  rule: 'public',
  tags,
  responses: {
    200: { description: 'It does', content: { 'application/json': { schema: healthShape } } },
    ...plainProblems,
  },
});

const readinessContent = { 'application/json': { schema: readinessShape } };

const readiness = declare({
  method: 'get',
  path: '/readyz',
  operationId: 'getReadiness',
  summary: 'Which parts answer',
  rule: 'public',
  tags,
  responses: {
    200: { description: 'Requests and decisions are accepted', content: readinessContent },
    503: { description: 'Not without the ledger', content: readinessContent },
    ...plainProblems,
  },
});

const metricsRoute = declare({
  method: 'get',
  path: '/metrics',
  operationId: 'getMetrics',
  summary: 'Figures for Prometheus',
  rule: 'public',
  tags,
  responses: {
    200: { description: 'Prometheus text', content: { 'text/plain': { schema: z.string() } } },
    ...plainProblems,
  },
});

export function readinessRoutes(app: Api, deps: ApiDeps, metrics: Metrics): void {
  const checkReadiness = createReadinessCheck(deps);
  app.openapi(health, (c) => c.json({ status: 'ok' as const }, 200));
  app.openapi(readiness, async (c) => {
    const standing = await checkReadiness();
    return c.json(standing, standing.ledger === 'up' ? 200 : 503);
  });
  app.openapi(metricsRoute, async (c) =>
    c.text(await metrics.text(), 200, { 'content-type': metrics.contentType }),
  );
}
