import { readFileSync } from 'node:fs';
import { Server } from 'node:http';
import { parseArgs } from 'node:util';
import { createReceiver } from './receiver.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '4000' },
    'secret-file': { type: 'string' },
    state: { type: 'string' },
  },
});
const secretFile = values['secret-file'];
if (secretFile === undefined) {
  process.stderr.write('usage: main.ts --secret-file <file> [--port 4000] [--state <file>]\n');
  process.exit(2);
}

// A file and not an argument: everybody on the machine can see those.
const secrets = readFileSync(secretFile, 'utf8').split('\n').filter(Boolean);
const receiver = createReceiver({ secrets, stateFile: values.state });
const server = new Server(receiver.listener);
server.listen(Number(values.port), '127.0.0.1', () => {
  process.stdout.write(`ready http://127.0.0.1:${values.port}\n`);
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    server.close(() => {
      receiver.close();
      process.exit(0);
    });
    server.closeIdleConnections();
  });
}
