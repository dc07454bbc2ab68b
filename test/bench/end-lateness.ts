import { setTimeout as delay } from 'node:timers/promises';
import postgres from 'postgres';
import { unseal } from '../../crypto/sealing.ts';
import { tell } from '../support/story.ts';
import { eventually } from '../support/wait.ts';
import { type Figure, inParallel, quantile, timed, type Wish } from './harness.ts';
import { lifecyclesOf } from './lifecycle.ts';
import { type Installation, onInstallation } from './servers.ts';

const runs = 2;
/** Ends per second: those of 1,000 grants spread over one minute. */
const endsPerSecond = 1_000 / 60;
/** So many are made first, to see how long one takes on this machine; they end while the others are made. */
const trialGrants = 16;
const lookEveryMs = 100;
const parallel = 8;
const tooBusy = 'The machine is too busy: ends began before all access was made.';

/**
 * Seconds from a grant's end to the moment when its open session is dead and its role is gone, by the clock of the target.
 * Every grant holds an open session; worker and reaper are processes of their own.
 */
export const endLateness: Figure = {
  goals: [
    { id: 'end-lateness-p99', bound: '<=', limit: 5, quote: 'median' },
    { id: 'end-lateness-max', bound: '<=', limit: 15, quote: 'worst' },
  ],
  async measure(wish) {
    const grants = wish.isFull ? 1_000 : 250;
    const settings = { max_connections: String(grants + 100) };
    return onInstallation(async (installation) => {
      const { crew } = installation;
      await crew.startReady({ script: 'bin/worker.ts', role: 'system' }, 'worker ready');
      await crew.startReady({ script: 'bin/reaper.ts', role: 'system' }, 'reaper ready');
      const lists: number[][] = [];
      for (let run = 0; run < runs; run += 1) lists.push(await measureOnce(installation, grants, wish));
      return [lists.map((list) => quantile(list, 0.99)), lists.map((list) => Math.max(...list))];
    }, settings);
  },
};

interface OpenGrant {
  account: string;
  /** The role's number: a session that outlives its role's name is known by it alone. */
  roleOid: number;
  untilMs: number;
  session: postgres.Sql;
}

/** How late each grant ended, in seconds. */
async function measureOnce(installation: Installation, grants: number, { say }: Wish): Promise<number[]> {
  const open: OpenGrant[] = [];
  try {
    const firstEndMs = Date.now() + (await preparationMs(installation, grants));
    await inParallel(parallel, grants, async (index) => {
      open.push(await openGrant(installation, firstEndMs + (index * 1_000) / endsPerSecond));
      if (open.length % 100 === 0) say(`${open.length} grants held, each with an open session`);
    });
    const earliest = Math.min(...open.map((grant) => grant.untilMs));
    if (earliest < Date.now())
      throw new Error('The machine is too busy: ends began before all access was made.');
    const late = await watchEnds(installation, open);
    say(
      `of ${late.length} ends: p50 ${quantile(late, 0.5).toFixed(2)} s, max ${Math.max(...late).toFixed(2)} s late`,
    );
    return late;
  } finally {
    await Promise.all(open.map(({ session }) => session.end({ timeout: 0 })));
  }
}

/** How long before the first end the making begins. */
async function preparationMs(installation: Installation, grants: number): Promise<number> {
  const trial: OpenGrant[] = [];
  const spentMs = await timed(() =>
    inParallel(parallel, trialGrants, async () => {
      trial.push(await openGrant(installation, Date.now() + 60_000));
    }),
  );
  await Promise.all(trial.map(({ session }) => session.end({ timeout: 0 })));
  return 15_000 + (spentMs / trialGrants) * grants * 1.5;
}

async function openGrant({ stack }: Installation, endMs: number): Promise<OpenGrant> {
  const { db } = stack.ledger;
  const seconds = Math.round((endMs - Date.now()) / 1_000);
  if (seconds < 2) throw new Error(tooBusy);
  const requestId = await lifecyclesOf(stack).ask('automatic', { period: `PT${seconds}S` });
  const grant = await eventually(
    'access',
    async () => {
      const story = await tell(db, requestId);
      return story.state === 'granted' && story.grant;
    },
    { timeoutMs: 60_000, everyMs: 100 },
  );
  const session = postgres({
    host: '127.0.0.1',
    port: stack.targetServer.port,
    database: 'initech_env',
    username: grant.account,
    password: unseal(stack.keys.sealing, grant.sealedPassword ?? '', `grant:${grant.id}`),
    max: 1,
    fetch_types: false,
    onnotice: () => undefined,
  });
  const [me] = await session<{ oid: number }[]>`select oid from pg_roles where rolname = current_user`;
  return { account: grant.account, roleOid: me?.oid ?? 0, untilMs: grant.until.getTime(), session };
}

/** Looks at the target until nothing is left there, as its superuser, past everything of ours. */
async function watchEnds({ stack }: Installation, open: readonly OpenGrant[]): Promise<number[]> {
  const admin = postgres(stack.targetServer.url, { max: 1, fetch_types: false, onnotice: () => undefined });
  const left = new Set(open);
  const late: number[] = [];
  try {
    while (left.size > 0) {
      const [seen] = await admin<{ nowMs: number; roles: string[]; sessions: number[] }[]>`
        select (extract(epoch from clock_timestamp()) * 1000)::float8 as "nowMs",
          (select json_agg(rolname) from pg_roles) as roles,
          (select json_agg(distinct usesysid::int8) from pg_stat_activity where usesysid is not null) as sessions`;
      if (!seen) throw new TypeError('The target said nothing.');
      const [roles, sessions] = [new Set(seen.roles), new Set(seen.sessions)];
      for (const grant of left) {
        if (roles.has(grant.account) || sessions.has(grant.roleOid)) continue;
        left.delete(grant);
        late.push((seen.nowMs - grant.untilMs) / 1_000);
      }
      await delay(lookEveryMs);
    }
    return late;
  } finally {
    await admin.end({ timeout: 2 });
  }
}
