import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Change } from '../../domain/plan.ts';
import { ask } from '../support/asking.ts';
import { noteAttack } from '../support/attack-report.ts';
import { isDrill } from '../support/extent.ts';
import { type Mishap, processesOf, type Unreliable, unreliable } from '../support/outage.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { askExtension, becomes, orderEnding, told } from '../support/story.ts';
import { eventually } from '../support/wait.ts';
import { countGrants, held, keepMending, keepReaping, loginOf, lookAtTarget, trySignIn } from './scene.ts';

// One effect for each grant and step: the target did what it was told and the answer was lost on its way.

let stack: Stack;
let target: Unreliable;
/** Which mishaps the next changes of which kind meet, one after the other; none when all were met. */
let ahead: { kind: Change['kind']; mishaps: Mishap[] } = { kind: 'add', mishaps: [] };
let wanted = 0;
const stops: (() => Promise<void>)[] = [];

beforeAll(async () => {
  stack = await startStack();
  // One kind of change at a time; every try of it meets the next mishap.
  target = unreliable(stack, (change) =>
    change.kind === ahead.kind ? (ahead.mishaps[triesOf(change)] ?? 'none') : 'none',
  );
  stops.push(await stack.startWorkers({ connectors: target.connectors }), keepMending(stack));
});

afterAll(async () => {
  ahead = { kind: 'add', mishaps: [] };
  for (const stop of stops.reverse()) await stop();
  await stack?.stop();
});

beforeEach(() => {
  wanted = target.effects.length;
  ahead = { kind: 'add', mishaps: [] };
});

const effectsNow = () => target.effects.slice(wanted);

/** Every mishap used here lets the effect happen first, so that effects count tries. */
function triesOf(change: Change): number {
  const same = effectsNow().filter(
    (effect) => effect.kind === change.kind && effect.account === change.holding.account,
  );
  return same.length;
}

const patterns: Mishap[][] = [
  ['lost-after'],
  ['lost-after', 'lost-after', 'lost-after'],
  ...(isDrill ? [['lost-after', 'lost-after', 'lost-after', 'lost-after', 'lost-after'] as Mishap[]] : []),
];

for (const mishaps of patterns) {
  const name = mishaps.join(', ');

  test(`the answer to a beginning is lost (${name}): begun once, one account, its credential works`, async () => {
    const { db } = stack.ledger;
    ahead = { kind: 'add', mishaps };
    const { requestId } = await ask(db);
    const story = await becomes(db, requestId, 'granted', 'held', 60_000);
    // The control: the effect really came before the answer was lost.
    expect(effectsNow().filter(({ kind }) => kind === 'add').length).toBeGreaterThanOrEqual(1);
    expect(await told(db, requestId, 'grant.begun')).toBe(1);
    expect((await lookAtTarget(stack, story.grant?.account)).accounts).toHaveLength(1);
    expect(await trySignIn(loginOf(stack, story))).toMatchObject({ ok: true });
    await noteAttack({
      attack: 'lost reply',
      tried: `add: ${name}`,
      found: `begun once after ${story.grant?.attempts} attempts`,
    });
  });

  test(`the answer to an end is lost (${name}): ended once, nothing left`, async () => {
    const { db } = stack.ledger;
    const { requestId, story: before } = await held(stack);
    const login = loginOf(stack, before);
    ahead = { kind: 'remove', mishaps };
    await orderEnding(db, requestId, 'revocation');
    await becomes(db, requestId, 'granted', 'ended', 60_000);
    const removes = effectsNow().filter(({ kind }) => kind === 'remove').length;
    expect(removes).toBeGreaterThan(mishaps.length);
    expect(await told(db, requestId, 'grant.ended')).toBe(1);
    expect(await lookAtTarget(stack, login.username)).toEqual({ accounts: [], sessions: 0 });
    expect(await trySignIn(login)).toMatchObject({ ok: false });
    await noteAttack({
      attack: 'lost reply',
      tried: `remove: ${name}`,
      found: `ended once after ${removes} removals`,
    });
  });

  test(`the answer to an extension is lost (${name}): extended once, by the approved period only`, async () => {
    const { db } = stack.ledger;
    const { requestId, story: before } = await held(stack, { period: 'PT20M' });
    ahead = { kind: 'move-end', mishaps };
    const extensionId = await askExtension(db, requestId, 'PT20M');
    await becomes(db, extensionId, 'granted', undefined, 60_000);
    const story = await becomes(db, requestId, 'granted', 'held');
    expect(effectsNow().some(({ kind }) => kind === 'move-end')).toBe(true);
    expect((story.grant?.until.getTime() ?? 0) - (before.grant?.until.getTime() ?? 0)).toBe(1_200_000);
    expect(await told(db, extensionId, 'grant.extended')).toBe(1);
    await noteAttack({ attack: 'lost reply', tried: `move-end: ${name}`, found: 'extended once' });
  });
}

test.runIf(isDrill)(
  'a worker that freezes in the middle of its work and wakes up later does nothing twice',
  {
    timeout: 240_000,
  },
  async () => {
    const { db } = stack.ledger;
    const count = 60;
    const processes = processesOf(stack);
    const stopReaping = keepReaping(stack);
    try {
      const other = await processes.start('worker');
      const isReady = async () =>
        (await readFile(processes.logFile('worker'), 'utf8')).includes('worker ready');
      await eventually('the other worker', isReady, { timeoutMs: 60_000 });
      const asked = await Promise.all(Array.from({ length: count }, () => ask(db)));
      const ids = asked.map(({ requestId }) => requestId);
      await eventually('the first intents', async () => (await countGrants(stack, ids)) > 0, { everyMs: 5 });
      process.kill(other.pid, 'SIGSTOP');
      const stories = await Promise.all(ids.map((id) => becomes(db, id, 'granted', 'held', 60_000)));
      process.kill(other.pid, 'SIGCONT');
      for (const story of stories) expect(await trySignIn(loginOf(stack, story))).toMatchObject({ ok: true });
      // A moment for what it had under way: it must not spoil what the others have done meanwhile.
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      for (const story of stories) expect(await trySignIn(loginOf(stack, story))).toMatchObject({ ok: true });
      await Promise.all(ids.map((id) => orderEnding(db, id, 'revocation')));
      process.kill(other.pid, 'SIGSTOP');
      for (const id of ids) await becomes(db, id, 'granted', 'ended', 60_000);
      process.kill(other.pid, 'SIGCONT');
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      for (const id of ids) {
        expect(await told(db, id, 'grant.begun')).toBe(1);
        expect(await told(db, id, 'grant.ended')).toBe(1);
      }
      for (const story of stories)
        expect((await lookAtTarget(stack, story.grant?.account)).accounts).toEqual([]);
      const attempts = stories.map(({ grant }) => grant?.attempts ?? 0);
      await noteAttack({
        attack: 'frozen worker',
        tried: `${count} grants, frozen twice`,
        found: `each begun and ended once, at most ${Math.max(...attempts)} attempts`,
      });
    } finally {
      await stopReaping();
      await processes.stop();
    }
  },
);
