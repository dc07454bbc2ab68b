import { describe, expect, it } from 'vitest';
import type { Attempt, Target } from '../../../activities/connectors/connector.ts';
import type { Change, Holding } from '../../../domain/plan.ts';
import { sharedMemoryTarget } from '../../support/memory-connector.ts';

const target: Target = { resource: 'northwind-app', settings: {}, secret: '' };
const holding: Holding = {
  account: 'person_1',
  entitlement: 'sign-in',
  scope: 'acme',
  until: '2099-01-01T00:00:00.000Z',
};
const add: Change = { kind: 'add', holding };
const remove: Change = { kind: 'remove', holding };
const attempt = (number: number): Attempt => ({
  number,
  password: null,
  holder: { email: 'anna@acme.example', name: 'Anna' },
  signal: new AbortController().signal,
  reach: async () => {},
});

describe('the target in memory with shared accounts', () => {
  it('goes by numbers as the webhook does: smaller ones are refused, each change is made once', async () => {
    const memory = sharedMemoryTarget();
    await memory.apply(target, add, attempt(2));
    await memory.apply(target, add, attempt(2));
    await expect(memory.apply(target, remove, attempt(1))).rejects.toMatchObject({ code: 'superseded' });
    await memory.apply(target, remove, attempt(3));
    await expect(memory.apply(target, add, attempt(2))).rejects.toMatchObject({ code: 'superseded' });
    expect(memory.holdings()).toEqual([]);
    await memory.apply(target, add, attempt(4));
    expect(memory.holdings()).toEqual([holding]);
    expect(memory.log.map(({ change }) => change.kind)).toEqual(['add', 'remove', 'add']);
    expect(memory.holders.get('person_1')).toEqual({ email: 'anna@acme.example', name: 'Anna' });
    expect(memory.account({ grantId: 'grant_1', personId: 'person_1' })).toBe('person_1');
  });
});
