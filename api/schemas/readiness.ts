import { z } from '@hono/zod-openapi';

const standing = z.enum(['up', 'down']);

export const healthShape = z.object({ status: z.literal('ok') }).openapi('Health');

export const readinessShape = z
  .object({ ledger: standing, engine: standing, worker: standing, reaper: standing })
  .openapi('Readiness', { example: { ledger: 'up', engine: 'up', worker: 'up', reaper: 'up' } });
