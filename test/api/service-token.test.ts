import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Asking, boundMs, question, startAsking } from '../support/authzen.ts';
import { expectProblem } from '../support/standing.ts';

const sam = 'sam@northwind.example';
const omar = 'omar@northwind.example';
const anna = 'anna@acme.example';

let http: Asking['http'];
let token: Asking['token'];
let tokenId: Asking['tokenId'];
let ask: Asking['ask'];
beforeAll(async () => {
  ({ http, token, tokenId, ask } = await startAsking());
});
afterAll(() => http.stop());
afterEach(() => expect(http.faults.splice(0)).toEqual([]));

describe('Who asks', () => {
  it('is an application with a token that is good, and nobody else', async () => {
    const scim = await http.call(anna, 'POST', '/v1/organizations/acme/scim-tokens', { label: 'Okta' });
    const others = [
      'Bearer',
      'Basic c2FtOnNhbQ==',
      `Bearer ${await http.token(omar)}`,
      `Bearer ${scim.body.token}`,
      `Bearer ${token}x`,
      `Bearer tenure_service_${'A'.repeat(43)}`,
    ];
    for (const authorization of others)
      expectProblem(await ask(question(), { headers: { authorization } }), 401, 'unauthenticated');
    // And its token is good for nothing else.
    for (const path of ['/v1/grants', '/v1/service-tokens', '/scim/v2/acme/Users', '/v1/feed']) {
      const response = await http.api.request(path, { headers: { authorization: `Bearer ${token}` } });
      expect(response.status, path).toBe(401);
    }
    expect((await ask(question())).status).toBe(200);
  });

  it('is known by a hash, listed with its last use, and refused within a second of being revoked', async () => {
    const made = await http.call(omar, 'POST', '/v1/service-tokens', { label: 'another', for_days: 1 });
    const headers = { authorization: `Bearer ${made.body.token}` };
    expect((await ask(question(), { headers })).status).toBe(200);
    const [kept] = await http.ledger.owner.db.execute<{ text: string }>(
      sql`select string_agg(t::text, '') as text from service_token t`,
    );
    expect(kept?.text).not.toContain(made.body.token.slice(20));
    const { body } = await http.call(omar, 'GET', '/v1/service-tokens');
    expect(body.items).toMatchObject([
      { id: made.body.id, state: 'good', last_used_at: expect.any(String) },
      { id: tokenId, label: 'Northwind’s application', made_by: { email: omar } },
    ]);
    expect(JSON.stringify(body)).not.toContain('tenure_service_');
    expectProblem(await http.call(sam, 'POST', '/v1/service-tokens', { label: 'mine' }), 403, 'forbidden');
    expectProblem(await http.call(anna, 'GET', '/v1/service-tokens'), 403, 'forbidden');
    const revoked = await http.call(omar, 'POST', `/v1/service-tokens/${made.body.id}/revocation`, {});
    expect(revoked.body).toMatchObject({ state: 'revoked', revoked_by: { email: omar } });
    const done = performance.now();
    while ((await ask(question(), { headers })).status === 200) await delay(5);
    expect(performance.now() - done).toBeLessThan(boundMs + 200);
    expectProblem(
      await http.call(omar, 'POST', `/v1/service-tokens/${made.body.id}/revocation`, {}),
      409,
      'already-ended',
    );
  });

  it('is not kept waiting by those who guess', async () => {
    const api = http.over({});
    expect((await ask(question(), { api })).status).toBe(200);
    const guess = (n: number) => `Bearer tenure_service_${String(n).padStart(43, 'x')}`;
    const statuses = await Promise.all(
      Array.from({ length: 260 }, async (_, n) => {
        const headers = { authorization: guess(n) };
        return (await ask(question(), { api, headers })).status;
      }),
    );
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    expect((await ask(question(), { api })).status).toBe(200);
  });

  it('waits when it asks too much, and keeps nobody else waiting', async () => {
    const api = http.over({ serviceLimit: { burst: 3, perSecond: 0.001 } });
    const other = await http.call(omar, 'POST', '/v1/service-tokens', { label: 'calm', for_days: 1 });
    const statuses = await Promise.all(
      Array.from({ length: 5 }, async () => (await ask(question(), { api })).status),
    );
    expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 200, 200, 429, 429]);
    const calm = await ask(question(), { api, headers: { authorization: `Bearer ${other.body.token}` } });
    expect(calm.status).toBe(200);
  });
});
