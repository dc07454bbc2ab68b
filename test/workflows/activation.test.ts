import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { extendGrant } from '../../activities/extend.ts';
import { provisionRequest } from '../../activities/provision.ts';
import { settleRequest } from '../../activities/settle.ts';
import type { Decide, PolicyVerdict } from '../../domain/policy.ts';
import { ask, decide } from '../support/asking.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { askExtension, tell, trail } from '../support/story.ts';

// Between asking and beginning, rules and people change. No workers run here: the activities are called as they would.

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack?.stop());

const db = () => stack.ledger.db;
const patiently = () => AbortSignal.timeout(30_000);

/** The policies as they are, with something changed since the request was approved. */
function changed(change: (verdict: PolicyVerdict) => Partial<PolicyVerdict>): Decide {
  return (question) => {
    const verdict = stack.deps.decide(question);
    return { ...verdict, ...change(verdict) };
  };
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
    expect(await tell(db(), requestId)).toMatchObject({ state: 'refused', grant: null });
    expect((await trail(db(), requestId)).at(-1)).toBe('access_request.refused');
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
