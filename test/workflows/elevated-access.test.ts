import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { followSignals } from '../../activities/signals/follow.ts';
import { keepSignal, type SaidSignal } from '../../db/queries/signal.ts';
import { newId } from '../../domain/ids.ts';
import { readSecurityEvent } from '../../domain/signal.ts';
import { requestWorkflowId } from '../../workflows/contract.ts';
import { ask, decide } from '../support/asking.ts';
import { holdSession, signIn } from '../support/foreign-client.ts';
import { type Stack, startStack } from '../support/stack.ts';
import {
  askExtension,
  becomes,
  closedStatus,
  keepRelaying,
  orderEnding,
  tell,
  trail,
} from '../support/story.ts';
import { loginOf, superuser, targetState } from '../support/target.ts';

let stack: Stack;
let admin: postgres.Sql;
let stopRelaying: () => Promise<void>;
let stopWorkers: () => Promise<void>;

beforeAll(async () => {
  stack = await startStack();
  admin = superuser(stack);
  stopWorkers = await stack.startWorkers();
  stopRelaying = keepRelaying(stack);
});

afterAll(async () => {
  await stopRelaying?.();
  await admin?.end();
  await stack?.stop();
});

const globex = { resource: 'globex-env', stages: ['support-lead'] };
const db = () => stack.ledger.db;

/** The vendor's device management. */
async function deviceManagement(): Promise<SaidSignal['source']> {
  const owner = postgres(stack.ledgerServer.url, { max: 1 });
  const [source] = await owner<{ id: string; organizationId: string }[]>`
    insert into signal_source (id, organization_id, name, issuer, audience, jwks, made_by)
    select ${newId('sigsrc')}, organization_id, 'Devices', 'https://mdm.example', 'tenure', '{"keys": []}', id
    from person where email = 'omar@northwind.example' returning id, organization_id as "organizationId"`;
  await owner.end();
  if (!source) throw new RangeError('The example has no Omar.');
  return source;
}

/** What it says of Sam's device, now. */
function ofSamsDevice(source: SaidSignal['source'], status: string): SaidSignal {
  const event = 'https://schemas.openid.net/secevent/caep/event-type/device-compliance-change';
  const claims = { iat: Date.now() / 1_000, events: { [event]: { current_status: status } } };
  const sub_id = { format: 'email', email: 'sam@northwind.example' };
  return { source, jti: status, reading: readSecurityEvent({ ...claims, sub_id }, Date.now()) };
}

async function historyLength(requestId: string): Promise<number> {
  const { historyLength } = await stack.client.workflow.getHandle(requestWorkflowId(requestId, 1)).describe();
  return historyLength;
}

describe('temporary access to a real PostgreSQL', () => {
  it('begins with an approval and a credential of its own, and leaves nothing when its time is over', async () => {
    const before = await targetState(admin);
    const { requestId } = await ask(db(), { ...globex, period: 'PT4S' });
    await decide(db(), requestId, 'priya@northwind.example');
    const login = loginOf(stack, await becomes(db(), requestId, 'granted', 'held'), 'globex_env');

    expect(await signIn(login, 'select count(*) from orders')).toMatchObject({ ok: true });
    const wrong = await signIn({ ...login, password: `${login.password.slice(1)}x` });
    expect(wrong.text).toContain('password authentication failed');
    const elsewhere = await signIn({ ...login, database: 'initech_env' });
    expect(elsewhere.text).toContain('permission denied for database');
    // Proves that the refusals above were the grant's doing and not its end.
    expect(await tell(db(), requestId)).toMatchObject({ grant: { state: 'held' } });

    const session = await holdSession(login);
    expect(await session.ended).toContain('terminating connection');
    const { grant } = await becomes(db(), requestId, 'granted', 'ended');
    expect(grant).toMatchObject({ endedBy: 'time', sealedPassword: null, attempts: 1 });
    expect(grant && grant.endedAt && grant.endedAt >= grant.until).toBe(true);
    expect(grant && grant.until.getTime() - grant.from.getTime()).toBe(4_000);

    expect((await signIn(login)).ok).toBe(false);
    expect(await targetState(admin)).toEqual(before);
    expect(await trail(db(), requestId)).toEqual([
      'access_request.approved',
      'grant.intended',
      'grant.begun',
      'grant.ended',
    ]);
  });

  it('ends with its open session as soon as the holder’s device is said not to comply, and is not given anew', async () => {
    const { requestId } = await ask(db(), { ...globex, period: 'PT10M' });
    await decide(db(), requestId, 'priya@northwind.example');
    const login = loginOf(stack, await becomes(db(), requestId, 'granted', 'held'), 'globex_env');
    const session = await holdSession(login);

    const source = await deviceManagement();
    await keepSignal(db(), ofSamsDevice(source, 'not-compliant'));
    const { ledger, deps } = stack;
    expect(await followSignals({ ledger, decide: deps.decide, log: deps.log })).toBe(1);
    expect(await session.ended).toContain('terminating connection');
    const { grant } = await becomes(db(), requestId, 'granted', 'ended');
    expect(grant).toMatchObject({ endedBy: 'engine', sealedPassword: null });
    expect((await signIn(login)).ok).toBe(false);

    const again = await ask(db(), { ...globex, period: 'PT10M' });
    await decide(db(), again.requestId, 'priya@northwind.example');
    expect((await becomes(db(), again.requestId, 'refused')).grant).toBeNull();
    // The others of this file are about somebody whose device complies.
    await keepSignal(db(), ofSamsDevice(source, 'compliant'));
    expect(await followSignals({ ledger, decide: deps.decide, log: deps.log })).toBe(1);
  });

  it('costs Temporal at most 34 events with one approval and 26 without', async () => {
    const approval = await ask(db(), { ...globex, period: 'PT1S' });
    const automatic = await ask(db(), { period: 'PT1S' });
    // The workflow waits before it is decided, as it does in life.
    await expect
      .poll(() => historyLength(approval.requestId).catch(() => 0), { timeout: 15_000 })
      .toBeGreaterThan(4);
    await decide(db(), approval.requestId, 'priya@northwind.example');
    for (const { requestId } of [approval, automatic]) {
      await becomes(db(), requestId, 'granted', 'ended');
      expect(await closedStatus(stack.client, requestId)).toBe('COMPLETED');
    }
    expect(await historyLength(approval.requestId)).toBeLessThanOrEqual(34);
    expect(await historyLength(automatic.requestId)).toBeLessThanOrEqual(26);
  });

  it('is not given when somebody denies', async () => {
    const { requestId } = await ask(db(), { ...globex, stages: ['support-lead', 'security'] });
    await decide(db(), requestId, 'priya@northwind.example');
    await decide(db(), requestId, 'sita@northwind.example', 'deny');
    expect(await becomes(db(), requestId, 'denied')).toMatchObject({ grant: null });
    expect(await closedStatus(stack.client, requestId)).toBe('COMPLETED');
    expect(await trail(db(), requestId)).toEqual(['access_request.denied']);
  });

  it('ends as soon as its holder returns it', async () => {
    const { requestId } = await ask(db());
    const login = loginOf(stack, await becomes(db(), requestId, 'granted', 'held'), 'initech_env');
    expect(await signIn(login)).toMatchObject({ ok: true });
    expect(await orderEnding(db(), requestId, 'return')).toBe(true);
    expect(await becomes(db(), requestId, 'granted', 'ended')).toMatchObject({
      grant: { endedBy: 'return' },
    });
    expect((await signIn(login)).ok).toBe(false);
    expect(await orderEnding(db(), requestId, 'revocation')).toBe(false);
  });

  it('lasts longer by an approved extension: in the ledger, in the target, and then ends', async () => {
    const { requestId } = await ask(db(), { ...globex, period: 'PT3S' });
    await decide(db(), requestId, 'priya@northwind.example');
    const first = await becomes(db(), requestId, 'granted', 'held');
    const extensionId = await askExtension(db(), requestId, 'PT3S', true);
    await decide(db(), extensionId, 'marek@northwind.example');
    await becomes(db(), extensionId, 'granted');
    const { grant } = await tell(db(), requestId);
    const firstUntil = first.grant?.until.getTime() ?? 0;
    expect(grant).toMatchObject({ state: 'held', until: new Date(firstUntil + 3_000) });
    const [role] =
      await admin`select rolvaliduntil as until from pg_roles where rolname = ${grant?.account ?? ''}`;
    expect(role).toEqual({ until: new Date(firstUntil + 3_000) });
    const ended = await becomes(db(), requestId, 'granted', 'ended');
    expect(ended.grant?.endedAt?.getTime()).toBeGreaterThanOrEqual(firstUntil + 3_000);
    expect(await closedStatus(stack.client, requestId)).toBe('COMPLETED');
    expect(await closedStatus(stack.client, extensionId)).toBe('COMPLETED');
    expect(await trail(db(), extensionId)).toEqual([
      'access_request.approved',
      'grant.intended',
      'grant.extended',
    ]);
  });

  it('is not extended once it has ended', async () => {
    const { requestId } = await ask(db(), { period: 'PT1S' });
    await becomes(db(), requestId, 'granted', 'ended');
    const extensionId = await askExtension(db(), requestId, 'PT20M');
    expect(await becomes(db(), extensionId, 'refused')).toMatchObject({ grant: null });
    expect(await tell(db(), requestId)).toMatchObject({ grant: { state: 'ended', endedBy: 'time' } });
  });

  it('replays from nothing at every step when workers keep no workflow in memory', async () => {
    await stopWorkers();
    const stop = await stack.startWorkers({ maxCachedWorkflows: 0 });
    try {
      const { requestId } = await ask(db(), { ...globex, period: 'PT1S' });
      await decide(db(), requestId, 'priya@northwind.example');
      await becomes(db(), requestId, 'granted', 'ended', 30_000);
      expect(await closedStatus(stack.client, requestId)).toBe('COMPLETED');
    } finally {
      await stop();
    }
  });
});
