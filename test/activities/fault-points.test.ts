import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import type postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FaultPoint, faultPoints } from '../../activities/fault-points.ts';
import { checkout } from '../../bin/local/node-script.ts';
import { ask } from '../support/asking.ts';
import { noteAttack } from '../support/attack-report.ts';
import { startCrashing } from '../support/crash-worker.ts';
import { isDrill } from '../support/extent.ts';
import { signIn } from '../support/foreign-client.ts';
import { type Stack, startStack } from '../support/stack.ts';
import {
  askCredential,
  askExtension,
  becomes,
  deliverNow,
  isCredentialReplaced,
  orderEnding,
  tell,
  trail,
} from '../support/story.ts';
import { loginOf, superuser, targetState } from '../support/target.ts';
import { eventually } from '../support/wait.ts';

/** What has to happen for a place to be reached. The compiler wants a line here for every new one. */
const reachedWhile: Record<FaultPoint, 'beginning' | 'extending' | 'replacing' | 'ending' | 'standing'> = {
  'provision.before-intent': 'beginning',
  'provision.after-intent': 'beginning',
  'postgres.before-add': 'beginning',
  'postgres.inside-add': 'beginning',
  'postgres.after-add': 'beginning',
  'provision.before-outcome': 'beginning',
  'provision.after-outcome': 'beginning',
  'extend.before-intent': 'extending',
  'extend.after-intent': 'extending',
  'postgres.inside-move-end': 'extending',
  'extend.before-outcome': 'extending',
  'extend.after-outcome': 'extending',
  'credential.before-take-over': 'replacing',
  'end.before-intent': 'ending',
  'end.after-intent': 'ending',
  'postgres.after-withdrawing': 'ending',
  'postgres.after-ending-sessions': 'ending',
  'postgres.after-remove': 'ending',
  'end.before-outcome': 'ending',
  'end.after-outcome': 'ending',
  'standing.before-intent': 'standing',
  'standing.after-intent': 'standing',
  'standing.before-outcome': 'standing',
  'standing.after-outcome': 'standing',
};

/** Each is the worst of its kind: the outside has changed and the ledger does not know yet, or the other way round. */
const sample: readonly FaultPoint[] = [
  'postgres.inside-add',
  'extend.before-outcome',
  'credential.before-take-over',
  'postgres.after-withdrawing',
  'end.before-outcome',
];

/** Those of a process have stories of their own: `standing-faults.test.ts` and test/workflows. */
const ofRequests = faultPoints.filter((point) => reachedWhile[point] !== 'standing');
const endings = faultPoints.filter((point) => reachedWhile[point] === 'ending');

let stack: Stack;
let admin: postgres.Sql;

beforeAll(async () => {
  stack = await startStack();
  admin = superuser(stack);
});

afterAll(async () => {
  await admin?.end();
  await stack?.stop();
});

const db = () => stack.ledger.db;

/**
 * One access through all its life: a worker dies at each of the places, in that order, the next takes over, and a
 * healthy one finishes. The story goes on only as far as the next place needs, so that each is reached.
 */
async function surviveCrashes(points: readonly FaultPoint[]): Promise<void> {
  const before = await targetState(admin);
  const { requestId } = await ask(db(), { period: 'PT20M' });
  await deliverNow(stack);
  let extensionId: string | null = null;
  let isRevoked = false;
  const extend = async () => {
    if (extensionId) return;
    await becomes(db(), requestId, 'granted', 'held', 60_000);
    extensionId = await askExtension(db(), requestId, 'PT20M');
    await deliverNow(stack);
  };
  let replacedGrantId: string | null = null;
  const replace = async () => {
    if (replacedGrantId) return;
    const { grant } = await becomes(db(), requestId, 'granted', 'held', 60_000);
    replacedGrantId = grant?.id ?? '';
    await askCredential(db(), stack.keys.sealing, replacedGrantId);
  };
  const revoke = async () => {
    if (isRevoked) return;
    await becomes(db(), requestId, 'granted', 'held', 60_000);
    if (extensionId) await becomes(db(), extensionId, 'granted', undefined, 60_000);
    if (replacedGrantId) await expectReplaced(requestId, replacedGrantId);
    isRevoked = await orderEnding(db(), requestId, 'revocation');
    await deliverNow(stack);
  };
  for (const point of points) {
    const doomed = startCrashing(stack, 'worker', point);
    try {
      if (reachedWhile[point] === 'extending') await extend();
      if (reachedWhile[point] === 'replacing') await replace();
      if (reachedWhile[point] === 'ending') await revoke();
      expect(await doomed.gone).toBe('SIGKILL');
    } finally {
      await doomed.stop();
    }
    await expectNothingUntrue(requestId);
  }
  const stopHealthy = await stack.startWorkers();
  try {
    await revoke();
    await becomes(db(), requestId, 'granted', 'ended', 60_000);
  } finally {
    await stopHealthy();
  }
  const { grant } = await tell(db(), requestId);
  expect(grant).toMatchObject({ endedBy: 'revocation', sealedPassword: null });
  expect(await targetState(admin)).toEqual(before);
  await expectToldOnce(requestId, extensionId);
}

/** What was asked for is delivered again, and what the ledger shows afterwards is what the target accepts. */
async function expectReplaced(requestId: string, grantId: string): Promise<void> {
  await eventually('the other credential', async () => {
    await stack.relay.replaceCredentials();
    return isCredentialReplaced(db(), grantId);
  });
  const login = loginOf(stack, await tell(db(), requestId), 'initech_env');
  expect(await signIn(login)).toMatchObject({ ok: true });
}

/** The ledger says that access is held only when the target gives it, and never that it ended while it does. */
async function expectNothingUntrue(requestId: string): Promise<void> {
  const { grant } = await tell(db(), requestId);
  const roles = await admin<{ canLogIn: boolean }[]>`
    select rolcanlogin as "canLogIn" from pg_roles where rolname like 'tnr\_%'`;
  expect(roles.length).toBeLessThanOrEqual(1);
  const isDue = await db().execute<{ due: boolean }>(
    sql`select due_at <= tenure_now() as due from access_grant where request_id = ${requestId}`,
  );
  if (grant?.state === 'held' && !isDue[0]?.due) expect(roles).toEqual([{ canLogIn: true }]);
  if (grant === null || grant.state === 'ended') expect(roles).toEqual([]);
}

async function expectToldOnce(requestId: string, extensionId: string | null): Promise<void> {
  const events = (await trail(db(), requestId)).filter((type) => type !== 'grant.intended');
  expect(events).toEqual(['grant.begun', 'grant.ended']);
  if (!extensionId) return;
  const extended = (await trail(db(), extensionId)).filter((type) => type !== 'grant.intended');
  expect(extended).toEqual(['grant.extended']);
}

describe('a process that is killed', () => {
  it('is tried at every named place: none is new and untried, none is named and never reached', () => {
    const folder = join(checkout, 'activities');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.ts'),
    );
    const reached = files.flatMap((name) => {
      const text = readFileSync(join(folder, name), 'utf8');
      return [...text.matchAll(/reach\('([^']+)'\)/g)].map((match) => match[1] ?? '');
    });
    expect([...new Set(reached)].sort()).toEqual([...faultPoints].sort());
    expect(Object.keys(reachedWhile).sort()).toEqual([...faultPoints].sort());
    expect(new Set(faultPoints).size).toBe(faultPoints.length);
  });

  const stories: [string, readonly FaultPoint[]][] = isDrill
    ? [
        ...ofRequests.map((point): [string, readonly FaultPoint[]] => [point, [point]]),
        ['every place in turn', ofRequests],
      ]
    : [['the worst places in turn', sample]];

  it.each(stories)(
    'leaves one effect and no trace: the worker, at %s',
    async (name, points) => {
      await surviveCrashes(points);
      await noteAttack({
        attack: 'worker killed',
        tried: `SIGKILL at ${name}`,
        found: 'one effect, told once, nothing left',
      });
    },
    60_000 + 30_000 * 20,
  );

  it.each(isDrill ? endings : (['postgres.after-ending-sessions'] as const))(
    'leaves one effect and no trace: the reaper without Temporal, at %s',
    async (point) => {
      const before = await targetState(admin);
      const stopHealthy = await stack.startWorkers();
      const { requestId } = await ask(db(), { period: 'PT1H' });
      await deliverNow(stack);
      await becomes(db(), requestId, 'granted', 'held', 60_000);
      await stopHealthy();
      await orderEnding(db(), requestId, 'revocation');
      const doomed = startCrashing(stack, 'reaper', point);
      expect(await doomed.gone).toBe('SIGKILL');
      await expectNothingUntrue(requestId);
      await expect
        .poll(
          async () => {
            await stack.reaper.round();
            await stack.reaper.settled();
            return (await tell(db(), requestId)).grant?.state;
          },
          { timeout: 30_000, interval: 200 },
        )
        .toBe('ended');
      expect(await targetState(admin)).toEqual(before);
      await expectToldOnce(requestId, null);
      await noteAttack({
        attack: 'reaper killed',
        tried: `SIGKILL at ${point}`,
        found: 'the next one ends it, told once',
      });
    },
    120_000,
  );
});
