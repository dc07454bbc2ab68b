import { proxyActivities } from '@temporalio/workflow';

// Run by a worker of an attacker's own: it reaches Temporal, but neither the ledger nor the target.

/** Schedules one activity of the product by its name, with whatever input. */
export async function callByName(queue: string, activity: string, input: unknown): Promise<string> {
  const activities = proxyActivities<Record<string, (value: unknown) => Promise<unknown>>>({
    taskQueue: queue,
    startToCloseTimeout: '20s',
    retry: { maximumAttempts: 1 },
  });
  const call = activities[activity];
  if (!call) return 'unknown';
  return call(input).then(
    () => 'completed',
    () => 'failed',
  );
}
