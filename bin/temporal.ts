import {
  Client,
  Connection,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowExecutionDescription,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import type { Engine, WakeUp } from '../activities/relay.ts';
import {
  elevatedAccessType,
  requestWorkflowId,
  taskQueues,
  tenureOrganization,
  tenureState,
  tenureUntil,
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
    async look(requestId, run) {
      try {
        const handle = client.workflow.getHandle(requestWorkflowId(requestId, run));
        const described = await within(() => handle.describe());
        if (described.status.name !== 'RUNNING' && described.status.name !== 'PAUSED') return 'gone';
        return isOurs(described) ? 'running' : 'foreign';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return 'gone';
        throw error;
      }
    },
    async replace(wakeUp) {
      await within(() =>
        client.workflow.start(elevatedAccessType, {
          ...startOf(wakeUp),
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          workflowIdConflictPolicy: 'TERMINATE_EXISTING',
        }),
      );
    },
  };
}

/**
 * Whoever reaches Temporal can start anything under a request's id, which then hides that our workflow is not there: of
 * another type, on a queue that nobody serves, for later, bound to workers that do not exist; or pause ours.
 */
function isOurs(found: WorkflowExecutionDescription): boolean {
  const { type, taskQueue, status, startTime, executionTime, raw } = found;
  const isDelayed = (executionTime?.getTime() ?? 0) - startTime.getTime() > 1_000;
  const isBound = Boolean(raw.workflowExecutionInfo?.versioningInfo?.versioningOverride);
  const isKnown = type === elevatedAccessType && taskQueue === taskQueues.main;
  return isKnown && status.name === 'RUNNING' && !isDelayed && !isBound;
}

function startOf(wakeUp: WakeUp) {
  return {
    workflowId: requestWorkflowId(wakeUp.requestId, wakeUp.run),
    taskQueue: taskQueues.main,
    args: [wakeUp.requestId],
    typedSearchAttributes: [
      { key: tenureOrganization, value: wakeUp.organization },
      { key: tenureState, value: 'asked' },
    ],
  };
}

async function wake(client: Client, wakeUp: WakeUp): Promise<'delivered' | 'closed'> {
  const start = {
    ...startOf(wakeUp),
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
  } as const;
  try {
    if (wakeUp.signal === null) await client.workflow.start(elevatedAccessType, start);
    else
      await client.workflow.signalWithStart(elevatedAccessType, {
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
