import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ApiHarness, startApi } from '../support/api.ts';

const sam = 'sam@northwind.example';
const mei = 'mei@northwind.example';
const path = '/v1/access-requests';

const globex = {
  resource: 'globex-env',
  entitlement: 'read',
  period: 'PT2H',
  justification: 'Invoices are missing',
  ticket: 'SUP-1',
};
const written = ['access_request', 'stage', 'outbox', 'idempotency', 'audit_event', 'audit_text'] as const;

let http: ApiHarness;
let before: Record<string, number>;

async function counts(): Promise<Record<string, number>> {
  const all: Record<string, number> = {};
  for (const table of written) all[table] = await http.count(table);
  return all;
}

beforeAll(async () => {
  http = await startApi();
});
afterAll(() => http.stop());
beforeEach(async () => {
  before = await counts();
});
afterEach(() => expect(http.faults.splice(0)).toEqual([]));

describe('An Idempotency-Key', () => {
  const withKey = (key: string) => ({ headers: { 'idempotency-key': key } });

  it('gets the same answer again, and nothing is written twice', async () => {
    const first = await http.call(sam, 'POST', path, globex, withKey('k-1'));
    const after = await counts();
    const again = await http.call(sam, 'POST', path, { ...globex }, withKey('k-1'));
    expect(again).toMatchObject({ status: 201, body: first.body });
    expect(again.body).toEqual(first.body);
    expect(await counts()).toEqual(after);
  });

  it('is refused for another request, and is each caller’s own', async () => {
    await http.call(sam, 'POST', path, globex, withKey('k-2'));
    const other = await http.call(sam, 'POST', path, { ...globex, period: 'PT1H' }, withKey('k-2'));
    expect(other).toMatchObject({ status: 422, body: { type: 'urn:tenure:problem:idempotency-key-reused' } });
    const mine = await http.call(mei, 'POST', path, { ...globex, period: 'PT1H' }, withKey('k-2'));
    expect(mine).toMatchObject({ status: 201, body: { person: { email: mei } } });
  });

  it('of the same request twice at once makes one request', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => http.call(sam, 'POST', path, globex, withKey('k-3'))),
    );
    const made = answers.filter((answer) => answer.status === 201).map((answer) => answer.body.id);
    expect(new Set(made).size).toBe(1);
    const others = answers.filter((answer) => answer.status !== 201);
    for (const answer of others) expect(answer.body.type).toBe('urn:tenure:problem:idempotency-in-progress');
    expect((await counts())['access_request']).toBe((before['access_request'] ?? 0) + 1);
  });

  it('is forgotten after 24 hours', async () => {
    const first = await http.call(sam, 'POST', path, globex, withKey('k-4'));
    await http.ledger.owner.db.execute(
      sql`update idempotency set expires_at = tenure_now() where key = 'k-4'`,
    );
    const later = await http.call(sam, 'POST', path, globex, withKey('k-4'));
    expect(later.status).toBe(201);
    expect(later.body.id).not.toBe(first.body.id);
  });

  it('does not keep a refusal: what was mended is tried again under the same key', async () => {
    await http.call(sam, 'POST', path, { ...globex, period: 'PT9H' }, withKey('k-5'));
    expect((await http.call(sam, 'POST', path, globex, withKey('k-5'))).status).toBe(201);
  });
});

describe('Who calls', () => {
  it('no token, a forged one, one of another issuer’s key and one that is over are all the same', async () => {
    const good = await http.token(sam);
    const [head, payload] = good.split('.');
    const forged = `${head}.${payload}.${'A'.repeat(86)}`;
    const over = await http.token(sam, ['pwd'], -10);
    const unknown = await http.token('nobody@northwind.example');
    const bodies = [];
    for (const header of [
      undefined,
      `Bearer ${forged}`,
      `Bearer ${over}`,
      `Bearer ${unknown}`,
      'Basic c2FtOnNhbQ==',
      'Bearer ',
      good,
    ]) {
      const answer = await http.call(
        null,
        'GET',
        '/v1/me',
        undefined,
        header ? { headers: { authorization: header } } : {},
      );
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      bodies.push(answer.body);
    }
    for (const body of bodies) expect(body).toEqual(bodies[0]);
  });

  it('a suspended person, and one whose time is over, is nobody at once', async () => {
    const { owner } = http.ledger;
    expect((await http.call(mei, 'GET', '/v1/me')).status).toBe(200);
    await owner.db.execute(sql`update person set suspended_at = tenure_now() where email = ${mei}`);
    expect((await http.call(mei, 'GET', '/v1/me')).status).toBe(401);
    await owner.db.execute(
      sql`update person set suspended_at = null, ends_at = tenure_now() where email = ${mei}`,
    );
    expect((await http.call(mei, 'GET', '/v1/me')).status).toBe(401);
    await owner.db.execute(sql`update person set ends_at = null where email = ${mei}`);
    expect((await http.call(mei, 'GET', '/v1/me')).body).toMatchObject({
      email: mei,
      organization: { key: 'northwind' },
    });
  });
});
