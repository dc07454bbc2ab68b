import { loadExample } from '../../bin/example.ts';
import { prepareLedger } from '../../bin/prepare.ts';
import { type Ledger, openLedger } from '../../db/client.ts';
import { type EphemeralPostgres, ephemeralPostgres } from '../support/postgres.ts';
import { type Stack, startStack, testKey } from '../support/stack.ts';
import { type Crew, crewOf } from './processes.ts';

/** A ledger as an installation runs it: what is committed is on the disk, unlike in the tests. */
export const durable = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  shared_buffers: '256MB',
} as const;

/** A whole Tenure whose processes are real ones. */
export interface Installation {
  stack: Stack;
  crew: Crew;
}

/** Runs the work on a stack of its own, and ends every process of it afterwards. */
export async function onInstallation<T>(
  work: (installation: Installation) => Promise<T>,
  target: Record<string, string> = {},
): Promise<T> {
  const stack = await startStack({
    ledger: { settings: durable },
    target: { settings: { ...durable, ...target } },
  });
  const crew = crewOf(stack);
  try {
    return await work({ stack, crew });
  } finally {
    await crew.stop();
    await stack.stop();
  }
}

/** A ledger with the example company, and nothing else. */
export interface BenchLedger {
  server: EphemeralPostgres;
  /** As the application's role, with that many connections. */
  app: Ledger;
  /** The same role's address, for a process of its own. */
  appUrl: string;
  /** As the role of worker and reaper. */
  system: Ledger;
}

/** Runs the work on a ledger of its own. */
export async function onLedger<T>(
  connections: number,
  work: (ledger: BenchLedger) => Promise<T>,
): Promise<T> {
  const server = await ephemeralPostgres({ settings: durable });
  try {
    const { appUrl, systemUrl } = await prepareLedger({ ownerUrl: server.url, key: testKey });
    await loadExample({ systemUrl, key: testKey, targets: {} });
    const app = openLedger({ url: appUrl, max: connections, applicationName: 'tenure-bench' });
    const system = openLedger({ url: systemUrl, max: 2, applicationName: 'tenure-bench' });
    try {
      return await work({ server, app, appUrl, system });
    } finally {
      await Promise.all([app.close(), system.close()]);
    }
  } finally {
    await server.stop();
  }
}
