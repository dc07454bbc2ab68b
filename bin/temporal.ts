import {
  Client,
  Connection,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowExecutionDescription,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import type { Engine, WakeUp, WorkflowRun } from '../activities/engine.ts';
import {
  taskQueues,
  tenureOrganization,
  tenureState,
  tenureUntil,
  workflowId,
  workflowTypes,
} from '../workflows/contract.ts';
import type { Config } from './config.ts';
import { type Telemetry, withTraceparent } from './telemetry.ts';

/** A client that connects when it is first used, so that its process starts and answers without Temporal. */
export function lazyClient(config: Config, telemetry: Telemetry): Client {
  return new Client({
    connection: Connection.lazy({ ...config.temporal.connection, connectTimeout: '2s' }),
    namespace: config.temporal.namespace,
    plugins: [telemetry.plugin],
  });
}

/** The connection a worker polls with. @throws when nobody answers. */
export function workerConnection(config: Config): Promise<NativeConnection> {
  return NativeConnection.connect(config.temporal.connection);
}

/** The relay's and the API's way to the engine. Every call ends within `deadlineMs`. */
export function createEngine(client: Client, deadlineMs: number): Engine {
  const within = <T>(work: () => Promise<T>) => client.connection.withDeadline(Date.now() + deadlineMs, work);
  return {
    wake: (wakeUp) => withTraceparent(wakeUp.traceparent, () => within(() => wake(client, wakeUp))),
    async look(run) {
      try {
        const handle = client.workflow.getHandle(idOf(run));
        const described = await within(() => handle.describe());
        if (described.status.name !== 'RUNNING' && described.status.name !== 'PAUSED') return 'gone';
        return isOurs(described, run) ? 'running' : 'foreign';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return 'gone';
        throw error;
      }
    },
    async replace(wakeUp) {
      await within(() =>
        client.workflow.start(workflowTypes[wakeUp.story], {
          ...startOf(wakeUp),
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          workflowIdConflictPolicy: 'TERMINATE_EXISTING',
        }),
      );
    },
  };
}

function idOf({ story, subjectId, run }: WorkflowRun): string {
  return workflowId(story, subjectId, run);
}

/**
 * Whoever reaches Temporal can start anything under one of our ids, which then hides that our workflow is not there: of
 * another type, on a queue that nobody serves, for later, bound to workers that do not exist; or pause ours.
 */
function isOurs(found: WorkflowExecutionDescription, { story }: WorkflowRun): boolean {
  const { type, taskQueue, status, startTime, executionTime, raw } = found;
  const isDelayed = (executionTime?.getTime() ?? 0) - startTime.getTime() > 1_000;
  const isBound = Boolean(raw.workflowExecutionInfo?.versioningInfo?.versioningOverride);
  const isKnown = type === workflowTypes[story] && taskQueue === taskQueues.main;
  return isKnown && status.name === 'RUNNING' && !isDelayed && !isBound;
}

function startOf(wakeUp: WakeUp) {
  return {
    workflowId: idOf(wakeUp),
    taskQueue: taskQueues.main,
    args: [wakeUp.subjectId],
    typedSearchAttributes: [
      { key: tenureOrganization, value: wakeUp.organization },
      { key: tenureState, value: firstStates[wakeUp.story] },
    ],
  };
}

const firstStates = {
  request: 'asked',
  onboarding: 'waiting',
  'role-change': 'waiting',
  offboarding: 'waiting',
  customer: 'open',
} as const satisfies Record<WorkflowRun['story'], string>;

async function wake(client: Client, wakeUp: WakeUp): Promise<'delivered' | 'closed'> {
  const start = {
    ...startOf(wakeUp),
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
  } as const;
  try {
    const type = workflowTypes[wakeUp.story];
    if (wakeUp.signal === null) await client.workflow.start(type, start);
    else
      await client.workflow.signalWithStart(type, {
        ...start,
        signal: wakeUp.signal,
        signalArgs: [wakeUp.id],
      });
    return 'delivered';
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return 'closed';
    throw error;
  }
}

/** Checks that Temporal knows our search attributes: a workflow that sets an unknown one hangs. @throws Error saying what to run. */
export async function checkSearchAttributes(client: Client, namespace: string): Promise<void> {
  const { customAttributes } = await client.connection.withDeadline(Date.now() + 5_000, () =>
    client.connection.operatorService.listSearchAttributes({ namespace }),
  );
  const wanted = {
    [tenureOrganization.name]: 'Keyword',
    [tenureState.name]: 'Keyword',
    [tenureUntil.name]: 'Datetime',
  };
  const missing = Object.entries(wanted).filter(([name]) => customAttributes?.[name] === undefined);
  if (missing.length === 0) return;
  const options = missing.map(([name, type]) => `--name ${name} --type ${type}`).join(' ');
  throw new Error(
    `Temporal does not know ${missing.map(([name]) => name).join(', ')}. Run: temporal operator search-attribute create --namespace ${namespace} ${options}`,
  );
}
