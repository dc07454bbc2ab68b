import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../bin/local/ports.ts';
import { type PostgresServer, PostgresStartError, startPostgres } from '../../bin/local/postgres.ts';
import { freshFolder, serverUser } from '../../bin/local/server-user.ts';
import { type ClusterTemplate, clusterCopy, emptyTemplate } from './cluster-template.ts';

/** How an ephemeral server differs from the usual one. */
export interface EphemeralPostgresOptions {
  /** Settings as in postgresql.conf. Nothing is flushed to disk unless `fsync: 'on'` is given. */
  readonly settings?: Readonly<Record<string, string>>;
  /** What it begins with in a run of many tests; `known` says whether it did. */
  readonly template?: ClusterTemplate;
}

/** A PostgreSQL server of a test's own. */
export interface EphemeralPostgres {
  /** Connects as the owner (superuser `tenure_owner`) to the database `postgres`. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly logFile: string;
  /** What its template says of what is in it; null when it began empty. */
  readonly known: string | null;
  /** Stops the server and removes its folder. Safe to repeat. */
  stop(): Promise<void>;
  /** Ends the server and its sessions by SIGKILL and keeps its data; `start` brings it back on the same port. */
  kill(): Promise<void>;
  /** Starts the server again after `kill`. */
  start(): Promise<void>;
}

const testSettings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  shared_buffers: '32MB',
};

/** Starts a PostgreSQL server on a temporary folder and a free port, in about a second. */
export async function ephemeralPostgres(options: EphemeralPostgresOptions = {}): Promise<EphemeralPostgres> {
  const folder = freshFolder('tenure-pg-', serverUser());
  const logFile = join(folder, 'server.log');
  const { password, known, copyTo } = await clusterCopy(options.template ?? emptyTemplate);
  await copyTo(join(folder, 'data'));
  const startOn = (port: number): Promise<PostgresServer> =>
    startPostgres({
      dataDir: join(folder, 'data'),
      port,
      password,
      logFile,
      settings: { ...testSettings, ...options.settings },
    });
  let server: PostgresServer;
  for (let attempt = 1; ; attempt += 1) {
    try {
      server = await startOn(await freePort());
      break;
    } catch (error) {
      // Another process took the port between our choice and the server's bind.
      if (error instanceof PostgresStartError && error.portTaken && attempt < 5) continue;
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }
  const { url, port } = server;
  return {
    url,
    port,
    get pid() {
      return server.pid;
    },
    logFile,
    known,
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
    kill: () => server.kill(),
    start: async () => {
      server = await startOn(port);
    },
  };
}
