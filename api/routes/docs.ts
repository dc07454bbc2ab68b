import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { z } from '@hono/zod-openapi';
import { TenureError } from '../../domain/errors.ts';
import { type Api, declare, plainProblems, problemsOf } from '../route.ts';

const tags = ['Documentation'];

const files = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
} as const;
type FileName = keyof typeof files;

const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

/** Nothing from elsewhere and no script in the page itself; the viewer sets styles of its own. */
const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Tenure API</title>
<link rel="icon" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="docs"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

/** Light or dark as the reader's system is, also while it changes. */
const startScript = `const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', follow);
follow();
SwaggerUIBundle({ url: '/openapi.json', dom_id: '#docs', deepLinking: true, validatorUrl: null });
`;

const text = (description: string, type: string) => ({
  description,
  content: { [type]: { schema: z.string() } },
});

const docs = declare({
  method: 'get',
  path: '/docs',
  operationId: 'getDocs',
  summary: 'This API as a page',
  rule: 'public',
  tags,
  responses: { 200: text('The page', 'text/html'), ...plainProblems },
});

const docsFile = declare({
  method: 'get',
  path: '/docs/{file}',
  operationId: 'getDocsFile',
  summary: 'What the page needs',
  rule: 'public',
  tags,
  request: { params: z.object({ file: z.string() }) },
  responses: { 200: text('The file', 'application/octet-stream'), ...problemsOf('not-found') },
});

export function docsRoutes(app: Api): void {
  const cache = new Map<FileName, Promise<Buffer>>();
  const read = (name: FileName) => {
    const known = cache.get(name) ?? readFile(join(folder, name));
    cache.set(name, known);
    return known;
  };
  app.openapi(docs, (c) => c.html(page, 200, { 'content-security-policy': contentSecurityPolicy }));
  app.openapi(docsFile, async (c) => {
    const { file } = c.req.valid('param');
    if (file === 'start.js')
      return c.body(startScript, 200, { 'content-type': 'text/javascript; charset=utf-8' });
    if (!isFile(file)) throw new TenureError('not-found', 'There is no such file.');
    const bytes = new Uint8Array(await read(file));
    return c.body(bytes, 200, { 'content-type': files[file], 'cache-control': 'public, max-age=3600' });
  });
}

function isFile(name: string): name is FileName {
  return Object.hasOwn(files, name);
}
