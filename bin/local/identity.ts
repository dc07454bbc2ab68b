import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { createIdentityProvider } from './identity-provider.ts';

// The example's identity provider as a process of the local installation. It signs in whoever says who they are, so it listens on this
// machine alone, and a production installation never starts it.

const shape = z.strictObject({
  clients: z.array(
    z.strictObject({
      id: z.string(),
      secret: z.string(),
      redirectUri: z.url(),
      title: z.string(),
      people: z.array(z.strictObject({ name: z.string(), email: z.string() })),
    }),
  ),
});

const { values } = parseArgs({ options: { port: { type: 'string' }, clients: { type: 'string' } } });
if (process.env['TENURE_ENV'] === 'production') {
  process.stderr.write('The example’s identity provider is not for production: anybody could be anybody.\n');
  process.exit(2);
}
const { clients } = shape.parse(JSON.parse(readFileSync(values.clients ?? '', 'utf8')));
const port = Number(values.port);
const listener = await createIdentityProvider(`http://127.0.0.1:${port}`, clients);
const server = createServer(listener).listen(port, '127.0.0.1');
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});
