import { sql } from 'drizzle-orm';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ActivityDeps } from '../../activities/deps.ts';
import { extendGrant } from '../../activities/extend.ts';
import { provisionRequest } from '../../activities/provision.ts';
import { settleRequest } from '../../activities/settle.ts';
import type { Decide, PolicyVerdict } from '../../domain/policy.ts';
import { ask, decide } from '../support/asking.ts';
import { type LedgerClock, skippableClock } from '../support/clock.ts';
import { unreliable } from '../support/outage.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { askExtension, orderEnding, tell } from '../support/story.ts';

// Between asking and beginning, rules and people change. No workers run here: the activities are called as they would.

let stack: Stack;
let owner: postgres.Sql;
let clock: LedgerClock;

beforeAll(async () => {
  stack = await startStack();
  owner = postgres(stack.ledgerServer.url, { max: 1, onnotice: () => undefined });
  clock = await skippableClock(stack.ledgerServer.url);
});

afterAll(async () => {
  await clock?.close();
  await owner?.end();
  await stack?.stop();
});

const db = () => stack.ledger.db;
const patiently = () => AbortSignal.timeout(30_000);

/** The policies as they are, with something changed since the request was approved. */
function changed(change: (verdict: PolicyVerdict) => Partial<PolicyVerdict>): Decide {
  return (question) => {
    const verdict = stack.deps.decide(question);
    return { ...verdict, ...change(verdict) };
  };
}

/** The last event about a request, with what stands beside it. */
async function lastEvent(requestId: string) {
  const rows = await db().execute<{ type: string; reason: string | null; version: string | null }>(sql`
    select e.type, t.reason, e.policy_version as version from audit_event e join audit_text t on t.event_id = e.id
    where e.request_id = ${requestId} order by e.occurred_at desc, e.xid desc, e.ctid desc limit 1`);
  return rows[0];
}

async function held(period: string): Promise<string> {
  const { requestId } = await ask(db(), { period });
  await provisionRequest(stack.deps, requestId, patiently());
  expect(await tell(db(), requestId)).toMatchObject({ state: 'granted', grant: { state: 'held' } });
  return requestId;
}

async function approved(): Promise<string> {
  const { requestId } = await ask(db(), { resource: 'globex-env', stages: ['support-lead'] });
  await decide(db(), requestId, 'priya@northwind.example');
  await settleRequest(stack.deps, requestId);
  expect(await tell(db(), requestId)).toMatchObject({ state: 'approved' });
  return requestId;
}

describe('an approval covers what was approved only while policy wants nothing more', () => {
  const changes: [string, (verdict: PolicyVerdict) => Partial<PolicyVerdict>][] = [
    ['policy refuses it now', () => ({ outcome: 'refused', longest: null, stages: [] })],
    ['the longest period became shorter', () => ({ longest: 'PT19M' })],
    ['a second factor is missing now', () => ({ missing: ['mfa'] })],
    [
      'two people must approve now',
      (verdict) => ({ stages: verdict.stages.map((stage) => ({ ...stage, needed: 2 })) }),
    ],
    [
      'the customer must approve now',
      (verdict) => ({
        stages: [
          ...verdict.stages,
          { name: 'x', roleKey: 'customer-administrator', of: 'customer', needed: 1, text: 'x' },
        ],
      }),
    ],
  ];
  it.each(changes)('%s: refused, recorded, and nothing was made', async (_what, change) => {
    const requestId = await approved();
    await provisionRequest({ ...stack.deps, decide: changed(change) }, requestId, patiently());
    expect(await tell(db(), requestId)).toMatchObject({ state: 'refused', lastError: 'policy', grant: null });
    expect(await lastEvent(requestId)).toMatchObject({ type: 'access_request.refused', reason: 'policy' });
  });

  it('begins when nothing has changed', async () => {
    const requestId = await approved();
    await provisionRequest(stack.deps, requestId, patiently());
    expect(await tell(db(), requestId)).toMatchObject({ state: 'granted', grant: { state: 'held' } });
  });

  it('extends only within the longest period for the whole span', async () => {
    const { requestId } = await ask(db(), { period: 'PT50M' });
    await provisionRequest(stack.deps, requestId, patiently());
    const before = await tell(db(), requestId);
    const tooLong = await askExtension(db(), requestId, 'PT20M');
    await extendGrant(stack.deps, tooLong, patiently());
    expect(await tell(db(), tooLong)).toMatchObject({ state: 'refused' });
    expect((await tell(db(), requestId)).grant?.until).toEqual(before.grant?.until);
    const short = await askExtension(db(), requestId, 'PT5M');
    await extendGrant(stack.deps, short, patiently());
    expect(await tell(db(), short)).toMatchObject({ state: 'granted' });
  });
});

describe('what was approved', () => {
  /** The ledger's clock goes on while nothing of ours runs. */
  const pass = async (minutes: number) => {
    const rows = await db().execute<{ now: string }>(
      sql`select extract(epoch from tenure_now()) * 1000 as now`,
    );
    await clock.moveTo(Math.ceil(Number(rows[0]?.now)) + minutes * 60_000);
  };
  const failing = (): ActivityDeps => ({
    ...stack.deps,
    connectors: unreliable(stack, () => 'lost-before').connectors,
  });

  it('is not given up because nothing of ours ran for a while: only what was tried counts', async () => {
    const requestId = await approved();
    await pass(20);
    await expect(provisionRequest(failing(), requestId, patiently())).rejects.toThrow('target-unreachable');
    expect(await tell(db(), requestId)).toMatchObject({ state: 'approved', lastError: 'target-unreachable' });
    await provisionRequest(stack.deps, requestId, patiently());
    expect(await tell(db(), requestId)).toMatchObject({
      state: 'granted',
      lastError: null,
      grant: { state: 'held' },
    });
  });

  it('is given up when it was tried for too long', async () => {
    const requestId = await approved();
    await expect(provisionRequest(failing(), requestId, patiently())).rejects.toThrow('target-unreachable');
    await pass(14);
    await expect(provisionRequest(failing(), requestId, patiently())).rejects.toThrow('target-unreachable');
    await pass(2);
    await provisionRequest(failing(), requestId, patiently());
    expect(await tell(db(), requestId)).toMatchObject({ state: 'failed', lastError: 'target-unreachable' });
  });

  it('is extended, too, however long nothing of ours ran', async () => {
    const requestId = await held('PT50M');
    const extensionId = await askExtension(db(), requestId, 'PT5M');
    await pass(20);
    await expect(extendGrant(failing(), extensionId, patiently())).rejects.toThrow('target-unreachable');
    expect(await tell(db(), extensionId)).toMatchObject({ state: 'approved' });
    await extendGrant(stack.deps, extensionId, patiently());
    expect(await tell(db(), extensionId)).toMatchObject({ state: 'granted', lastError: null });
  });
});

describe('an activation keeps what policy said at that moment', () => {
  const later = { policyVersion: 'sha256:later', policies: [{ id: 'later', title: 'A later rule' }] };

  it('with the access that begins, and with its extension', async () => {
    const deps = { ...stack.deps, decide: changed(() => later) };
    const { requestId } = await ask(db(), { period: 'PT20M' });
    await provisionRequest(deps, requestId, patiently());
    expect(await lastEvent(requestId)).toEqual({
      type: 'grant.begun',
      reason: null,
      version: 'sha256:later',
    });
    const grants = await db().execute(sql`
      select policy_version as "policyVersion", policies from access_grant where request_id = ${requestId}`);
    expect([...grants]).toEqual([later]);
    const extensionId = await askExtension(db(), requestId, 'PT5M');
    await extendGrant(deps, extensionId, patiently());
    expect(await lastEvent(extensionId)).toMatchObject({ type: 'grant.extended', version: 'sha256:later' });
    const extensions = await db().execute(sql`
      select policy_version as "policyVersion", policies from extension where request_id = ${extensionId}`);
    expect([...extensions]).toEqual([later]);
  });

  it('and says so when it is not policy that refuses: the access has ended meanwhile', async () => {
    const requestId = await held('PT20M');
    const extensionId = await askExtension(db(), requestId, 'PT5M');
    await orderEnding(db(), requestId, 'revocation');
    await extendGrant(stack.deps, extensionId, patiently());
    expect(await tell(db(), extensionId)).toMatchObject({ state: 'refused', lastError: 'grant-ended' });
    const refused = { type: 'access_request.refused', reason: 'grant-ended' };
    expect(await lastEvent(extensionId)).toMatchObject(refused);
  });
});

describe('nothing lasts longer than the person stays', () => {
  const leavesIn = async (interval: string | null): Promise<Date | null> => {
    const rows = await owner<{ at: Date | null }[]>`
      update person set ends_at = date_trunc('milliseconds', tenure_now() + ${interval}::interval)
      where email = 'sam@northwind.example' returning ends_at as at`;
    return rows[0]?.at ?? null;
  };

  afterEach(async () => {
    await leavesIn(null);
  });

  it('access ends with the person, in the ledger and in the target', async () => {
    const leaves = await leavesIn('10 minutes');
    const requestId = await held('PT20M');
    const { grant } = await tell(db(), requestId);
    expect(grant?.until).toEqual(leaves);
    const target = postgres(stack.targetServer.url, { max: 1 });
    const roles =
      await target`select rolvaliduntil as until from pg_roles where rolname = ${grant?.account ?? ''}`;
    await target.end();
    expect([...roles]).toEqual([{ until: leaves }]);
  });

  it('an extension reaches no further, and one that would gain nothing is refused', async () => {
    const requestId = await held('PT20M');
    const leaves = await leavesIn('22 minutes');
    const extensionId = await askExtension(db(), requestId, 'PT10M');
    await extendGrant(stack.deps, extensionId, patiently());
    expect(await tell(db(), extensionId)).toMatchObject({ state: 'granted' });
    expect((await tell(db(), requestId)).grant?.until).toEqual(leaves);
    const another = await askExtension(db(), requestId, 'PT10M');
    await extendGrant(stack.deps, another, patiently());
    expect(await tell(db(), another)).toMatchObject({ state: 'refused', lastError: 'person-ended' });
    expect(await lastEvent(another)).toMatchObject({ reason: 'person-ended' });
    expect((await tell(db(), requestId)).grant?.until).toEqual(leaves);
  });
});
