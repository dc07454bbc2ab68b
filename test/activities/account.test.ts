import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type SyncedAccount, syncAccount } from '../../activities/account.ts';
import { ConnectorError } from '../../activities/connectors/errors.ts';
import { endGrant } from '../../activities/end.ts';
import { writePagePlan } from '../../activities/processes/bring-about.ts';
import type { AccountRef } from '../../db/queries/account.ts';
import { actors } from '../../domain/audit-event.ts';
import { memoryTarget, type MemoryTarget, sharedMemoryTarget } from '../support/memory-connector.ts';
import { type Roster, startRoster } from '../support/roster.ts';

// One account brought to the union of its live grants, whatever else wants to be said about it.

let roster: Roster;
const targets: Record<'app' | 'vault', MemoryTarget> = { app: sharedMemoryTarget(), vault: memoryTarget() };
const signal = new AbortController().signal;
const db = () => roster.ledger.db;

beforeAll(async () => {
  roster = await startRoster(targets);
});

beforeEach(() => {
  for (const target of Object.values(targets)) target.before = async () => undefined;
});

afterAll(() => roster?.stop());

interface Intended {
  id: string;
  resource: string;
  entitlement: string;
  ref: AccountRef;
}

/** A new user with what is intended for them, of which no target has heard. */
async function intended(): Promise<Intended[]> {
  const customer = await roster.customer();
  const processId = await roster.process({ organizationId: customer.id, people: customer.people });
  await writePagePlan(roster.deps, processId, customer.people);
  const rows = await db().execute<{
    id: string;
    resource: string;
    entitlement: string;
    resourceId: string;
    account: string;
  }>(sql`
    select g.id, r.key as resource, e.key as entitlement, r.id as "resourceId", g.account from access_grant g
      join resource r on r.id = g.resource_id join entitlement e on e.id = g.entitlement_id
    where g.process_id = ${processId} order by r.key, e.key`);
  return rows.map(({ resourceId, account, ...rest }) => ({ ...rest, ref: { resourceId, account } }));
}

async function intendedOn(resource: string): Promise<{ ref: AccountRef; ids: Record<string, string> }> {
  const found = (await intended()).filter((one) => one.resource === resource);
  const [first] = found;
  if (!first) throw new RangeError('Nothing is intended.');
  return { ref: first.ref, ids: Object.fromEntries(found.map((one) => [one.entitlement, one.id])) };
}

function sync(ref: AccountRef, shares = true, lane: 'giving' | 'ending' = 'giving'): Promise<SyncedAccount> {
  return syncAccount({ ...roster.deps }, ref, { shares, lane, signal });
}

async function order(grantId: string): Promise<void> {
  await db().execute(
    sql`update access_grant set end_at = tenure_now(), end_order = 'role-change' where id = ${grantId}`,
  );
}

function heldOn(account: string): string[] {
  return targets.app
    .holdings()
    .filter((one) => one.account === account)
    .map((one) => one.entitlement)
    .sort();
}

it('says of each grant whether it is held, gone, or neither and why', async () => {
  const { ref, ids } = await intendedOn('app');
  targets.app.before = async (change) => {
    if (change.holding.entitlement === 'edit') throw new ConnectorError('target-refused');
  };
  expect(await sync(ref)).toMatchObject({
    held: [ids['sign-in']],
    gone: [],
    left: [ids['edit']],
    failure: { code: 'target-refused' },
  });
  expect(heldOn(ref.account)).toEqual(['sign-in']);
});

it('ends what is due although the target refuses what else is wanted', async () => {
  const { ref, ids } = await intendedOn('app');
  targets.app.before = async (change) => {
    if (change.kind === 'add' && change.holding.entitlement === 'edit')
      throw new ConnectorError('target-refused');
  };
  await sync(ref);
  await db().execute(sql`update access_grant set state = 'held' where id = ${ids['sign-in']}`);
  await order(ids['sign-in'] ?? '');
  await endGrant(roster.deps, ids['sign-in'] ?? '', actors.reaper, signal);
  const [ended] = await db().execute(
    sql`select state, ended_by from access_grant where id = ${ids['sign-in']}`,
  );
  expect(ended).toEqual({ state: 'ended', ended_by: 'role-change' });
  expect(heldOn(ref.account)).toEqual([]);
});

it('comes to the newest state, however many of our processes say something at once', async () => {
  const { ref, ids } = await intendedOn('app');
  const sayings = [sync(ref), sync(ref), sync(ref, true, 'ending')];
  await order(ids['edit'] ?? '');
  await Promise.all([...sayings, sync(ref, true, 'ending'), sync(ref), sync(ref)]);
  expect(heldOn(ref.account)).toEqual(['sign-in']);
  expect(await sync(ref)).toMatchObject({ held: [ids['sign-in']], gone: [ids['edit']], left: [] });
});

it('tells a shared account something in any case, so that what is still on its way comes too late', async () => {
  const { ref } = await intendedOn('app');
  await sync(ref);
  const before = targets.app.log.length;
  await sync(ref);
  expect(targets.app.log.slice(before).map(({ change }) => change.kind)).toEqual(['move-end']);
});

it('removes what no grant explains', async () => {
  const { ref } = await intendedOn('app');
  const stranger = {
    account: ref.account,
    entitlement: 'manage',
    scope: 'elsewhere',
    until: '2099-01-01T00:00:00.000Z',
  };
  const quiet = { password: null, holder: null, signal, reach: async () => undefined };
  const target = { resource: 'app', settings: {}, secret: '' };
  await targets.app.apply(target, { kind: 'add', holding: stranger }, { ...quiet, number: 1 });
  await sync(ref);
  expect(heldOn(ref.account)).toEqual(['edit', 'sign-in']);
});

it('tells who holds an account when something is given, and nobody when it is taken', async () => {
  const { ref, ids } = await intendedOn('app');
  const holders: (string | null)[] = [];
  targets.app.before = async (change, attempt) => {
    holders.push(`${change.kind} ${attempt.holder?.email ?? 'nobody'}`);
  };
  await sync(ref);
  await order(ids['edit'] ?? '');
  await sync(ref);
  const email = `${ref.account}@customer.example`;
  expect(holders).toEqual([`add ${email}`, `add ${email}`, 'remove nobody']);
});

it('gives an account that a grant has to itself the password that lies sealed with it, and again when it was lost', async () => {
  const { ref, ids } = await intendedOn('vault');
  const passwords: (string | null)[] = [];
  targets.vault.before = async (_change, attempt) => {
    passwords.push(attempt.password);
    if (passwords.length === 1) throw new ConnectorError('target-unreachable');
  };
  await expect(sync(ref, false)).rejects.toMatchObject({ code: 'target-unreachable' });
  expect(await sync(ref, false)).toMatchObject({ held: [ids['read']], left: [] });
  expect(passwords).toHaveLength(2);
  expect(passwords[0]).toBe(passwords[1]);
  expect(passwords[0]).toMatch(/.{20}/);
});

it('waits in its turn no longer than it may', async () => {
  const { ref } = await intendedOn('app');
  let release = () => undefined as void;
  const hanging = new Promise<void>((resolve) => {
    release = resolve;
  });
  targets.app.before = () => hanging;
  const first = syncAccount(roster.deps, ref, { shares: true, lane: 'giving', signal });
  const impatient = new AbortController();
  const second = syncAccount(roster.deps, ref, { shares: true, lane: 'giving', signal: impatient.signal });
  const third = syncAccount(roster.deps, ref, { shares: true, lane: 'giving', signal });
  impatient.abort(new Error('enough'));
  await expect(second).rejects.toThrow('enough');
  release();
  expect((await first).left).toEqual([]);
  expect((await third).left).toEqual([]);
});
