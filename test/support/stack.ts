import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import {
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import { pino } from 'pino';
import type { Connector } from '../../activities/connectors/connector.ts';
import { createPostgresConnector } from '../../activities/connectors/postgres/connector.ts';
import type { ActivityDeps } from '../../activities/deps.ts';
import type { Reach } from '../../activities/fault-points.ts';
import { createActivities, createEndingActivities } from '../../activities/index.ts';
import { defaultParts, type ProcessParts } from '../../activities/processes/parts.ts';
import { createReaper, type Reaper } from '../../activities/reaper.ts';
import { createRelay, type Relay } from '../../activities/relay.ts';
import { readConfig } from '../../bin/config.ts';
import { loadExample } from '../../bin/example.ts';
import { readDefaultPolicies } from '../../bin/policies.ts';
import { prepareLedger } from '../../bin/prepare.ts';
import { startTelemetry, type Telemetry, withTraceparent } from '../../bin/telemetry.ts';
import { createEngine, lazyClient } from '../../bin/temporal.ts';
import { workflowBundle } from '../../bin/workflow-bundle.ts';
import { deriveKeys, type TenureKeys } from '../../crypto/keys.ts';
import { type Ledger, openLedger } from '../../db/client.ts';
import { taskQueues } from '../../workflows/contract.ts';
import { templatesFolder } from './extent.ts';
import { workflowThread } from '../../bin/workflow-thread.ts';
import { migratedTemplate } from './ledger.ts';
import { type MemoryTarget, sharedMemoryTarget } from './memory-connector.ts';
import { type EphemeralPostgres, type EphemeralPostgresOptions, ephemeralPostgres } from './postgres.ts';
import { type EphemeralTemporal, type EphemeralTemporalOptions, ephemeralTemporal } from './temporal.ts';

/** How the servers of a stack differ from the usual ones. */
export interface StackOptions {
  temporal?: EphemeralTemporalOptions;
  ledger?: EphemeralPostgresOptions;
  target?: EphemeralPostgresOptions;
}

/** For a server that will be killed: what it said was committed is there when it is back. */
export const durable: EphemeralPostgresOptions = { settings: { synchronous_commit: 'on' } };

/** How the workers of a stack differ from the usual ones. */
export interface WorkerWishes {
  reach?: Reach;
  /** Instead of the real ones, e.g. a connector whose replies are lost. */
  connectors?: ActivityDeps['connectors'];
  maxCachedWorkflows?: number;
  /** Instead of the real parts of the processes. */
  parts?: Partial<ProcessParts>;
}

/** A whole Tenure on servers of a test's own: ledger, both regions' targets, Temporal; the processes run in this one. */
export interface Stack {
  key: string;
  keys: TenureKeys;
  ledgerServer: EphemeralPostgres;
  targetServer: EphemeralPostgres;
  temporal: EphemeralTemporal;
  client: Client;
  appUrl: string;
  systemUrl: string;
  /** As the system role. */
  ledger: Ledger;
  deps: ActivityDeps;
  /** The vendor's own application, in memory. */
  application: MemoryTarget;
  relay: Relay;
  reaper: Reaper;
  /** Environment for a process of its own, as the launcher would give it. */
  environment(role: 'application' | 'system'): Record<string, string>;
  /** Runs workers until the returned function is called. */
  startWorkers(options?: WorkerWishes): Promise<() => Promise<void>>;
  stop(): Promise<void>;
}

export const testKey = Buffer.alloc(32, 7).toString('base64url');

let isQuiet = false;

/** Keeps Temporal's core from writing into the tests' output. */
export function quietRuntime(): void {
  if (isQuiet) return;
  isQuiet = true;
  Runtime.install({
    logger: new DefaultLogger('ERROR', () => undefined),
    telemetryOptions: { logging: { filter: 'OFF', forward: {} } },
    // Else it catches Ctrl-C and SIGTERM to stop its workers, and the process would not end.
    shutdownSignals: [],
  });
}

let bundle: Promise<WorkflowBundleOption> | undefined;

/** The workflows' code, made once for a run of many tests: it takes seconds of the processor. */
export function bundled(telemetry: Telemetry): Promise<WorkflowBundleOption> {
  bundle ??= workflowBundle(templatesFolder && join(templatesFolder, 'workflows'), telemetry);
  return bundle;
}

/** Starts it in some seconds. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const [ledgerServer, targetServer, temporal] = await Promise.all([
    ephemeralPostgres({ template: migratedTemplate, ...options.ledger }),
    ephemeralPostgres({ settings: { max_connections: '200', ...options.target?.settings } }),
    ephemeralTemporal(options.temporal),
  ]);
  const server = { host: '127.0.0.1', port: targetServer.port, adminUrl: targetServer.url };
  const { appUrl, systemUrl } = await prepareLedger({ ownerUrl: ledgerServer.url, key: testKey });
  await loadExample({ systemUrl, key: testKey, targets: { eu: server, us: server } });
  const environment = (role: 'application' | 'system') => ({
    DATABASE_URL: role === 'system' ? systemUrl : appUrl,
    TENURE_KEY: testKey,
    TEMPORAL_ADDRESS: temporal.address,
    TENURE_LOG_LEVEL: 'silent',
  });
  const config = readConfig(environment('system'));
  const telemetry = startTelemetry('test', false);
  const keys = deriveKeys(testKey);
  const ledger = openLedger({ url: systemUrl, max: 10, applicationName: 'tenure-test' });
  const postgres = createPostgresConnector();
  const application = sharedMemoryTarget();
  const deps: ActivityDeps = {
    ledger,
    connectors: new Map<string, Connector>([
      [postgres.kind, postgres],
      [application.kind, application],
    ]),
    sealing: keys.sealing,
    decide: readDefaultPolicies().decide,
    mayHoldMany: readDefaultPolicies().mayHoldMany,
    reach: async () => undefined,
    log: pino({ level: 'silent' }),
  };
  const client = lazyClient(config, telemetry);
  const running = new Set<() => Promise<void>>();

  async function startWorkers(options: WorkerWishes = {}) {
    // Not before: a core that never had a worker would keep the process from ending.
    quietRuntime();
    const connection = await NativeConnection.connect({ address: temporal.address });
    const { reach = deps.reach, connectors = deps.connectors } = options;
    const mine = { ...deps, reach, connectors };
    const parts = { ...defaultParts, ...options.parts };
    const shared = {
      connection,
      namespace: 'default',
      plugins: [telemetry.plugin],
      shutdownGraceTime: '2s',
    } as const;
    const workers = await Promise.all([
      Worker.create({
        ...shared,
        ...workflowThread,
        plugins: [telemetry.plugin],
        taskQueue: taskQueues.main,
        workflowBundle: await bundled(telemetry),
        activities: { ...createActivities(mine, parts) },
        stickyQueueScheduleToStartTimeout: '1s',
        ...(options.maxCachedWorkflows === undefined
          ? {}
          : { maxCachedWorkflows: options.maxCachedWorkflows }),
      }),
      Worker.create({
        ...shared,
        plugins: [telemetry.plugin],
        taskQueue: taskQueues.ending,
        activities: { ...createEndingActivities(mine, parts) },
      }),
    ]);
    const runs = workers.map((worker) => worker.run());
    const stop = async () => {
      if (!running.delete(stop)) return;
      for (const worker of workers) worker.shutdown();
      await Promise.allSettled(runs);
      await connection.close();
    };
    running.add(stop);
    return stop;
  }

  return {
    key: testKey,
    keys,
    ledgerServer,
    targetServer,
    temporal,
    client,
    appUrl,
    systemUrl,
    ledger,
    deps,
    application,
    relay: createRelay(deps, createEngine(client, 5_000), withTraceparent),
    reaper: createReaper(deps, 8),
    environment,
    startWorkers,
    async stop() {
      for (const stop of running) await stop();
      await client.connection.close();
      await postgres.close();
      await ledger.close();
      await Promise.all([ledgerServer.stop(), targetServer.stop(), temporal.stop()]);
    },
  };
}
