import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { pino } from 'pino';
import type { Decide } from '../../domain/policy.ts';
import type { ActivityDeps } from '../../activities/deps.ts';
import { createActivities, createEndingActivities } from '../../activities/index.ts';
import { defaultParts, type ProcessParts } from '../../activities/processes/parts.ts';
import type { Connector } from '../../activities/connectors/connector.ts';
import type { Engine } from '../../activities/engine.ts';
import { createRelay, type Relay } from '../../activities/relay.ts';
import { loadExample } from '../../bin/example.ts';
import { readDefaultPolicies } from '../../bin/policies.ts';
import { prepareLedger } from '../../bin/prepare.ts';
import { startTelemetry, withTraceparent } from '../../bin/telemetry.ts';
import { createEngine } from '../../bin/temporal.ts';
import { workflowThread } from '../../bin/workflow-thread.ts';
import { deriveKeys } from '../../crypto/keys.ts';
import { type Ledger, openLedger } from '../../db/client.ts';
import {
  type Story,
  taskQueues,
  tenureOrganization,
  tenureState,
  tenureUntil,
  workflowId,
} from '../../workflows/contract.ts';
import { inStep, skippableClock } from './clock.ts';
import { type MemoryTarget, memoryTarget, sharedMemoryTarget } from './memory-connector.ts';
import { migratedTemplate } from './ledger.ts';
import { ephemeralPostgres } from './postgres.ts';
import { bundled, quietRuntime, testKey } from './stack.ts';
import { timeSkippingServerPath } from './temporal.ts';
import { eventually } from './wait.ts';

/** Tenure on a clock that tests move: Temporal's time-skipping server, a ledger in step with it, a target in memory. */
export interface SkippingStack {
  ledger: Ledger;
  deps: ActivityDeps;
  relay: Relay;
  target: MemoryTarget;
  /** The vendor's own application. */
  application: MemoryTarget;
  env: TestWorkflowEnvironment;
  /** Lets that much time pass, everywhere. Milliseconds. */
  pass(ms: number): Promise<void>;
  /** Lets that much time pass for the ledger alone, as if its clock ran ahead. Milliseconds. */
  passInLedger(ms: number): Promise<void>;
  /** Waits for the end of the first run of a story, a request's unless said; time is skipped until then. */
  finished(subjectId: string, story?: Story): Promise<void>;
  /** The test server's time, milliseconds since the epoch. */
  now(): Promise<number>;
  stop(): Promise<void>;
}

/** Starts it in some seconds. `parts` are used instead of the real parts of the processes. */
export async function startSkippingStack(parts: Partial<ProcessParts> = {}): Promise<SkippingStack> {
  quietRuntime();
  const [ledgerServer, env] = await Promise.all([
    ephemeralPostgres({ template: migratedTemplate }),
    createEnvironment(),
  ]);
  const { systemUrl } = await prepareLedger({ ownerUrl: ledgerServer.url, key: testKey });
  await loadExample({ systemUrl, key: testKey, targets: {} });
  const clock = await skippableClock(ledgerServer.url);
  const ledger = openLedger({ url: systemUrl, max: 10, applicationName: 'tenure-test' });
  let lastKnown = Date.now();
  const now = async () => {
    lastKnown = await env.currentTimeMs();
    return lastKnown;
  };
  const target = memoryTarget(() => lastKnown);
  const application = sharedMemoryTarget(() => lastKnown);
  const allParts = { ...defaultParts, ...parts };
  const deps: ActivityDeps = {
    ledger,
    connectors: new Map<string, Connector>([
      [target.kind, target],
      [application.kind, application],
    ]),
    sealing: deriveKeys(testKey).sealing,
    decide: forLong(readDefaultPolicies().decide),
    mayHoldMany: readDefaultPolicies().mayHoldMany,
    reach: async () => undefined,
    log: pino({ level: 'silent' }),
  };
  const telemetry = startTelemetry('test', false);
  const shared = { connection: env.nativeConnection, shutdownGraceTime: '2s' } as const;
  const workers = await Promise.all([
    Worker.create({
      ...shared,
      ...workflowThread,
      plugins: [telemetry.plugin],
      interceptors: { activity: [inStep(clock, now)] },
      taskQueue: taskQueues.main,
      workflowBundle: await bundled(telemetry),
      activities: { ...createActivities(deps, allParts) },
    }),
    Worker.create({
      ...shared,
      plugins: [telemetry.plugin],
      interceptors: { activity: [inStep(clock, now)] },
      taskQueue: taskQueues.ending,
      activities: { ...createEndingActivities(deps, allParts) },
    }),
  ]);
  const runs = workers.map((worker) => worker.run());
  const engine = createEngine(env.client, 5_000);
  const woken = new Set<string>();
  const wake: Engine['wake'] = (wakeUp) => {
    woken.add(workflowId(wakeUp.story, wakeUp.subjectId, wakeUp.run));
    return engine.wake(wakeUp);
  };
  return {
    ledger,
    deps,
    relay: createRelay(deps, { ...engine, wake }, withTraceparent),
    target,
    application,
    env,
    now,
    async pass(ms) {
      // Skipped time counts against a workflow that is just being carried on, too: it could be given up by the server.
      for (const id of woken) await atRest(env, id);
      await env.sleep(ms);
      await clock.moveTo(await now());
    },
    async passInLedger(ms) {
      await clock.moveTo((await now()) + ms);
    },
    async finished(subjectId, story = 'request') {
      await env.client.workflow.getHandle(workflowId(story, subjectId, 1)).result();
      await clock.moveTo(await now());
    },
    async stop() {
      for (const worker of workers) worker.shutdown();
      await Promise.allSettled(runs);
      await env.teardown();
      await clock.close();
      await ledger.close();
      await ledgerServer.stop();
    },
  };
}

/** Waits until no worker is carrying a workflow on. */
async function atRest(env: TestWorkflowEnvironment, id: string): Promise<void> {
  const probe = async () => {
    const { events } = await env.client.workflow.getHandle(id).fetchHistory();
    return events?.at(-1);
  };
  await eventually(
    `${id} is at rest`,
    async () => {
      const last = await probe();
      return !(last?.workflowTaskScheduledEventAttributes || last?.workflowTaskStartedEventAttributes);
    },
    { describe: probe },
  );
}

async function createEnvironment(): Promise<TestWorkflowEnvironment> {
  const path = await timeSkippingServerPath();
  const env = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  });
  // 2 is a keyword and 6 an instant (temporal.api.enums.v1.IndexedValueType); an unknown attribute would hang a workflow.
  const searchAttributes = { [tenureOrganization.name]: 2, [tenureState.name]: 2, [tenureUntil.name]: 6 };
  await env.connection.operatorService.addSearchAttributes({ namespace: 'default', searchAttributes });
  return env;
}

/** The example's policies, but for months: no example rule lets anything last longer than hours. */
function forLong(decide: Decide): Decide {
  return (question) => {
    const verdict = decide(question);
    return verdict.longest === null ? verdict : { ...verdict, longest: 'P365D' };
  };
}
