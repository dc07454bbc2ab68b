import { join } from 'node:path';
import {
  DefaultLogger,
  type LogEntry,
  type NativeConnection,
  Runtime,
  Worker,
  type WorkerOptions,
} from '@temporalio/worker';
import { createActivities, createEndingActivities } from '../activities/index.ts';
import { createRelay } from '../activities/relay.ts';
import { taskQueues } from '../workflows/contract.ts';
import { activityDeps, askedToStop, keepBeating, openService, repeat } from './service.ts';
import { startTelemetry } from './telemetry.ts';
import { workflowBundle } from './workflow-bundle.ts';
import { checkSearchAttributes, createEngine, lazyClient, workerConnection } from './temporal.ts';

// Carries the workflows and their activities, and relays what the ledger has to tell.

const relayEveryMs = 250;
const repairEveryMs = 2_000;

const service = openService('worker', 20);
const { config, log } = service;
const telemetry = startTelemetry('worker', config.exportTraces);
Runtime.install({
  logger: new DefaultLogger('WARN', (entry: LogEntry) => log.warn({ part: 'temporal' }, entry.message)),
  telemetryOptions: { logging: { filter: 'ERROR', forward: {} } },
  shutdownSignals: [],
});
const deps = activityDeps(service);
const client = lazyClient(config, telemetry);
const relay = createRelay(deps, createEngine(client, 5_000));
const stopBeating = keepBeating(service, 'worker');
const stopRelaying = repeat(service, 'relay', relayEveryMs, () => relay.deliver());
const stopRepairing = repeat(service, 'repair', repairEveryMs, () => relay.repair());

const bundled = workflowBundle(config.home && join(config.home, 'cache'), telemetry);
const asked = askedToStop();
const connection = await connectPatiently();
if (connection) {
  const workers = await Promise.all([createMainWorker(connection), createEndingWorker(connection)]);
  const running = workers.map((worker) => worker.run());
  log.info('worker ready');
  await Promise.race([asked, ...running]);
  for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  await Promise.allSettled(running);
}
await stopRepairing();
await stopRelaying();
await stopBeating();
await connection?.close();
await client.connection.close();
await Promise.all([...deps.connectors.values()].map((connector) => connector.close()));
await telemetry.close();
await service.ledger.close();

/** Temporal may come later than we do; null when we are asked to stop before. */
async function connectPatiently(): Promise<NativeConnection | null> {
  let isStopping = false;
  void asked.then(() => {
    isStopping = true;
  });
  let silent = false;
  while (!isStopping) {
    try {
      const connected = await workerConnection(config);
      await checkSearchAttributes(client, config.temporal.namespace);
      return connected;
    } catch (error) {
      if (!silent)
        log.warn({ reason: error instanceof Error ? error.message : 'unknown' }, 'waiting for Temporal');
      silent = true;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
  return null;
}

function options(
  to: NativeConnection,
): Pick<WorkerOptions, 'connection' | 'namespace' | 'plugins' | 'shutdownGraceTime'> {
  return {
    connection: to,
    namespace: config.temporal.namespace,
    plugins: [telemetry.plugin],
    shutdownGraceTime: '5s',
  };
}

async function createMainWorker(to: NativeConnection): Promise<Worker> {
  return Worker.create({
    ...options(to),
    taskQueue: taskQueues.main,
    workflowBundle: await bundled,
    activities: { ...createActivities(deps) },
    stickyQueueScheduleToStartTimeout: '1s',
    maxConcurrentActivityTaskExecutions: 10,
    workflowTaskPollerBehavior: { type: 'autoscaling', maximum: 10 },
    activityTaskPollerBehavior: { type: 'autoscaling', maximum: 10 },
  });
}

/** Nothing but ends, so that they wait for nothing else. */
function createEndingWorker(to: NativeConnection): Promise<Worker> {
  return Worker.create({
    ...options(to),
    taskQueue: taskQueues.ending,
    activities: { ...createEndingActivities(deps) },
    maxConcurrentActivityTaskExecutions: 16,
    activityTaskPollerBehavior: { type: 'autoscaling', maximum: 10 },
  });
}
