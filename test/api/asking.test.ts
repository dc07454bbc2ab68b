import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ApiHarness, startApi } from '../support/api.ts';

const sam = 'sam@northwind.example';
const mei = 'mei@northwind.example';
const priya = 'priya@northwind.example';
const jonas = 'jonas@northwind.example';
const anna = 'anna@acme.example';
const path = '/v1/access-requests';

const globex = {
  resource: 'globex-env',
  entitlement: 'read',
  period: 'PT2H',
  justification: 'Invoices are missing',
  ticket: 'SUP-1',
};
const shared = { ...globex, resource: 'postgres-eu', customer: 'acme' };
const written = ['access_request', 'stage', 'outbox', 'idempotency', 'audit_event', 'audit_text'] as const;

let http: ApiHarness;
let before: Record<string, number>;

async function counts(): Promise<Record<string, number>> {
  const all: Record<string, number> = {};
  for (const table of written) all[table] = await http.count(table);
  return all;
}

async function newEvents(): Promise<string[]> {
  const rows = await http.ledger.owner.db.execute<{ type: string }>(
    sql`select type from audit_event order by id offset ${before['audit_event'] ?? 0}`,
  );
  return rows.map((row) => row.type);
}

beforeAll(async () => {
  http = await startApi();
});
afterAll(() => http.stop());
beforeEach(async () => {
  before = await counts();
});
afterEach(() => expect(http.faults.splice(0)).toEqual([]));

describe('Bad input gets a 4xx that names the field, and nothing is written', () => {
  const cases: [string, unknown, number, string, string[]][] = [
    [
      'every missing field at once',
      {},
      422,
      'invalid-input',
      ['/resource', '/entitlement', '/period', '/justification'],
    ],
    ['a field that does not exist', { ...globex, customr: 'acme' }, 422, 'invalid-input', ['/customr']],
    ['a period that is none', { ...globex, period: '2 hours' }, 422, 'invalid-input', ['/period']],
    ['a period in months', { ...globex, period: 'P1M' }, 422, 'invalid-input', ['/period']],
    ['a period of nothing', { ...globex, period: 'PT0S' }, 422, 'invalid-input', ['/period']],
    ['an empty justification', { ...globex, justification: '   ' }, 422, 'invalid-input', ['/justification']],
    [
      'a control character',
      { ...globex, justification: 'a\u0000b' },
      422,
      'invalid-input',
      ['/justification'],
    ],
    ['half a surrogate pair', { ...globex, ticket: 'a\ud800' }, 422, 'invalid-input', ['/ticket']],
    ['another type', { ...globex, resource: 7 }, 422, 'invalid-input', ['/resource']],
    ['a list', [], 422, 'invalid-input', ['']],
    [
      'an instant that is none',
      { ...globex, starts_at: '2026-02-31T99:00:00Z' },
      422,
      'invalid-input',
      ['/starts_at'],
    ],
    [
      'an instant without a zone',
      { ...globex, starts_at: '2026-12-01T10:00:00' },
      422,
      'invalid-input',
      ['/starts_at'],
    ],
    [
      'a start in the past',
      { ...globex, starts_at: '2026-01-01T10:00:00Z' },
      422,
      'invalid-input',
      ['/starts_at'],
    ],
    [
      'a start beyond 90 days',
      { ...globex, starts_at: '2036-01-01T10:00:00Z' },
      422,
      'invalid-input',
      ['/starts_at'],
    ],
    [
      'no customer on a shared resource',
      { ...shared, customer: undefined },
      422,
      'invalid-input',
      ['/customer'],
    ],
    ['a customer of another region', { ...shared, customer: 'globex' }, 422, 'invalid-input', ['/customer']],
    ['another customer than its own', { ...globex, customer: 'acme' }, 422, 'invalid-input', ['/customer']],
    ['an unknown resource', { ...globex, resource: 'nowhere' }, 422, 'unknown-reference', ['/resource']],
    ['an unknown entitlement', { ...globex, entitlement: 'fly' }, 422, 'unknown-reference', ['/entitlement']],
    ['an unknown customer', { ...shared, customer: 'umbra' }, 422, 'unknown-reference', ['/customer']],
    [
      'the vendor as a customer',
      { ...shared, customer: 'northwind' },
      422,
      'unknown-reference',
      ['/customer'],
    ],
    [
      'an unknown person',
      { ...globex, person: 'nobody@northwind.example' },
      422,
      'unknown-reference',
      ['/person'],
    ],
    [
      'a request to replace that is not there',
      { ...globex, replaces: 'AR-1' },
      422,
      'unknown-reference',
      ['/replaces'],
    ],
    ['a missing ticket', { ...globex, ticket: undefined }, 422, 'invalid-input', ['/ticket']],
    ['too long a period', { ...globex, period: 'PT9H' }, 422, 'period-too-long', ['/period']],
  ];
  it.each(cases)('%s', async (_name, body, status, code, pointers) => {
    const answer = await http.call(sam, 'POST', path, body, {
      headers: { 'idempotency-key': 'same-for-all' },
    });
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer).toMatchObject({
      status,
      body: { type: `urn:tenure:problem:${code}`, status, instance: path },
    });
    expect(answer.body.errors.map((error: { pointer: string }) => error.pointer)).toEqual(pointers);
    expect(await counts()).toEqual(before);
  });

  it('what is missing is said to be, and what is of another type is not', async () => {
    const { body } = await http.call(sam, 'POST', path, { ...globex, resource: 5, period: undefined });
    const [resource, period] = body.errors;
    expect(period).toEqual({ pointer: '/period', detail: 'This is required.' });
    expect(resource).toMatchObject({
      pointer: '/resource',
      detail: expect.stringContaining('expected string'),
    });
  });

  it('too long a period says the longest', async () => {
    const answer = await http.call(sam, 'POST', path, { ...globex, entitlement: 'write', period: 'PT5H' });
    expect(answer.body).toMatchObject({ longest: 'PT4H' });
  });

  it('a body that is no JSON, none, of another type or too large', async () => {
    const malformed = await http.call(sam, 'POST', path, undefined, { raw: '{"resource":' });
    expect(malformed).toMatchObject({ status: 400, body: { type: 'urn:tenure:problem:malformed-json' } });
    const none = await http.call(sam, 'POST', path);
    expect(none).toMatchObject({ status: 422, body: { type: 'urn:tenure:problem:invalid-input' } });
    const form = {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      raw: 'resource=globex-env',
    };
    expect(await http.call(sam, 'POST', path, undefined, form)).toMatchObject({ status: 415 });
    const large = await http.call(sam, 'POST', path, { ...globex, justification: 'x'.repeat(70_000) });
    expect(large).toMatchObject({ status: 413, body: { type: 'urn:tenure:problem:payload-too-large' } });
    const key = { headers: { 'idempotency-key': 'two words' } };
    expect(await http.call(sam, 'POST', path, globex, key)).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: 'idempotency-key' }] },
    });
    expect(await counts()).toEqual(before);
  });
});

describe('A refusal of authority writes one audit event and no request', () => {
  async function expectRefused(who: string, body: unknown, code: string, amr?: string[]): Promise<void> {
    const answer = await http.call(who, 'POST', path, body, amr ? { amr } : {});
    expect(answer).toMatchObject({ status: 403, body: { type: `urn:tenure:problem:${code}` } });
    expect(await newEvents()).toEqual(['access_request.refused']);
    const now = await counts();
    expect(now).toEqual({
      ...before,
      audit_event: (before['audit_event'] ?? 0) + 1,
      audit_text: (before['audit_text'] ?? 0) + 1,
    });
  }

  it('a contractor asks for customer data', () => expectRefused(jonas, globex, 'refused-by-policy'));
  it('somebody asks for what nobody may', () =>
    expectRefused(sam, { ...globex, entitlement: 'administer' }, 'refused-by-policy'));
  it('policy speaks before the ticket is missed', () =>
    expectRefused(jonas, { ...globex, ticket: undefined }, 'refused-by-policy'));
  it('writing without a second factor', () =>
    expectRefused(sam, { ...globex, entitlement: 'write' }, 'step-up-required', ['pwd']));
  it('for a person who does not report to the caller', () =>
    expectRefused(sam, { ...globex, person: mei }, 'forbidden'));
  it('a customer’s administrator asks for vendor access', async () => {
    await expectRefused(anna, { ...globex, resource: 'acme-env' }, 'refused-by-policy');
  });

  it('the refusal names the deciding policies', async () => {
    const answer = await http.call(jonas, 'POST', path, globex);
    expect(answer.body.policies[0]).toMatchObject({ id: expect.any(String), title: expect.any(String) });
  });
});

describe('What may be asked', () => {
  it('another customer’s environment is not there for a customer', async () => {
    const answer = await http.call(anna, 'POST', path, globex);
    expect(answer).toMatchObject({ status: 422, body: { type: 'urn:tenure:problem:unknown-reference' } });
  });

  it('reading needs no second factor', async () => {
    expect((await http.call(sam, 'POST', path, globex, { amr: ['pwd'] })).status).toBe(201);
  });

  it('a manager asks for who reports to them; neither of the two is among the deciders', async () => {
    const answer = await http.call(priya, 'POST', path, { ...globex, person: sam });
    expect(answer).toMatchObject({
      status: 201,
      body: { person: { email: sam }, requested_by: { email: priya } },
    });
    expect(answer.body.stages[0].people.map((one: { name: string }) => one.name)).toEqual(['Marek']);
    const own = await http.call(priya, 'POST', `${path}/${answer.body.id}/decisions`, {
      decision: 'approve',
    });
    expect(own).toMatchObject({ status: 403, body: { type: 'urn:tenure:problem:self-approval' } });
  });

  it('a later start, in any zone, is kept in UTC', async () => {
    const startsMs = Math.ceil(Date.now() / 60_000) * 60_000 + 3_600_000;
    const local = new Date(startsMs + 2 * 3_600_000).toISOString().replace('Z', '+02:00');
    const answer = await http.call(sam, 'POST', path, { ...globex, starts_at: local });
    expect(answer.body.starts_at).toBe(new Date(startsMs).toISOString());
  });

  it('ids are accepted where keys are, and the answer is the same', async () => {
    const byKey = (await http.call(sam, 'POST', path, shared)).body;
    const ids = {
      resource: byKey.resource.id,
      entitlement: byKey.entitlement.id,
      customer: byKey.organization.id,
      person: byKey.person.id,
    };
    const byId = await http.call(sam, 'POST', path, { ...shared, ...ids });
    expect(byId).toMatchObject({
      status: 201,
      body: { resource: byKey.resource, organization: byKey.organization },
    });
  });

  it('the request that it replaces stands in it', async () => {
    const first = await http.call(sam, 'POST', path, globex);
    const second = await http.call(sam, 'POST', path, {
      ...globex,
      period: 'PT1H',
      replaces: first.body.reference,
    });
    expect(second.body.replaces_request_id).toBe(first.body.id);
  });

  it('a preview leaves no trace, and says what would be wanted', async () => {
    const refused = await http.call(jonas, 'POST', `${path}/preview`, globex);
    expect(refused).toMatchObject({ status: 200, body: { outcome: 'refused', needs: [], longest: null } });
    const wanted = await http.call(
      mei,
      'POST',
      `${path}/preview`,
      { ...globex, entitlement: 'administer', ticket: undefined },
      { amr: ['pwd'] },
    );
    expect(wanted.body).toMatchObject({ outcome: 'automatic', longest: 'PT3H', needs: [{ kind: 'mfa' }] });
    const { justification: _why, ...wordless } = globex;
    expect((await http.call(sam, 'POST', `${path}/preview`, wordless)).status).toBe(200);
    expect(await counts()).toEqual(before);
  });
});
