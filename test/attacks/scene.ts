import { sql } from 'drizzle-orm';
import postgres from 'postgres';
import { unseal } from '../../crypto/sealing.ts';
import { type Asking, ask } from '../support/asking.ts';
import { type Login, type LoginOutcome, signIn } from '../support/foreign-client.ts';
import type { Stack } from '../support/stack.ts';
import { becomes, keepRelaying, repairNow, type Story } from '../support/story.ts';

/** What the target itself says, asked as its superuser. */
export interface TargetView {
  /** Login roles that Tenure made and that exist now. */
  accounts: string[];
  /** Open sessions of such roles. */
  sessions: number;
}

/** Asks the target what is there of Tenure's accounts, or of one of them. */
export async function lookAtTarget(stack: Stack, account?: string): Promise<TargetView> {
  const client = postgres(stack.targetServer.url, { max: 1, onnotice: () => undefined });
  try {
    const like = account ?? 'tnr\\_%';
    const roles = await client<{ rolname: string }[]>`
      select rolname from pg_roles where rolname like ${like} order by rolname`;
    const sessions = await client<{ open: number }[]>`
      select count(*)::integer as open from pg_stat_activity where usename like ${like}`;
    return { accounts: roles.map((role) => role.rolname), sessions: sessions[0]?.open ?? 0 };
  } finally {
    await client.end({ timeout: 2 });
  }
}

/** How the holder of a grant signs in, with the password that the ledger keeps sealed. */
export function loginOf(stack: Stack, story: Story, database = 'initech_env'): Login {
  const { grant } = story;
  if (!grant?.sealedPassword) throw new TypeError('There is no password to sign in with.');
  return {
    host: '127.0.0.1',
    port: stack.targetServer.port,
    database,
    username: grant.account,
    password: unseal(stack.keys.sealing, grant.sealedPassword, `grant:${grant.id}`),
  };
}

/** Signs in as the holder of a grant did or would. */
export function trySignIn(login: Login): Promise<LoginOutcome> {
  return signIn(login, 'select current_user');
}

/** Asks for something that needs nobody's approval and waits until it is held. */
export async function held(stack: Stack, wish: Asking = {}): Promise<{ requestId: string; story: Story }> {
  const { requestId } = await ask(stack.ledger.db, wish);
  return { requestId, story: await becomes(stack.ledger.db, requestId, 'granted', 'held') };
}

/** Asks for something that waits for a support lead. */
export async function waiting(stack: Stack, wish: Asking = {}): Promise<string> {
  const { requestId } = await ask(stack.ledger.db, {
    resource: 'globex-env',
    entitlement: 'read',
    stages: ['support-lead'],
    ...wish,
  });
  return requestId;
}

/** What a worker's process does besides working: relays, replaces credentials and repairs, here without pauses. Returns what stops it. */
export function keepMending(stack: Stack): () => Promise<void> {
  const stopRelaying = keepRelaying(stack);
  const stopReplacing = keepDoing(100, () => stack.relay.replaceCredentials());
  const stopRepairing = keepDoing(500, () => repairNow(stack));
  return async () => {
    await stopRepairing();
    await stopReplacing();
    await stack.relay.settled();
    await stopRelaying();
  };
}

/** What the reaper's process does. Returns what stops it. */
export function keepReaping(stack: Stack): () => Promise<void> {
  return keepDoing(500, () => stack.reaper.round());
}

/** Does it again and again, whatever goes wrong with it. Returns what stops it. */
export function keepDoing(everyMs: number, work: () => Promise<unknown>): () => Promise<void> {
  let isStopping = false;
  const loop = async () => {
    while (!isStopping) {
      await work().catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  };
  const ended = loop();
  return async () => {
    isStopping = true;
    await ended;
  };
}

/** How far past its end a grant was when it was confirmed gone, in milliseconds of the ledger's clock. */
export function latenessMs(story: Story): number {
  const { grant } = story;
  if (!grant?.endedAt) throw new TypeError('This has not ended.');
  return grant.endedAt.getTime() - grant.until.getTime();
}

/** How many grants of the requests there ever were in the ledger. */
export async function countGrants(stack: Stack, requestIds: readonly string[]): Promise<number> {
  const rows = await stack.ledger.db.execute<{ n: number }>(
    sql`select count(*)::integer as n from access_grant where request_id in ${[...requestIds]}`,
  );
  return rows[0]?.n ?? 0;
}
