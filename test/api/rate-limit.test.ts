import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRateLimiter } from '../../api/guards/rate-limit.ts';
import { type ApiHarness, startApi } from '../support/api.ts';

let http: ApiHarness;
beforeAll(async () => {
  http = await startApi({ rateLimit: { burst: 3, perSecond: 0.001 } });
});
afterAll(() => http.stop());

it('tells one who floods to wait, and lets the others go on', async () => {
  for (let i = 0; i < 3; i++)
    expect((await http.call('sam@northwind.example', 'GET', '/v1/me')).status).toBe(200);
  const flooded = await http.call('sam@northwind.example', 'GET', '/v1/me');
  expect(flooded).toMatchObject({ status: 429, body: { type: 'urn:tenure:problem:too-many-requests' } });
  expect(flooded.headers.get('retry-after')).toBe('1');
  expect((await http.call('mei@northwind.example', 'GET', '/v1/me')).status).toBe(200);
});

it('lets a caller ask again as time passes, and never more at once than the burst', () => {
  let now = 0;
  const limiter = createRateLimiter({ burst: 2, perSecond: 1 }, () => now);
  const take = () => limiter.take('somebody');
  take();
  take();
  expect(take).toThrow('too-many-requests');
  now += 1_000;
  take();
  expect(take).toThrow('too-many-requests');
  now += 3_600_000;
  take();
  take();
  expect(take).toThrow('too-many-requests');
});

it('counts who cannot be told apart as one caller, from the first question on', () => {
  const limiter = createRateLimiter({ burst: 1, perSecond: 0 });
  limiter.take('');
  expect(() => limiter.take('')).toThrow('too-many-requests');
});

it('serves whoever asks too often as much as others, and not nothing', () => {
  let now = 0;
  const limiter = createRateLimiter({ burst: 200, perSecond: 50 }, () => now);
  let served = 0;
  for (let asked = 0; asked < 60 * 60; asked += 1) {
    now += 1_000 / 60;
    try {
      limiter.take('a directory');
      if (now > 30_000) served += 1;
    } catch {
      // Too many: it asks again.
    }
  }
  expect(served).toBeGreaterThanOrEqual(30 * 50 - 1);
});
