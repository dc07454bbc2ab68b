import { statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { isListening, isPortFree } from './ports.ts';
import { type Exit, lastWords, type RunningProcess, startProcess } from './running-process.ts';
import { type DevServerPlace, devServerArguments, searchAttributeNames } from './temporal-arguments.ts';

/** How to start one development server. */
export interface TemporalOptions extends DevServerPlace {
  /** The path of the command `temporal`. */
  readonly executable: string;
  /** Where the server writes, appended. */
  readonly logFile: string;
  /** In a process group of its own, so that Ctrl-C in the terminal does not reach it. */
  readonly detached?: boolean;
  /** Told the process's id before the server is ready. */
  readonly onSpawn?: (pid: number) => void;
}

/** A running development server. */
export interface TemporalServer {
  /** As in TEMPORAL_ADDRESS: `127.0.0.1:<port>`. */
  readonly address: string;
  readonly pid: number;
  /** Settles when the server's process has ended, however. */
  readonly exited: Promise<Exit>;
  /** Stops cleanly; after 10 s by SIGKILL. Safe to repeat. */
  stop(): Promise<void>;
  /** Ends the process by SIGKILL, as a crash would, and waits until it is gone. */
  kill(): Promise<void>;
}

/** A server that did not become ready; `portTaken` says that another port may help. */
export class TemporalStartError extends Error {
  override readonly name = 'TemporalStartError';
  readonly portTaken: boolean;
  constructor(message: string, portTaken: boolean) {
    super(message);
    this.portTaken = portTaken;
  }
}

const readyLimitMs = 120_000;
const stopLimitMs = 10_000;

/** Whether it serves the namespace and knows the search attributes: a workflow that sets an unknown one hangs. */
async function isReady(address: string, attributes: readonly string[]): Promise<boolean> {
  let connection: Connection | undefined;
  try {
    connection = await Connection.connect({ address, connectTimeout: 2_000 });
    const namespace = 'default';
    await connection.workflowService.describeNamespace({ namespace });
    const known = await connection.operatorService.listSearchAttributes({ namespace });
    return attributes.every((name) => name in known.customAttributes);
  } catch {
    return false;
  } finally {
    await connection?.close();
  }
}

async function waitUntilReady(address: string, port: number, server: RunningProcess): Promise<boolean> {
  const attributes = await searchAttributeNames();
  const deadline = Date.now() + readyLimitMs;
  while (server.exit() === undefined && Date.now() < deadline) {
    // Asked before anything listens, the client would wait a whole second before it asks again.
    if ((await isListening(port)) && (await isReady(address, attributes))) return true;
    await delay(50);
  }
  return false;
}

/**
 * Starts Temporal's development server on 127.0.0.1 with the arguments of `temporal-dev.yml`, and waits until it
 * serves the namespace `default` with our search attributes.
 *
 * @throws {@link TemporalStartError} when it does not become ready within two minutes.
 */
export async function startTemporal(options: TemporalOptions): Promise<TemporalServer> {
  const { logFile } = options;
  if (options.dbFilename !== undefined)
    await mkdir(dirname(options.dbFilename), { recursive: true, mode: 0o700 });
  if (!(await isPortFree(options.port))) {
    throw new TemporalStartError(`Port ${options.port} is in use by another process.`, true);
  }
  const offset = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  const server = await startProcess({
    command: options.executable,
    words: await devServerArguments(options),
    cwd: '/',
    // The command reads TEMPORAL_* variables and files in the user's home; neither may reach our server.
    environment: {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      HOME: dirname(options.dbFilename ?? logFile),
      TZ: 'UTC',
    },
    logFile,
    detached: options.detached ?? false,
  });
  options.onSpawn?.(server.pid);
  const address = `127.0.0.1:${options.port}`;
  if (!(await waitUntilReady(address, options.port, server)) || server.exit() !== undefined) {
    await server.end('SIGKILL', stopLimitMs);
    const said = await lastWords(logFile, offset);
    throw new TemporalStartError(
      `Temporal's server did not become ready on port ${options.port}: ${said}`,
      /address already in use|can't (bind|set) port/iu.test(said),
    );
  }
  return {
    address,
    pid: server.pid,
    exited: server.exited,
    // A clean stop takes a second; a server without a file has nothing to gain from it.
    stop: () => server.end(options.dbFilename === undefined ? 'SIGKILL' : 'SIGINT', stopLimitMs),
    kill: () => server.end('SIGKILL', stopLimitMs),
  };
}
