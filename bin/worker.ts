import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  DefaultLogger,
  type LogEntry,
  type NativeConnection,
  Runtime,
  Worker,
  type WorkerOptions,
} from '@temporalio/worker';
import { createActivities, createEndingActivities } from '../activities/index.ts';
import { searchAccounts } from '../activities/account-search.ts';
import { readReceived } from '../activities/events.ts';
import { followGroups } from '../activities/groups.ts';
import { closeLapsedSignals, followSignals } from '../activities/signals/follow.ts';
import { pollSignals } from '../activities/signals/poll.ts';
import { refreshDueKeys } from '../db/signal-keys.ts';
import { signingKeysOf } from '../db/signing-keys.ts';
import { noteReviews, tellPeople } from '../activities/notices.ts';
import { createRelay } from '../activities/relay.ts';
import { createPost } from '../activities/egress/post.ts';
import { createReading } from '../activities/egress/read.ts';
import { createWebhooks } from '../activities/webhooks/sending.ts';
import { taskQueues } from '../workflows/contract.ts';
import { openMailer } from './mail.ts';
import { activityDeps, askedToStop, keepBeating, openService, repeat } from './service.ts';
import { startTelemetry, withTraceparent } from './telemetry.ts';
import { workflowBundle } from './workflow-bundle.ts';
import { checkSearchAttributes, createEngine, lazyClient, workerConnection } from './temporal.ts';
import { workflowThread } from './workflow-thread.ts';

// Carries the workflows and their activities, and relays what the ledger has to tell.

const relayEveryMs = 250;
const repairEveryMs = 2_000;
const eventsEveryMs = 250;
const searchEveryMs = 500;
const groupsEveryMs = 500;
const signalsEveryMs = 250;
const lapsedEveryMs = 1_000;
const pollEveryMs = 500;
const signalKeysEveryMs = 60_000;
const mailEveryMs = 500;
const webhooksEveryMs = 200;
const tidyEveryMs = 10 * 60_000;
/** How long an endpoint may take to answer. */
const webhookLimitMs = 15_000;
/** How long a transmitter may take to say its keys; whoever stops us waits no longer. */
const keysLimitMs = 3_000;
const reviewsEveryMs = 60 * 60_000;
/** How long what is under way may take to come to its end when we are asked to stop. */
const drainMs = 7_000;

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
const relay = createRelay(deps, createEngine(client, 5_000), withTraceparent);
const mailer = openMailer(service);
const webhooks = createWebhooks({
  ...deps,
  post: createPost({ reachable: config.webhooksReach, limitMs: webhookLimitMs }),
  publicUrl: config.publicUrl,
});
const asking = createPost({ reachable: config.webhooksReach, limitMs: webhookLimitMs, reads: true });
const readAddress = createReading({ reachable: config.webhooksReach, limitMs: keysLimitMs });
const signingKeys = signingKeysOf(service.ledger.db, service.keys.sealing);
/** What is looked for is looked for again by another worker. */
const searching = new AbortController();
const loops = [
  repeat(service, 'relay', relayEveryMs, () => relay.deliver()),
  repeat(service, 'credentials', relayEveryMs, () => relay.replaceCredentials()),
  repeat(service, 'repair', repairEveryMs, () => relay.repair()),
  repeat(service, 'events', eventsEveryMs, () => readReceived({ ...deps, stripeUrl: config.stripeUrl })),
  repeat(service, 'signals', signalsEveryMs, () => followSignals(deps)),
  repeat(service, 'signals that are over', lapsedEveryMs, () => closeLapsedSignals(deps)),
  repeat(service, 'signals asked for', pollEveryMs, () =>
    pollSignals({ ...deps, post: asking, readAddress }, searching.signal),
  ),
  repeat(service, 'signal keys', signalKeysEveryMs, () =>
    refreshDueKeys({ within: (work) => service.ledger.db.transaction(work), readAddress }),
  ),
  repeat(service, 'groups', groupsEveryMs, () => followGroups(deps)),
  repeat(service, 'webhooks', webhooksEveryMs, async () => {
    await webhooks.forward();
    await webhooks.send();
  }),
  repeat(service, 'webhooks tidied', tidyEveryMs, () => webhooks.tidy()),
  // So that the next key is published long before anything is signed with it.
  repeat(service, 'signing keys', tidyEveryMs, () => signingKeys.current(Date.now())),
  repeat(service, 'account search', searchEveryMs, () => searchAccounts(deps, searching.signal)),
  ...(mailer
    ? [
        repeat(service, 'mail', mailEveryMs, () => mailer.send()),
        // Without anything to send by they wait: what is over by then is told to nobody.
        repeat(service, 'notices', mailEveryMs, () => tellPeople(deps)),
        repeat(service, 'reviews', reviewsEveryMs, () => noteReviews(deps)),
      ]
    : []),
];
const stopLoops = () => {
  searching.abort();
  return Promise.all(loops.map((stop) => stop()));
};

const bundled = workflowBundle(config.home && join(config.home, 'cache'), telemetry);
const asked = askedToStop();
let isDrained = false;
const connection = await connectPatiently();
if (connection) {
  const workers = await Promise.all([createMainWorker(connection), createEndingWorker(connection)]);
  const running = workers.map((worker) => worker.run());
  // Only now: a process that still waits for Temporal is no worker, however alive it is.
  const stopBeating = keepBeating(service, 'worker');
  log.info('worker ready');
  await Promise.race([asked, ...running]);
  // Together with what drains: what a loop began only afterwards would take longer than whoever stops us waits.
  const silent = Promise.all([stopBeating(), stopLoops()]);
  for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  await Promise.race([Promise.allSettled(running).then(() => (isDrained = true)), delay(drainMs)]);
  await silent;
} else await stopLoops();
// A message that is under way is sent again later: a mail server that hangs must not keep us.
mailer?.close();
webhooks.close();
await Promise.all([relay.settled(), mailer?.settled(), webhooks.settled()]);
if (isDrained) await connection?.close();
await client.connection.close();
await Promise.all([...deps.connectors.values()].map((connector) => connector.close()));
await telemetry.close();
await service.ledger.close();
// A workflow that reads the ledger while it is down asks for ever, and Temporal's threads would keep us for as long.
process.exit(0);

/** Temporal may come later than we do; null when we are asked to stop before. */
async function connectPatiently(): Promise<NativeConnection | null> {
  let isStopping = false;
  void asked.then(() => {
    isStopping = true;
  });
  let said = '';
  while (!isStopping) {
    try {
      // First: a connection that is left behind would keep this process alive when it is asked to stop.
      await checkSearchAttributes(client, config.temporal.namespace);
      return await workerConnection(config);
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown';
      if (reason !== said) log.warn({ reason }, 'waiting for Temporal');
      said = reason;
      await delay(500);
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
    ...workflowThread,
    taskQueue: taskQueues.main,
    workflowBundle: await bundled,
    activities: { ...createActivities(deps) },
    stickyQueueScheduleToStartTimeout: '1s',
    maxConcurrentActivityTaskExecutions: 10,
    workflowTaskPollerBehavior: { type: 'autoscaling', maximum: 10 },
    activityTaskPollerBehavior: { type: 'autoscaling', maximum: 10 },
  });
}

/** Nothing but ends, so that they wait for nothing else; slots for several targets that hang and those that do not. */
function createEndingWorker(to: NativeConnection): Promise<Worker> {
  return Worker.create({
    ...options(to),
    taskQueue: taskQueues.ending,
    activities: { ...createEndingActivities(deps) },
    maxConcurrentActivityTaskExecutions: 64,
    activityTaskPollerBehavior: { type: 'autoscaling', maximum: 10 },
  });
}
