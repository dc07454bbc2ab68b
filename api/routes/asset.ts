import { z } from '@hono/zod-openapi';
import { TenureError } from '../../domain/errors.ts';
import { findAsset } from '../console/assets.ts';
import { type Api, declare, problemsOf } from '../route.ts';

const route = declare({
  method: 'get',
  path: '/assets/{file}',
  operationId: 'getAsset',
  summary: 'What the pages need beside themselves',
  description: 'The name of a file changes with its content, so that it may be kept for ever.',
  rule: 'public',
  tags: ['Pages'],
  request: { params: z.object({ file: z.string() }) },
  responses: {
    200: {
      description: 'The file',
      content: { 'application/octet-stream': { schema: z.string() } },
    },
    ...problemsOf('not-found'),
  },
});

export function assetRoutes(app: Api): void {
  app.openapi(route, (c) => {
    const found = findAsset(c.req.valid('param').file);
    if (!found) throw new TenureError('not-found', 'There is no such file.');
    const { bytes, gzip, type } = found;
    const headers = {
      'content-type': type,
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'accept-encoding',
    };
    const takesGzip = gzip !== null && /\bgzip\b/.test(c.req.header('accept-encoding') ?? '');
    return takesGzip
      ? c.body(gzip, 200, { ...headers, 'content-encoding': 'gzip' })
      : c.body(bytes, 200, headers);
  });
}
