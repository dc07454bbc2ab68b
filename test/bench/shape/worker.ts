import { fileURLToPath } from 'node:url';
import { NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import { readConfig } from '../../../bin/config.ts';
import { startTelemetry } from '../../../bin/telemetry.ts';
import { emptyActivities } from './activities.ts';

// The hand-written workflow's own worker process, with the options of bin/worker.ts.

Runtime.install({ telemetryOptions: { logging: { filter: 'ERROR', forward: {} } } });
const connection = await NativeConnection.connect(readConfig().temporal.connection);
// The product's workers carry these interceptors whether or not traces are exported.
const { plugin } = startTelemetry('shape', false);
const shared: Pick<
  WorkerOptions,
  'connection' | 'plugins' | 'namespace' | 'shutdownGraceTime' | 'activityTaskPollerBehavior'
> = {
  connection,
  plugins: [plugin],
  namespace: 'default',
  shutdownGraceTime: '2s',
  activityTaskPollerBehavior: { type: 'autoscaling', maximum: 10 },
};
const workers = await Promise.all([
  Worker.create({
    ...shared,
    taskQueue: 'shape',
    workflowsPath: fileURLToPath(new URL('./workflow.ts', import.meta.url)),
    activities: emptyActivities,
    stickyQueueScheduleToStartTimeout: '1s',
    maxConcurrentActivityTaskExecutions: 10,
    workflowTaskPollerBehavior: { type: 'autoscaling', maximum: 10 },
  }),
  Worker.create({
    ...shared,
    taskQueue: 'shape-ending',
    activities: emptyActivities,
    maxConcurrentActivityTaskExecutions: 16,
  }),
]);
const running = workers.map((worker) => worker.run());
process.stdout.write('shape ready\n');
await Promise.all(running);
await connection.close();
