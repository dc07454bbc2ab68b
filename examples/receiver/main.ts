import { readFileSync } from 'node:fs';
import { Server } from 'node:http';
import { parseArgs } from 'node:util';
import type { ExistingUser } from './accounts.ts';
import { createReceiver } from './receiver.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '4000' },
    'secret-file': { type: 'string' },
    state: { type: 'string' },
    users: { type: 'string' },
  },
});
const secretFile = values['secret-file'];
if (secretFile === undefined) {
  process.stderr.write(
    'usage: main.ts --secret-file <file> [--port 4000] [--state <file>] [--users <file>]\n',
  );
  process.exit(2);
}

// A file and not an argument: everybody on the machine can see those.
const secrets = readFileSync(secretFile, 'utf8').split('\n').filter(Boolean);
// The users that the application has already, as its own database would know them.
const users: ExistingUser[] =
  values.users === undefined ? [] : JSON.parse(readFileSync(values.users, 'utf8'));
const receiver = createReceiver({ secrets, stateFile: values.state, users });
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
