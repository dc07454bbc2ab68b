import { execFile, spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Where and as whom to sign in. */
export interface Login {
  host: string;
  port: number;
  database: string;
  username: string;
  password: string;
}

/** What came of a login: rows as text, or the server's own refusal. */
export interface LoginOutcome {
  ok: boolean;
  text: string;
}

/** A session that stays open. */
export interface HeldSession {
  /** Resolves, with what was said last, when the session is gone. */
  ended: Promise<string>;
  close(): void;
}

/** A client for PostgreSQL that shares no code with the product. It finds its login where psql does. */
export interface ForeignClient {
  name: string;
  command: string;
  /** Before a statement to run once. */
  once: readonly string[];
  /** To read statements from its input, a line each. */
  lasting: readonly string[];
}

const run = promisify(execFile);
const script = fileURLToPath(new URL('foreign-client.py', import.meta.url));

const known: readonly ForeignClient[] = [
  { name: 'psql', command: 'psql', once: ['-XAtwc'], lasting: ['-XAtw'] },
  { name: 'Python and nothing but its own library', command: 'python3', once: [script], lasting: [script] },
];

/** Those that this machine has. @throws Error when it has none: what then signs in would be the product's own driver. */
export function foreignClients(): [ForeignClient, ...ForeignClient[]] {
  const [first, ...others] = known.filter(({ command }) => spawnSync(command, ['--version']).status === 0);
  if (!first)
    throw new Error('The tests sign in with a client that is not ours: put python3 or psql on PATH.');
  return [first, ...others];
}

let usual: ForeignClient | undefined;

/** The first of them. */
function usualClient(): ForeignClient {
  usual ??= foreignClients()[0];
  return usual;
}

/** Signs in with a client that is not ours, runs one statement and leaves. */
export async function signIn(
  login: Login,
  statement = 'select 1',
  client: ForeignClient = usualClient(),
): Promise<LoginOutcome> {
  try {
    const { stdout } = await run(client.command, [...client.once, statement], { env: environmentOf(login) });
    return { ok: true, text: stdout.trim() };
  } catch (error) {
    return {
      ok: false,
      text: error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error),
    };
  }
}

/** Opens a session and keeps it until somebody ends it. Resolves when the session answers. */
export async function holdSession(login: Login, client: ForeignClient = usualClient()): Promise<HeldSession> {
  const child = spawn(client.command, client.lasting, {
    env: environmentOf(login),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('session-open')) resolve();
    });
    child.once('close', () => reject(new Error(`The session did not open: ${said}`)));
  });
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  child.stdin.on('error', () => undefined);
  child.stdin.write("select 'session-' || 'open';\n");
  // A client notices the end of its session when it next asks for something.
  const asking = setInterval(() => child.stdin.write('select 1;\n'), 100);
  const ended = new Promise<string>((resolve) => {
    child.once('close', () => {
      clearInterval(asking);
      resolve(said);
    });
  });
  await ready;
  return { ended, close: () => child.kill() };
}

function environmentOf(login: Login): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    LC_ALL: 'C',
    PGHOST: login.host,
    PGPORT: String(login.port),
    PGDATABASE: login.database,
    PGUSER: login.username,
    PGPASSWORD: login.password,
    PGCONNECT_TIMEOUT: '10',
  };
}
