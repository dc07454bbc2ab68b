import { statSync } from 'node:fs';
import { mkdir, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import postgres from 'postgres';
import { isPortFree } from './ports.ts';
import { postgresBinaries } from './postgres-binaries.ts';
import { childrenOf, endProcess, signalProcess } from './processes.ts';
import { ensureCluster, freeCluster, ownerRole } from './postgres-cluster.ts';
import { type Exit, lastWords, type RunningProcess, startProcess } from './running-process.ts';
import { type ServerUser, serverUser, sharedCacheFolder } from './server-user.ts';

/** How to start one embedded PostgreSQL server. */
export interface PostgresOptions {
  /** The cluster's folder; made on the first start. As root, its parent must be enterable by the server's account. */
  readonly dataDir: string;
  readonly port: number;
  /** The owner's password. It is set when the cluster is made and must be the same ever after. */
  readonly password: string;
  /** Where the server writes, appended; `<dataDir>.log` unless given. */
  readonly logFile?: string;
  /** Settings as in postgresql.conf, over ours. `fsync: 'off'` is for tests only. */
  readonly settings?: Readonly<Record<string, string>>;
  /** In a process group of its own, so that Ctrl-C in the terminal does not reach it. */
  readonly detached?: boolean;
  /** Told the process's id before the server is ready. */
  readonly onSpawn?: (pid: number) => void;
  /** Where executables may be copied to when they cannot be run from node_modules. */
  readonly binariesFolder?: string;
}

/** A running embedded PostgreSQL server. */
export interface PostgresServer {
  /** Connects as the owner (a superuser) to the database `postgres`. Carries the password. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Settles when the server's process has ended, however. */
  readonly exited: Promise<Exit>;
  /** Ends open sessions and stops cleanly; after 20 s by SIGKILL. Safe to repeat. */
  stop(): Promise<void>;
  /** Ends the process and its sessions by SIGKILL, as a crash of the machine would, and waits until all are gone. */
  kill(): Promise<void>;
}

/** A server that did not become ready; `portTaken` says that another port may help. */
export class PostgresStartError extends Error {
  override readonly name = 'PostgresStartError';
  readonly portTaken: boolean;
  constructor(message: string, portTaken: boolean) {
    super(message);
    this.portTaken = portTaken;
  }
}

const readyLimitMs = 120_000;
const stopLimitMs = 20_000;

const defaults: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] %u@%d ',
};

type Answer = 'ready' | 'not-yet' | 'wrong-password';

async function ask(url: string): Promise<Answer> {
  const sql = postgres(url, { max: 1, connect_timeout: 5, idle_timeout: 1, onnotice: () => undefined });
  try {
    await sql`select 1`;
    return 'ready';
  } catch (error) {
    return error instanceof postgres.PostgresError && error.code === '28P01' ? 'wrong-password' : 'not-yet';
  } finally {
    await sql.end({ timeout: 1 });
  }
}

async function waitUntilReady(url: string, server: RunningProcess): Promise<Answer> {
  const deadline = Date.now() + readyLimitMs;
  while (server.exit() === undefined && Date.now() < deadline) {
    const answer = await ask(url);
    if (answer === 'ready') return answer;
    if (answer === 'wrong-password') {
      // Perhaps said by another server, which took the port a moment ago: then ours is about to end.
      await Promise.race([server.exited, delay(1_000)]);
      return server.exit() === undefined ? answer : 'not-yet';
    }
    await delay(50);
  }
  return 'not-yet';
}

/** Sessions outlive a server that was killed alone until each notices, and answer as if nothing had happened. */
async function killWhole(server: RunningProcess): Promise<void> {
  if (server.exit() !== undefined) return;
  // Stopped first, it starts no session that the list does not hold.
  signalProcess(server.pid, 'SIGSTOP');
  const sessions = childrenOf(server.pid);
  await server.end('SIGKILL', stopLimitMs);
  await Promise.all(sessions.map((pid) => endProcess(pid, 'SIGKILL', stopLimitMs)));
}

async function startOnce(
  executable: string,
  dataDir: string,
  user: ServerUser | undefined,
  options: PostgresOptions,
): Promise<PostgresServer> {
  const { port, logFile = `${dataDir}.log` } = options;
  if (!(await isPortFree(port)))
    throw new PostgresStartError(`Port ${port} is in use by another process.`, true);
  const settings = { ...defaults, ...options.settings, port: String(port) };
  const offset = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  const server = await startProcess({
    command: executable,
    words: [
      '-D',
      dataDir,
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    cwd: '/',
    environment: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
    logFile,
    detached: options.detached ?? false,
    user,
  });
  options.onSpawn?.(server.pid);
  const url = `postgres://${ownerRole}:${encodeURIComponent(options.password)}@127.0.0.1:${port}/postgres`;
  const answer = await waitUntilReady(url, server);
  if (answer !== 'ready' || server.exit() !== undefined) {
    await server.end('SIGINT', 2_000);
    const said = await lastWords(logFile, offset);
    const reason =
      answer === 'wrong-password' ? 'its owner has another password than the one kept here' : said;
    throw new PostgresStartError(
      `PostgreSQL in ${dataDir} did not become ready on port ${port}: ${reason}`,
      /could not bind|Address already in use/u.test(said),
    );
  }
  return {
    url,
    port,
    pid: server.pid,
    exited: server.exited,
    // SIGINT is PostgreSQL's "fast" shutdown: sessions are ended, data is flushed.
    stop: () => server.end('SIGINT', stopLimitMs),
    kill: () => killWhole(server),
  };
}

/** As root, a cluster that is there already is run by its owner, whoever that was: no one else can open its files. */
function clusterUser(dataDir: string): ServerUser | undefined {
  const user = serverUser();
  const found = user === undefined ? undefined : statSync(dataDir, { throwIfNoEntry: false });
  if (user === undefined || found === undefined || found.uid === 0 || found.uid === user.uid) return user;
  return { name: `uid ${found.uid}`, uid: found.uid, gid: found.gid };
}

/**
 * Starts an embedded PostgreSQL (on 127.0.0.1 only, passwords by SCRAM-SHA-256, no Unix socket), making its cluster on
 * the first start. A server that a killed process left on the same folder is ended first, so callers make sure that
 * the folder is theirs. As root the server runs as `postgres` or `nobody`.
 *
 * @throws {@link PostgresStartError} when it does not become ready within two minutes; other errors say what to do.
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const user = clusterUser(options.dataDir);
  const binaries = await postgresBinaries(user, options.binariesFolder ?? sharedCacheFolder(user));
  await mkdir(dirname(options.dataDir), { recursive: true, mode: 0o755 });
  const dataDir = join(await realpath(dirname(options.dataDir)), basename(options.dataDir));
  const durable = options.settings?.['fsync'] !== 'off';
  await ensureCluster(binaries, { dataDir, password: options.password, user, durable });
  await freeCluster(dataDir);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(binaries.postgres, dataDir, user, options);
    } catch (error) {
      // Sessions orphaned by a SIGKILL of their server need a moment to notice; until then it refuses to start.
      const orphans = error instanceof Error && error.message.includes('shared memory block');
      if (!orphans || attempt >= 40) throw error;
      await delay(250);
    }
  }
}
