import type { Home } from './home.ts';
import { isHeld, type ProcessName } from './hold.ts';
import { keptPasswords, keptPorts } from './kept.ts';
import { complaintAbout } from './own-temporal.ts';
import type { PostgresServer } from './postgres.ts';
import { type PostgresName, postgresSpec, temporalSpec } from './process-specs.ts';
import type { Environment, LauncherSettings } from './settings.ts';
import type { ProcessSpec, Supervisor } from './supervisor.ts';
import { temporalExecutable } from './temporal-executable.ts';

/** One region's embedded target server. */
export interface TargetServer {
  readonly host: string;
  readonly port: number;
  /** Its superuser's address. Carries the password. */
  readonly adminUrl: string;
}

/** What our own processes work with: embedded, or the user's own. */
export interface Engine {
  /** The ledger's owner's address. Carries the password. */
  readonly ownerUrl: string;
  readonly temporalAddress: string;
  /** Absent in production. */
  readonly targets: { readonly eu: TargetServer; readonly us: TargetServer } | undefined;
  /** What keeps our worker from a Temporal of the user's own, and what to do; null when nothing does. */
  readonly complaint: string | null;
  /** Name and sentence of each part, to be printed; no secrets. */
  readonly parts: readonly (readonly [string, string])[];
}

export interface EngineOptions {
  readonly settings: LauncherSettings;
  readonly environment: Environment;
  readonly home: Home;
  readonly supervisor: Supervisor;
  readonly note: (line: string) => void;
}

const host = '127.0.0.1';

function hostOf(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    throw new Error('DATABASE_URL is no address such as postgres://user:password@host:5432/database.');
  }
}

async function bringUp(options: EngineOptions, spec: ProcessSpec): Promise<void> {
  const { up } = options.supervisor.add(spec);
  if (isHeld(options.home.folder, spec.name)) {
    options.note(
      `${spec.name} is held down; the start goes on after: npm run -s tenure -- local release ${spec.name}`,
    );
  }
  await up;
}

async function startDatabases(
  options: EngineOptions,
  names: readonly PostgresName[],
  portOf: (name: PostgresName) => number,
): Promise<(name: PostgresName) => PostgresServer> {
  const passwordOf = await keptPasswords(options.home.folder, names);
  const servers = new Map<PostgresName, PostgresServer>();
  await Promise.all(
    names.map((name) => {
      const place = { name, port: portOf(name), password: passwordOf(name) };
      return bringUp(
        options,
        postgresSpec(options.home, place, (server) => {
          servers.set(name, server);
        }),
      );
    }),
  );
  return (name) => {
    const server = servers.get(name);
    if (server === undefined) throw new Error(`${name} was never started.`);
    return server;
  };
}

async function startEmbeddedTemporal(options: EngineOptions, port: number, uiPort: number): Promise<string> {
  const { home, environment, note } = options;
  const executable = await temporalExecutable({ folder: home.executables, environment, note });
  const spec = temporalSpec(home, { executable: executable.path, port, uiPort });
  // Temporal may stay held: requests and decisions are accepted without it.
  if (isHeld(home.folder, 'temporal')) options.supervisor.add(spec);
  else await bringUp(options, spec);
  return `${executable.origin}; its pages at http://${host}:${uiPort}`;
}

/** Starts what is to be embedded, all at once, and says where everything is. */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const { settings, home } = options;
  const isLedgerEmbedded = settings.databaseUrl === undefined;
  const targetNames = settings.isProduction ? ([] as const) : (['target-eu', 'target-us'] as const);
  const databases: PostgresName[] = isLedgerEmbedded ? ['ledger', ...targetNames] : [...targetNames];
  const portOf = await keptPorts<ProcessName | 'temporal-ui'>(home.folder, [
    ...databases,
    'temporal',
    'temporal-ui',
  ]);
  const [serverOf, temporal, complaint] = await Promise.all([
    startDatabases(options, databases, portOf),
    settings.temporalAddress === undefined
      ? startEmbeddedTemporal(options, portOf('temporal'), portOf('temporal-ui'))
      : `${settings.temporalAddress}, namespace ${settings.temporalNamespace} (TEMPORAL_ADDRESS)`,
    settings.temporalAddress === undefined ? null : complaintAbout(options.environment),
  ]);
  const target = (name: PostgresName): TargetServer => ({
    host,
    port: portOf(name),
    adminUrl: serverOf(name).url,
  });
  return {
    ownerUrl: settings.databaseUrl ?? serverOf('ledger').url,
    temporalAddress: settings.temporalAddress ?? `${host}:${portOf('temporal')}`,
    targets: settings.isProduction ? undefined : { eu: target('target-eu'), us: target('target-us') },
    complaint,
    parts: [
      settings.databaseUrl === undefined
        ? ['ledger', `PostgreSQL 18, embedded, port ${portOf('ledger')}`]
        : ['ledger', `${hostOf(settings.databaseUrl)} (DATABASE_URL)`],
      ['engine', temporal],
      ...targetNames.map((name) => [name, `PostgreSQL 18, embedded, port ${portOf(name)}`] as const),
    ],
  };
}
