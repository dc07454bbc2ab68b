import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import postgres from 'postgres';

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

const run = promisify(execFile);

/** Whether PostgreSQL's own command is here; else the tests sign in with the driver, which shares no code with the product's SCRAM. */
export async function hasPsql(): Promise<boolean> {
  return run('psql', ['--version']).then(
    () => true,
    () => false,
  );
}

/** Signs in with a client that is not ours, runs one statement and leaves. */
export async function signIn(login: Login, statement = 'select 1'): Promise<LoginOutcome> {
  if (!(await hasPsql())) return signInByDriver(login, statement);
  try {
    const { stdout } = await run('psql', ['-X', '-At', '-c', statement], { env: environmentOf(login) });
    return { ok: true, text: stdout.trim() };
  } catch (error) {
    return {
      ok: false,
      text: error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error),
    };
  }
}

/** Opens a session and keeps it until somebody ends it. Resolves when the session answers. */
export async function holdSession(login: Login): Promise<HeldSession> {
  if (!(await hasPsql())) return holdByDriver(login);
  const child = spawn('psql', ['-X', '-At'], { env: environmentOf(login), stdio: ['pipe', 'pipe', 'pipe'] });
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
  // psql notices the end of its session when it next asks for something.
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
    PGHOST: login.host,
    PGPORT: String(login.port),
    PGDATABASE: login.database,
    PGUSER: login.username,
    PGPASSWORD: login.password,
    PGCONNECT_TIMEOUT: '5',
  };
}

async function signInByDriver(login: Login, statement: string): Promise<LoginOutcome> {
  const sql = postgres({ ...login, max: 1, fetch_types: false, onnotice: () => undefined });
  try {
    const rows = await sql.unsafe(statement).values();
    return { ok: true, text: rows.map((row) => row.join('|')).join('\n') };
  } catch (error) {
    return { ok: false, text: error instanceof Error ? error.message : String(error) };
  } finally {
    await sql.end({ timeout: 1 });
  }
}

async function holdByDriver(login: Login): Promise<HeldSession> {
  let gone: (said: string) => void = () => undefined;
  const ended = new Promise<string>((resolve) => {
    gone = resolve;
  });
  const sql = postgres({
    ...login,
    max: 1,
    fetch_types: false,
    onclose: () => gone('terminating connection due to administrator command'),
  });
  await sql`select 1`;
  return { ended, close: () => void sql.end({ timeout: 1 }) };
}
