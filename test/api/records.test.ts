import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ApiHarness, startApi } from '../support/api.ts';

const sam = 'sam@northwind.example';
const mei = 'mei@northwind.example';
const priya = 'priya@northwind.example';
const sita = 'sita@northwind.example';
const ada = 'ada@northwind.example';
const omar = 'omar@northwind.example';
const lena = 'lena@northwind.example';
const anna = 'anna@acme.example';
const gus = 'gus@globex.example';
const everything = 'from=2026-01-01T00:00:00Z&to=2036-01-01T00:00:00Z';

type Item = { id: string };
let http: ApiHarness;
/** Requests and grants for Globex, in the order they were made; the last three are held. */
const made: { id: string; grantId: string }[] = [];
let acme: { id: string; grantId: string };

async function access(who: string, resource: string, approvers: string[], justification = 'A look') {
  const body = { resource, entitlement: 'read', period: 'PT1H', justification, ticket: 'SUP-1' };
  const { id } = (await http.call(who, 'POST', '/v1/access-requests', body)).body;
  for (const approver of approvers)
    await http.call(approver, 'POST', `/v1/access-requests/${id}/decisions`, { decision: 'approve' });
  return { id, grantId: await http.provision(id) };
}

beforeAll(async () => {
  http = await startApi();
  for (let i = 0; i < 5; i += 1)
    made.push(await access(i % 2 ? mei : sam, 'globex-env', [priya], `=HYPERLINK("x","${i}")`));
  acme = await access(sam, 'acme-env', [priya, anna]);
  const ended = made[0]?.grantId ?? '';
  await http.call(sita, 'POST', `/v1/grants/${ended}/revocation`, { reason: 'Enough' });
  await http.end(ended, 'revocation');
  await http.call(sita, 'POST', `/v1/grants/${made[1]?.grantId}/revocation`, { reason: 'Enough' });
});
afterAll(() => http.stop());
afterEach(() => expect(http.faults.splice(0)).toEqual([]));

const list = async (who: string, path: string) => {
  const answer = await http.call(who, 'GET', path);
  expect(answer.status).toBe(200);
  return answer.body;
};
const ids = async (who: string, path: string): Promise<string[]> =>
  (await list(who, path)).items.map((item: Item) => item.id);
const grantIds = () => made.map((one) => one.grantId);

describe('Lists', () => {
  it('are newest first and page without gap or repetition, whatever is added meanwhile', async () => {
    const first = await list(sita, '/v1/grants?customer=globex&limit=2');
    const added = await access(sam, 'globex-env', [priya]);
    made.push(added);
    const second = await list(sita, `/v1/grants?customer=globex&limit=2&cursor=${first.next_cursor}`);
    const third = await list(sita, `/v1/grants?customer=globex&limit=2&cursor=${second.next_cursor}`);
    expect(third.next_cursor).toBeNull();
    const paged = [...first.items, ...second.items, ...third.items].map((item: Item) => item.id);
    expect(paged).toEqual(grantIds().slice(0, 5).reverse());
  });

  it('of requests take filters, and combine them', async () => {
    const mine = await list(
      sita,
      `/v1/access-requests?person=${mei}&customer=globex&state=granted&resource=globex-env`,
    );
    expect(mine.items).toHaveLength(2);
    expect(await ids(sita, '/v1/access-requests?state=denied')).toEqual([]);
  });

  it('of grants by state, the ledger’s clock deciding what is overdue', async () => {
    expect(await ids(sita, '/v1/grants?state=overdue')).toEqual([made[1]?.grantId]);
    expect(await ids(sita, '/v1/grants?state=ended')).toEqual([made[0]?.grantId]);
    expect(await ids(sita, '/v1/grants?state=held&customer=globex')).toHaveLength(made.length - 2);
    expect(await ids(sita, `/v1/grants?person=${mei}&entitlement=read&resource=globex-env`)).toHaveLength(2);
  });

  it('at an instant and over a period show what was held then', async () => {
    const { items } = await list(sita, '/v1/grants?state=ended');
    const { from, ended_at: endedAt } = items[0];
    const at = (instant: string) => ids(sita, `/v1/grants?customer=globex&at=${instant}`);
    expect(await at(from)).toContain(items[0].id);
    expect(await at(endedAt)).not.toContain(items[0].id);
    expect(await ids(sita, `/v1/grants?customer=globex&from=${from}&to=${endedAt}`)).toContain(items[0].id);
    expect(
      await ids(sita, `/v1/grants?customer=globex&from=${endedAt}&to=2036-01-01T00:00:00Z`),
    ).not.toContain(items[0].id);
    expect(await ids(sita, `/v1/grants?from=2026-01-01T00:00:00Z&to=${from}`)).not.toContain(items[0].id);
  });

  it('do not count what never became access', async () => {
    const body = {
      resource: 'initech-env',
      entitlement: 'read',
      period: 'PT1H',
      justification: 'A look',
      ticket: 'SUP-1',
    };
    const { id } = (await http.call(sam, 'POST', '/v1/access-requests', body)).body;
    const grantId = await http.provision(id, 'provisioning');
    expect(await ids(sita, '/v1/grants?customer=initech')).toEqual([grantId]);
    expect(await ids(sita, `/v1/grants?customer=initech&${everything}`)).toEqual([]);
    expect((await list(sita, `/v1/customers/initech/access-report?${everything}`)).items).toEqual([]);
  });
});

describe('Each sees what concerns them, and for the others it is not there', () => {
  const seeing: [string, boolean, boolean][] = [
    [sam, true, true],
    [priya, true, true],
    [sita, true, true],
    [ada, true, true],
    [mei, false, false],
    [omar, true, true],
    [lena, false, false],
    [anna, false, true],
    [gus, true, false],
  ];
  it.each(seeing)('%s: Globex %s, Acme %s', async (who, seesGlobex, seesAcme) => {
    for (const [one, sees] of [
      [made[2], seesGlobex],
      [acme, seesAcme],
    ] as const) {
      const status = sees ? 200 : 404;
      expect((await http.call(who, 'GET', `/v1/access-requests/${one?.id}`)).status).toBe(status);
      expect((await http.call(who, 'GET', `/v1/grants/${one?.grantId}`)).status).toBe(status);
      expect((await ids(who, '/v1/access-requests?limit=200')).includes(one?.id ?? '')).toBe(sees);
      expect((await ids(who, '/v1/grants?limit=200')).includes(one?.grantId ?? '')).toBe(sees);
    }
  });

  it('a foreign id and one that does not exist get the same answer', async () => {
    const foreign = await http.call(anna, 'GET', `/v1/grants/${made[2]?.grantId}`);
    const none = await http.call(anna, 'GET', '/v1/grants/grant_01kb3v5c2hf8jrxw7s9d0m4p6q');
    expect({ ...foreign.body, instance: '' }).toEqual({ ...none.body, instance: '' });
    for (const strange of ['x', '%00', '..%2f', 'AR-9999999999999999999999', "'--"]) {
      expect((await http.call(anna, 'GET', `/v1/grants/${strange}`)).status).toBe(404);
      expect((await http.call(anna, 'GET', `/v1/access-requests/${strange}`)).status).toBe(404);
    }
  });

  it('names of other customers and their people are unknown to a customer', async () => {
    for (const query of ['customer=globex', 'person=gus@globex.example', 'resource=globex-env']) {
      expect((await http.call(anna, 'GET', `/v1/grants?${query}`)).status).toBe(422);
    }
  });

  it('what another customer has is as unknown to a customer as what nobody has, whatever is asked', async () => {
    const wish = { entitlement: 'read', period: 'PT1H', justification: 'A look', ticket: 'SUP-1' };
    const entitlement = (await list(sita, '/v1/grants?customer=globex')).items[0].entitlement.id;
    const asks: [string, string, (resource: string) => object | undefined][] = [
      ['GET', '/v1/grants?resource=', () => undefined],
      ['POST', '/v1/access-requests', (resource) => ({ ...wish, resource })],
      ['POST', '/v1/access-requests', (resource) => ({ ...wish, resource, entitlement: 'fly' })],
      ['POST', '/v1/access-requests/preview', (resource) => ({ ...wish, resource, customer: 'acme' })],
      ['POST', '/v1/access-requests/preview', (resource) => ({ ...wish, resource, customer: 'globex' })],
      ['POST', '/v1/access-requests/preview', (resource) => ({ ...wish, resource, entitlement })],
    ];
    for (const [method, path, bodyOf] of asks) {
      const tried = (resource: string) =>
        http.call(anna, method, method === 'GET' ? path + resource : path, bodyOf(resource));
      const theirs = await tried('globex-env');
      expect(theirs.status).toBe(422);
      expect(theirs.body).toEqual((await tried('nobody-env')).body);
    }
    expect((await http.call(anna, 'GET', `/v1/grants?entitlement=${entitlement}`)).status).toBe(422);
    expect((await http.call(gus, 'GET', `/v1/grants?entitlement=${entitlement}`)).status).toBe(200);
  });

  it('row-level security holds even where the application forgets: without a scope, nothing is seen', async () => {
    for (const table of [
      'access_request',
      'access_grant',
      'stage',
      'decision',
      'ending',
      'audit_event',
      'audit_text',
      'idempotency',
    ]) {
      expect(await http.ledger.app.db.execute(sql`select 1 from ${sql.identifier(table)}`)).toHaveLength(0);
    }
  });
});

describe('The record', () => {
  it('is for who reads all records and for the customer’s administrators', async () => {
    const report = (who: string, customer: string) =>
      http.call(who, 'GET', `/v1/customers/${customer}/access-report?${everything}`);
    for (const who of [sita, ada, omar, anna]) expect((await report(who, 'acme')).status).toBe(200);
    for (const who of [sam, priya, lena, mei]) expect((await report(who, 'acme')).status).toBe(403);
    const foreign = await report(gus, 'acme');
    expect(foreign.status).toBe(404);
    expect({ ...foreign.body, instance: '' }).toEqual({ ...(await report(gus, 'umbra')).body, instance: '' });
    expect((await report(sita, 'northwind')).status).toBe(404);
    for (const who of [sam, priya])
      expect((await http.call(who, 'GET', '/v1/audit-events')).status).toBe(403);
  });

  it('pages the report and carries its frame', async () => {
    const path = `/v1/customers/globex/access-report?${everything}&limit=4`;
    const first = await list(gus, path);
    expect(first).toMatchObject({
      organization: { key: 'globex' },
      from: '2026-01-01T00:00:00.000Z',
      to: '2036-01-01T00:00:00.000Z',
    });
    const second = await list(gus, `${path}&cursor=${first.next_cursor}`);
    const items = [...first.items, ...second.items].map((item: { grant_id: string }) => item.grant_id);
    expect(items).toEqual(grantIds().reverse());
  });

  it('as CSV is whole, and no cell is a formula', async () => {
    const csv = await http.call(gus, 'GET', `/v1/customers/globex/access-report?${everything}`, undefined, {
      headers: { accept: 'text/csv' },
    });
    expect(csv.headers.get('content-type')).toMatch(/^text\/csv/);
    const lines = csv.body.trimEnd().split('\r\n');
    expect(lines).toHaveLength(made.length + 1);
    expect(lines[0].split(',').slice(0, 4)).toEqual([
      '"grant_id"',
      '"request_id"',
      '"reference"',
      '"person"',
    ]);
    expect(csv.body).toContain(`"'=HYPERLINK(""x"",""0"")"`);
    const page = await http.call(
      gus,
      'GET',
      `/v1/customers/globex/access-report?${everything}&limit=2`,
      undefined,
      { headers: { accept: 'text/csv' } },
    );
    expect(page.headers.get('link')).toMatch(/rel="next"/);
  });

  it('audit events are oldest first, page, and belong to who they concern', async () => {
    const walk = async (who: string) => {
      const all: { id: string; organization_id: string; holder_organization_id: string }[] = [];
      for (let cursor = ''; ; ) {
        const page = await list(who, `/v1/audit-events?limit=7${cursor && `&cursor=${cursor}`}`);
        all.push(...page.items);
        if (page.next_cursor === null) return all;
        cursor = page.next_cursor;
      }
    };
    const all = await walk(sita);
    expect(all).toHaveLength(await http.count('audit_event'));
    expect(all.map((event) => event.id)).toEqual(all.map((event) => event.id).sort());
    const globex = (await http.call(gus, 'GET', '/v1/me')).body.organization.id;
    const theirs = await walk(gus);
    expect(theirs.length).toBeGreaterThan(0);
    for (const event of theirs)
      expect([event.organization_id, event.holder_organization_id]).toContain(globex);
  });

  it('audit events take filters', async () => {
    const one = made[0];
    const types = async (query: string) =>
      (await list(sita, `/v1/audit-events?${query}`)).items.map((event: { type: string }) => event.type);
    expect(await types(`grant=${one?.grantId}`)).toEqual(['revocation.recorded', 'grant.end_intended']);
    expect(await types(`request=${one?.id}&type=decision.recorded`)).toEqual(['decision.recorded']);
    expect(await types('to=2026-01-01T00:00:00Z')).toEqual([]);
    expect((await types('customer=acme')).length).toBeGreaterThan(3);
  });

  it('what was forgotten stays a line without its words', async () => {
    const { items } = await list(sita, `/v1/audit-events?request=${acme.id}&type=access_request.asked`);
    expect(items[0]).toMatchObject({ reason: 'A look', forgotten: false, actor: { name: 'Sam' } });
    await http.ledger.system.db.execute(sql`
      update audit_text set salt = null, actor_name = null, reason = null, forgotten_at = tenure_now() where event_id = ${items[0].id}`);
    const after = await list(sita, `/v1/audit-events?request=${acme.id}&type=access_request.asked`);
    expect(after.items[0]).toMatchObject({
      reason: null,
      forgotten: true,
      actor: { name: null },
      commitment: items[0].commitment,
    });
  });

  it('cannot be changed by the application’s role', async () => {
    for (const statement of [
      sql`update audit_event set reason = 'x'`,
      sql`update audit_event set type = 'config.applied'`,
      sql`delete from audit_event`,
      sql`delete from audit_text`,
      sql`update decision set decision = 'approve'`,
      sql`delete from access_grant`,
      sql`update access_grant set until = until + interval '1 day'`,
      sql`select sealed_secret from target`,
    ]) {
      await expect(http.ledger.app.db.execute(statement)).rejects.toThrow();
    }
  });
});
