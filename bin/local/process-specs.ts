import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Home } from './home.ts';
import type { ProcessName } from './hold.ts';
import { checkout, nodeScript } from './node-script.ts';
import { type PostgresServer, startPostgres } from './postgres.ts';
import { isListening } from './ports.ts';
import { type RunningProcess, startProcess } from './running-process.ts';
import type { Environment } from './settings.ts';
import type { ProcessSpec, Supervised } from './supervisor.ts';
import { startTemporal } from './temporal.ts';

/** The embedded PostgreSQL servers. */
export type PostgresName = 'ledger' | 'target-eu' | 'target-us';

/** Long enough for an activity to end its step, short enough for a person who waits. */
const drainLimitMs = 15_000;
/** How long the example's application may take to begin listening. */
const startLimitMs = 30_000;

/** Kept for the connector, so that the holders of grants cannot fill a target and so keep out what ends their access. */
const targetSettings = { reserved_connections: '24' };

/** An embedded PostgreSQL; `onStart` hears of each start, the first and every later one. */
export function postgresSpec(
  home: Home,
  place: { name: PostgresName; port: number; password: string },
  onStart: (server: PostgresServer) => void,
): ProcessSpec {
  return {
    name: place.name,
    start: async (spawned) => {
      const server = await startPostgres({
        dataDir: join(home.data, place.name),
        port: place.port,
        password: place.password,
        logFile: join(home.logs, `${place.name}.log`),
        settings: place.name === 'ledger' ? {} : targetSettings,
        binariesFolder: home.executables,
        detached: true,
        onSpawn: spawned,
      });
      onStart(server);
      return server;
    },
  };
}

/** The embedded Temporal. */
export function temporalSpec(
  home: Home,
  place: { executable: string; port: number; uiPort: number },
): ProcessSpec {
  return {
    name: 'temporal',
    start: (spawned) =>
      startTemporal({
        ...place,
        dbFilename: join(home.data, 'temporal', 'temporal.db'),
        logFile: join(home.logs, 'temporal.log'),
        detached: true,
        onSpawn: spawned,
      }),
  };
}

/** The example's application. */
export function applicationSpec(
  home: Home,
  place: { port: number; secretFile: string; stateFile: string },
): ProcessSpec {
  // Some users that it had before anybody told it of any, for trying an import.
  const users = join(checkout, 'examples', 'import', 'northwind-app-users.json');
  const options = {
    port: String(place.port),
    'secret-file': place.secretFile,
    state: place.stateFile,
    users,
  };
  const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const script = join(checkout, 'examples', 'receiver', 'main.ts');
  return foreignSpec(home, { name: 'northwind-app', port: place.port, script, words });
}

/** The example's identity provider. */
export function identitySpec(home: Home, place: { port: number; clientsFile: string }): ProcessSpec {
  const words = ['--port', String(place.port), '--clients', place.clientsFile];
  const script = join(checkout, 'bin', 'local', 'identity.ts');
  return foreignSpec(home, { name: 'identity', port: place.port, script, words });
}

/** Something of the example that stands for somebody else's. It can be used when somebody listens on its port. */
function foreignSpec(
  home: Home,
  place: { name: 'northwind-app' | 'identity'; port: number; script: string; words: readonly string[] },
): ProcessSpec {
  return {
    name: place.name,
    start: async (spawned) => {
      const child = await startProcess({
        ...nodeScript(place.script, ...place.words),
        cwd: checkout,
        // Nothing of ours is its to know.
        environment: {},
        logFile: join(home.logs, `${place.name}.log`),
        detached: true,
      });
      spawned(child.pid);
      await untilListening(place.port, child);
      return supervised(child);
    },
  };
}

async function untilListening(port: number, child: RunningProcess): Promise<void> {
  const giveUpAt = Date.now() + startLimitMs;
  while (!(await isListening(port))) {
    if (child.exit() !== undefined) throw new Error('it ended before anybody could reach it.');
    if (Date.now() > giveUpAt) {
      await child.end('SIGKILL', startLimitMs);
      throw new Error(`it does not listen on port ${port}.`);
    }
    await delay(50);
  }
}

function supervised(child: RunningProcess): Supervised {
  return {
    pid: child.pid,
    exited: child.exited,
    stop: () => child.end('SIGTERM', drainLimitMs),
    kill: () => child.end('SIGKILL', drainLimitMs),
  };
}

/** One of our own processes: `bin/<name>.ts`. It is asked to stop by SIGTERM and given time to drain. */
export function nodeSpec(
  home: Home,
  name: Extract<ProcessName, 'worker' | 'reaper' | 'api'>,
  environment: Environment,
): ProcessSpec {
  return {
    name,
    start: async (spawned) => {
      const child = await startProcess({
        ...nodeScript(join(checkout, 'bin', `${name}.ts`)),
        cwd: checkout,
        environment,
        logFile: join(home.logs, `${name}.log`),
        detached: true,
      });
      spawned(child.pid);
      return supervised(child);
    },
  };
}
