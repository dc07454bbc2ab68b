import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { serve } from '@hono/node-server';
import { createApplication } from './application.ts';

const { values } = parseArgs({
  options: {
    tenure: { type: 'string', default: 'http://localhost:3000' },
    'token-file': { type: 'string' },
    port: { type: 'string', default: '4100' },
  },
});
const tokenFile = values['token-file'];
if (tokenFile === undefined) {
  process.stderr.write('usage: main.ts --token-file <file> [--tenure http://localhost:3000] [--port 4100]\n');
  process.exit(2);
}

// A file and not an argument: everybody on the machine can see those.
const token = readFileSync(tokenFile, 'utf8').trim();
const application = createApplication({ tenure: values.tenure, token });
const server = serve({ fetch: application.fetch, port: Number(values.port), hostname: '127.0.0.1' }, () => {
  process.stdout.write(`ready http://127.0.0.1:${values.port}\n`);
});
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => server.close(() => process.exit(0)));
