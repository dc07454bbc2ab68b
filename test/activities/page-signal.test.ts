import { setTimeout as delay } from 'node:timers/promises';
import { getEventListeners } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bringAboutPage } from '../../activities/processes/bring-about.ts';
import { takeAwayPage } from '../../activities/processes/take-away.ts';
import { moveProcess } from '../../db/queries/process.ts';
import { memoryTarget, type MemoryTarget, sharedMemoryTarget } from '../support/memory-connector.ts';
import { startProcess } from '../support/processes.ts';
import { type Roster, startRoster } from '../support/roster.ts';

// Whatever waits listens for the end of its time. What does a page of people at once must not all listen to one signal.

const targets: Record<string, MemoryTarget> = { app: sharedMemoryTarget(), vault: memoryTarget() };
let roster: Roster;
let most = 0;

beforeAll(async () => {
  roster = await startRoster(targets);
  // As a connection that is waited for does.
  for (const target of Object.values(targets))
    target.before = async (_change, { signal }) => {
      const listen = () => undefined;
      signal.addEventListener('abort', listen, { once: true });
      most = Math.max(most, getEventListeners(signal, 'abort').length);
      await delay(5);
      signal.removeEventListener('abort', listen);
    };
});
afterAll(() => roster?.stop());

it('a page of many people adds no more listeners to a signal than one of them does', async () => {
  const { id: organizationId, people } = await roster.customer({ users: 30 });
  const { signal } = new AbortController();
  const given = await roster.process({ organizationId, people });
  await bringAboutPage(roster.deps, given, signal, () => undefined);
  const { db } = roster.ledger;
  const held = () => Object.values(targets).flatMap((target) => target.holdings()).length;
  expect(held()).toBe(90);
  const wish = { kind: 'offboarding', organizationId, cause: 'operations', wish: { why: 'churn' } } as const;
  const taken = await startProcess(db, wish);
  await db.transaction((tx) => moveProcess(tx, taken, ['waiting'], 'running'));
  await takeAwayPage(roster.deps, taken, signal, () => undefined);
  expect(held()).toBe(0);
  expect(most).toBeLessThan(4);
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});
