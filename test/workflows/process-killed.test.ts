import { afterAll, beforeAll, expect, it } from 'vitest';
import type { FaultPoint } from '../../activities/fault-points.ts';
import { startCrashing } from '../support/crash-worker.ts';
import { isDrill } from '../support/extent.ts';
import { expectEachOnce, processBecomes, prospect, someUsers, startProcess } from '../support/processes.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { keepRelaying } from '../support/story.ts';

const killedAt: readonly FaultPoint[] = isDrill
  ? ['standing.before-intent', 'standing.after-intent', 'standing.before-outcome']
  : ['standing.before-outcome'];

let stack: Stack;
let stopRelaying: () => Promise<void>;

beforeAll(async () => {
  stack = await startStack();
  stopRelaying = keepRelaying(stack);
});

afterAll(async () => {
  await stopRelaying?.();
  await stack?.stop();
});

it('a worker that is killed again and again while it works on many users: each is done once', async () => {
  const { db } = stack.ledger;
  const known = await prospect(db, { name: 'Killed', people: someUsers(25, 'killed.example') });
  const wish = { ...known.wish, welcome: false };
  const processId = await startProcess(db, { kind: 'onboarding', ...known, wish });
  for (const point of killedAt) {
    const crashing = startCrashing(stack, 'worker', point);
    expect(await crashing.gone).toBe('SIGKILL');
  }
  // It keeps no workflow in memory: every step is replayed from nothing.
  await stack.startWorkers({ maxCachedWorkflows: 0 });
  await processBecomes(db, processId, 'done');
  await expectEachOnce(db, processId, 25);
}, 120_000);
