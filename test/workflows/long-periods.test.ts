import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConnectorError } from '../../activities/connectors/errors.ts';
import { ask, decide } from '../support/asking.ts';
import { type SkippingStack, startSkippingStack } from '../support/skipping-stack.ts';
import { askExtension, becomes, deliverNow, orderEnding, tell, trail } from '../support/story.ts';
import { eventually } from '../support/wait.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

let stack: SkippingStack;

beforeAll(async () => {
  stack = await startSkippingStack();
});

afterAll(async () => {
  await stack?.stop();
});

const db = () => stack.ledger.db;
const globex = { resource: 'globex-env', stages: ['support-lead'] };

describe('what lasts for days', () => {
  it('holds for exactly 90 days and then ends by itself', async () => {
    const { requestId } = await ask(db(), { ...globex, period: 'P90D' });
    await decide(db(), requestId, 'priya@northwind.example');
    await deliverNow(stack);
    const { grant } = await becomes(db(), requestId, 'granted', 'held');
    expect(grant && grant.until.getTime() - grant.from.getTime()).toBe(90 * day);
    expect(stack.target.holdings()).toHaveLength(1);

    await stack.pass(90 * day - hour);
    expect(await tell(db(), requestId)).toMatchObject({ grant: { state: 'held' } });
    expect(stack.target.holdings()).toHaveLength(1);

    await stack.finished(requestId);
    const ended = await tell(db(), requestId);
    expect(ended.grant).toMatchObject({ state: 'ended', endedBy: 'time' });
    const lateMs = (ended.grant?.endedAt?.getTime() ?? 0) - (ended.grant?.until.getTime() ?? 0);
    expect(lateMs).toBeGreaterThanOrEqual(0);
    expect(lateMs).toBeLessThan(minute);
    expect(stack.target.holdings()).toEqual([]);
  });

  it('lapses when nobody has decided for two hours, and can then not be approved', async () => {
    const { requestId } = await ask(db(), globex);
    await deliverNow(stack);
    await stack.pass(2 * hour - minute);
    expect(await tell(db(), requestId)).toMatchObject({ state: 'waiting' });
    await stack.finished(requestId);
    expect(await tell(db(), requestId)).toMatchObject({ state: 'lapsed', grant: null });
    expect(await trail(db(), requestId)).toEqual(['access_request.lapsed']);
    await expect(decide(db(), requestId, 'priya@northwind.example')).rejects.toMatchObject({
      cause: { code: 'TN004' },
    });
  });

  it('begins 30 days later when asked so, and its period counts from then', async () => {
    const startsAt = new Date((await stack.now()) + 30 * day);
    const { requestId } = await ask(db(), { ...globex, period: 'PT4H', startsAt });
    await decide(db(), requestId, 'priya@northwind.example');
    await deliverNow(stack);
    await becomes(db(), requestId, 'approved');
    await stack.pass(30 * day - hour);
    expect(await tell(db(), requestId)).toMatchObject({ state: 'approved', grant: null });
    expect(stack.target.holdings()).toEqual([]);
    await stack.pass(2 * hour);
    const { grant } = await becomes(db(), requestId, 'granted', 'held');
    expect(grant?.from.getTime()).toBeGreaterThanOrEqual(startsAt.getTime());
    expect(grant && grant.from.getTime() - startsAt.getTime()).toBeLessThan(minute);
    expect(grant && grant.until.getTime() - grant.from.getTime()).toBe(4 * hour);
    await stack.finished(requestId);
    expect(await tell(db(), requestId)).toMatchObject({ grant: { state: 'ended', endedBy: 'time' } });
  });

  it('sleeps on until the new end when it is extended meanwhile, and ends early when it is revoked', async () => {
    const { requestId } = await ask(db(), { period: 'P10D' });
    await deliverNow(stack);
    const first = await becomes(db(), requestId, 'granted', 'held');
    await stack.pass(9 * day);
    const extensionId = await askExtension(db(), requestId, 'P10D');
    await deliverNow(stack);
    await becomes(db(), extensionId, 'granted');
    await deliverNow(stack);
    await stack.pass(5 * day);
    const extended = await tell(db(), requestId);
    expect(extended.grant?.state).toBe('held');
    expect((extended.grant?.until.getTime() ?? 0) - (first.grant?.until.getTime() ?? 0)).toBe(10 * day);
    await orderEnding(db(), requestId, 'revocation');
    await deliverNow(stack);
    const { grant } = await becomes(db(), requestId, 'granted', 'ended');
    expect(grant?.endedBy).toBe('revocation');
    expect(grant?.endedAt && grant.endedAt < grant.until).toBe(true);
    expect(stack.target.holdings()).toEqual([]);
  });

  it('is tried for a quarter of an hour while the target is away, is then given up, and leaves nothing', async () => {
    stack.target.before = async (change) => {
      if (change.kind === 'add') throw new ConnectorError('target-unreachable');
    };
    const { requestId } = await ask(db());
    await deliverNow(stack);
    const tried = async () => {
      const story = await tell(db(), requestId);
      return (story.grant?.attempts ?? 0) >= 2 && story;
    };
    // Nothing is said to be held while it is tried, and why it takes long can be seen.
    expect(await eventually('a second attempt', tried)).toMatchObject({
      state: 'approved',
      lastError: 'target-unreachable',
      grant: { state: 'provisioning' },
    });
    await stack.passInLedger(15 * minute);
    await becomes(db(), requestId, 'failed');
    await stack.finished(requestId);
    const story = await becomes(db(), requestId, 'failed', 'failed');
    expect(story).toMatchObject({ lastError: 'target-unreachable', grant: { endedBy: 'rollback' } });
    expect(stack.target.holdings()).toEqual([]);
    const events = await trail(db(), requestId);
    expect(events.filter((type) => type !== 'grant.intended')).toEqual([
      'access_request.failed',
      'grant.end_intended',
      'grant.rolled_back',
    ]);
  });
});
