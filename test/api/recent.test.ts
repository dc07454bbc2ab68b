import { afterAll, beforeAll, expect, it } from 'vitest';
import { recently, soon } from '../../api/recent.ts';
import type { Executor, Ledger } from '../../db/client.ts';
import { type ApiHarness, startApi } from '../support/api.ts';

let http: ApiHarness;
beforeAll(async () => {
  http = await startApi();
});
afterAll(() => http.stop());

/** The ledger, and how often anything was asked of it. */
function counting(ledger: Ledger): { ledger: Ledger; asked(): number } {
  let count = 0;
  const db: Executor = new Proxy(ledger.db, {
    get(target, name) {
      if (name === 'execute' || name === 'transaction') count += 1;
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  return { ledger: { ...ledger, db }, asked: () => count };
}

it.each(['/readyz', '/metrics'])(
  'however often %s is asked for, the ledger is asked once a second',
  async (path) => {
    const { ledger, asked } = counting(http.ledger.app);
    const api = http.over({ ledger });
    const begun = performance.now();
    const statuses = await Promise.all(
      Array.from({ length: 50 }, async () => (await api.request(path)).status),
    );
    const seconds = Math.ceil((performance.now() - begun) / 1_000);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(asked()).toBeGreaterThan(0);
    expect(asked()).toBeLessThanOrEqual(seconds);
  },
);

it('an answer serves for a second, a question without one for ten', async () => {
  let now = 0;
  let asked = 0;
  let answer: (value: string) => void = () => undefined;
  const ask = recently(
    () => {
      asked += 1;
      return new Promise<string>((resolve) => {
        answer = resolve;
      });
    },
    () => now,
  );
  void ask();
  now = 9_999;
  const second = ask();
  expect(asked).toBe(1);
  answer('here');
  expect(await second).toBe('here');
  void ask();
  expect(asked).toBe(2);
  now += 10_000;
  void ask();
  expect(asked).toBe(3);
});

it('what does not come soon, or fails, is nothing', async () => {
  expect(await soon(Promise.resolve('here'), 1_000)).toBe('here');
  expect(await soon(new Promise(() => undefined), 5)).toBeNull();
  expect(await soon(Promise.reject(new Error('away')), 1_000)).toBeNull();
});
