import {
  Client,
  Connection,
  WorkflowExecutionAlreadyStartedError,
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
    async isRunning(requestId, run) {
      try {
        const described = await within(() =>
          client.workflow.getHandle(requestWorkflowId(requestId, run)).describe(),
        );
        return described.status.name === 'RUNNING';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return false;
        throw error;
      }
    },
  };
}

async function wake(client: Client, wakeUp: WakeUp): Promise<'delivered' | 'closed'> {
  const options = {
    workflowId: requestWorkflowId(wakeUp.requestId, wakeUp.run),
    taskQueue: taskQueues.main,
    args: [wakeUp.requestId],
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    typedSearchAttributes: [
      { key: tenureOrganization, value: wakeUp.organization },
      { key: tenureState, value: 'asked' },
    ],
  } as const;
  const { args, typedSearchAttributes, ...rest } = options;
  const start = { ...rest, args: [...args], typedSearchAttributes: [...typedSearchAttributes] };
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
  const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
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
