import { sql } from 'drizzle-orm';
import { createRemoteJWKSet, customFetch, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Asking, startAsking } from '../support/authzen.ts';
import { expectProblem, standing } from '../support/standing.ts';

const sam = 'sam@northwind.example';
const mei = 'mei@northwind.example';
const priya = 'priya@northwind.example';
const anna = 'anna@acme.example';

let http: Asking['http'];
let orderEnd: Asking['orderEnd'];
let holding: Asking['holding'];
beforeAll(async () => {
  ({ http, orderEnd, holding } = await startAsking());
});
afterAll(() => http.stop());
afterEach(() => expect(http.faults.splice(0)).toEqual([]));

describe('A token of a grant', () => {
  const issue = (who: string, id: string, amr?: string[]) =>
    http.call(who, 'POST', `/v1/grants/${id}/token`, {}, amr ? { amr } : {});
  const keys = createRemoteJWKSet(new URL('http://localhost:3000/.well-known/jwks.json'), {
    [customFetch]: (url: string) => Promise.resolve(http.api.request(new URL(url).pathname)),
  });
  const verify = (text: string, audience = 'globex-env') =>
    jwtVerify(text, keys, { issuer: 'http://localhost:3000', audience, typ: 'grant+jwt' });

  it('has its key published as soon as there is one: before the first, nobody keeps that there is none', async () => {
    const published = () => http.call(null, 'GET', '/.well-known/jwks.json');
    const none = await published();
    expect([none.body.keys, none.headers.get('cache-control')]).toEqual([[], 'no-store']);
    await holding(async ({ grantId }) => {
      const { token } = (await issue(sam, grantId)).body;
      const { body, headers } = await published();
      expect(body.keys.map(({ kid }: { kid: string }) => kid)).toContain(decodeProtectedHeader(token).kid);
      expect(headers.get('cache-control')).toBe('public, max-age=3600');
    });
  });

  it('is checked by anybody with the published keys, and says what is held, for minutes', async () => {
    await holding(async ({ id, grantId }) => {
      const issued = await issue(sam, grantId);
      expect(issued.status).toBe(201);
      expect(issued.headers.get('cache-control')).toBe('no-store');
      const { payload } = await verify(issued.body.token);
      const { body: grant } = await http.call(sam, 'GET', `/v1/grants/${grantId}`);
      expect(payload).toMatchObject({
        sub: grant.person.id,
        grant: {
          id: grantId,
          entitlement: 'read',
          resource: { key: 'globex-env' },
          organization: { key: 'globex' },
          until: grant.until,
        },
      });
      expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(300);
      expect(new Date((payload.exp ?? 0) * 1_000).toISOString()).toBe(issued.body.expires_at);
      await expect(verify(issued.body.token, 'acme-env')).rejects.toThrow();
      expect(await http.events(id)).toContain('grant.token_issued');
    });
  });

  it('never lasts longer than the grant', async () => {
    const { grantId } = await standing(http, 'held', { period: 'PT1M' });
    const { body } = await issue(sam, grantId);
    const { body: grant } = await http.call(sam, 'GET', `/v1/grants/${grantId}`);
    expect(Date.parse(body.expires_at)).toBeLessThanOrEqual(Date.parse(grant.until));
    await orderEnd(grantId);
    expectProblem(await issue(sam, grantId), 409, 'already-ended');
  });

  it('is for the holder of what has begun, signed in as the access asks', async () => {
    const { grantId } = await standing(http, 'held');
    expectProblem(await issue(priya, grantId), 403, 'forbidden');
    expectProblem(await issue(mei, grantId), 404, 'not-found');
    expectProblem(await issue(anna, grantId), 404, 'not-found');
    const { grantId: notYet } = await standing(http, 'provisioning');
    expectProblem(await issue(sam, notYet), 409, 'not-held');
    const change = await standing(http, 'held', { entitlement: 'write' });
    expectProblem(await issue(sam, change.grantId, ['pwd']), 403, 'step-up-required');
    expect((await issue(sam, change.grantId)).status).toBe(201);
    for (const id of [grantId, notYet, change.grantId]) await orderEnd(id);
  });

  it('has keys that take turns by themselves, each published before and after its own', async () => {
    const { grantId } = await standing(http, 'held');
    const { body: issued } = await issue(sam, grantId);
    const { body } = await http.call(null, 'GET', '/.well-known/jwks.json');
    expect(body.keys).toHaveLength(3);
    for (const key of body.keys) {
      expect(Object.keys(key).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
      expect(key).toMatchObject({ kty: 'RSA', alg: 'RS256', use: 'sig' });
    }
    expect(decodeProtectedHeader(issued.token)).toMatchObject({ alg: 'RS256', kid: body.keys[1].kid });
    const [sealed] = await http.ledger.owner.db.execute<{ text: string }>(
      sql`select string_agg(k::text, '') as text from signing_key k`,
    );
    expect(sealed?.text).not.toMatch(/PRIVATE|MIIEv/);
    await orderEnd(grantId);
  });
});
