import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../bin/local/ports.ts';
import { freshFolder, sharedCacheFolder } from '../../bin/local/server-user.ts';
import { startTemporal, type TemporalServer, TemporalStartError } from '../../bin/local/temporal.ts';
import { temporalExecutable, timeSkippingExecutable } from '../../bin/local/temporal-executable.ts';

/** How an ephemeral Temporal server differs from the usual one. */
export interface EphemeralTemporalOptions {
  /** Keeps the server's state in a file, so that `kill` and `start` lose nothing; in memory otherwise. */
  readonly persistent?: boolean;
}

/** A Temporal development server of a test's own. */
export interface EphemeralTemporal {
  /** As in TEMPORAL_ADDRESS. The namespace is `default`. */
  readonly address: string;
  readonly pid: number;
  /** The path of the command `temporal`, with which tests play an operator. */
  readonly executable: string;
  readonly logFile: string;
  /** Stops the server and removes its folder. Safe to repeat. */
  stop(): Promise<void>;
  /** Ends the server by SIGKILL. */
  kill(): Promise<void>;
  /** Starts the server again on the same port; with all it knew if it is persistent, else empty. */
  start(): Promise<void>;
}

/** Starts a development server on a free port without its pages, in about a second. */
export async function ephemeralTemporal(options: EphemeralTemporalOptions = {}): Promise<EphemeralTemporal> {
  const executable = (await temporalExecutable({ folder: sharedCacheFolder() })).path;
  const folder = freshFolder('tenure-temporal-', undefined);
  const logFile = join(folder, 'server.log');
  const file = options.persistent === true ? { dbFilename: join(folder, 'temporal.db') } : {};
  const startOn = (port: number): Promise<TemporalServer> =>
    startTemporal({ executable, port, logFile, ...file });
  let port = await freePort();
  let server: TemporalServer;
  for (let attempt = 1; ; attempt += 1) {
    try {
      server = await startOn(port);
      break;
    } catch (error) {
      // Another process took the port between our choice and the server's bind.
      if (error instanceof TemporalStartError && error.portTaken && attempt < 5) port = await freePort();
      else {
        await rm(folder, { recursive: true, force: true });
        throw error;
      }
    }
  }
  return {
    address: server.address,
    get pid() {
      return server.pid;
    },
    executable,
    logFile,
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

/** The path of Temporal's time-skipping test server, for `executable: {type: 'existing-path', path}`. */
export async function timeSkippingServerPath(): Promise<string> {
  return (await timeSkippingExecutable({ folder: sharedCacheFolder() })).path;
}
