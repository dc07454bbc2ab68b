import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import { readConfig } from '../../../bin/config.ts';
import { startTelemetry } from '../../../bin/telemetry.ts';
import { type EmptyActivities, emptyActivities } from './activities.ts';
import { readingMs, shapeOnboardingId } from './ids.ts';

// The hand-written workflow's own worker process, with the options of bin/worker.ts.

Runtime.install({ telemetryOptions: { logging: { filter: 'ERROR', forward: {} } } });
const connection = await NativeConnection.connect(readConfig().temporal.connection);
// The product's workers carry these interceptors whether or not traces are exported.
const { plugin } = startTelemetry('shape', false);
const client = new Client({ connection, plugins: [plugin] });
// They do nothing, but who is welcomed says so after a moment, like the people of the real onboardings.
const activities: EmptyActivities = {
  ...emptyActivities,
  expect: async (id) => {
    setTimeout(() => void client.workflow.getHandle(shapeOnboardingId(id)).signal('confirm', id), readingMs);
  },
};
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
    activities: { ...activities },
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
