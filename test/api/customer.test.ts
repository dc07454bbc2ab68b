import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { customerListShape, customerWithSeatsShape } from '../../api/schemas/customer.ts';
import { newId } from '../../domain/ids.ts';
import { type ApiHarness, startApi } from '../support/api.ts';
import { expectProblem } from '../support/standing.ts';
import { addTo } from '../support/users.ts';

const omar = 'omar@northwind.example';
const sam = 'sam@northwind.example';
const sita = 'sita@northwind.example';
const anna = 'anna@acme.example';
const gus = 'gus@globex.example';
const ulla = 'ulla@acme.example';

let http: ApiHarness;
beforeAll(async () => {
  http = await startApi();
  await addTo(http, anna, 'acme', ulla);
  const { db } = http.ledger.owner;
  // Of Acme there is a contract; of Umbra only that somebody has spoken of it.
  await db.execute(sql`
    insert into contract (organization_id, content, state, seats, until, dunning_state, dunning_since)
    select id, '{}', 'past-due', 12, '2027-01-01T00:00:00Z', 'notice', '2026-11-20T00:00:00Z' from organization where key = 'acme'`);
  const umbra = newId('org');
  await db.execute(
    sql`insert into organization (id, key, kind, name) values (${umbra}, ${umbra}, 'customer', 'Umbra')`,
  );
});
afterAll(() => http.stop());
afterEach(() => expect(http.faults.splice(0)).toEqual([]));

const list = async (who: string, query = '') => {
  const answer = await http.call(who, 'GET', `/v1/customers${query}`);
  expect(answer).toMatchObject({ status: 200 });
  return customerListShape.parse(answer.body).items;
};
const keys = async (who: string, query = '') => (await list(who, query)).map(({ key }) => key).sort();

describe('Customers', () => {
  it('are all there for the vendor’s people, and for a customer’s only their own', async () => {
    for (const who of [omar, sam, sita, 'jonas@northwind.example'])
      expect([who, await keys(who)]).toEqual([who, ['acme', 'globex', 'initech']]);
    expect(await keys(anna)).toEqual(['acme']);
    expect(await keys(ulla)).toEqual(['acme']);
    expect(await keys(gus)).toEqual(['globex']);
  });

  it('of others are as unknown as those that are not there, or that are only heard of', async () => {
    const unknown = await http.call(gus, 'GET', '/v1/customers/nowhere');
    expectProblem(unknown, 404, 'not-found');
    const { id } = (await http.call(anna, 'GET', '/v1/customers/acme')).body;
    for (const name of ['acme', id, 'northwind', '%00', 'a/b']) {
      const { status } = await http.call(gus, 'GET', `/v1/customers/${name}`);
      expect([name, status]).toEqual([name, 404]);
    }
    const foreign = await http.call(gus, 'GET', `/v1/customers/${id}`);
    expect({ ...foreign.body, instance: '' }).toEqual({ ...unknown.body, instance: '' });
    const rows = await http.ledger.owner.db.execute<{ id: string }>(
      sql`select id from organization where name = 'Umbra'`,
    );
    expectProblem(await http.call(omar, 'GET', `/v1/customers/${rows[0]?.id}`), 404, 'not-found');
    expectProblem(await http.call(omar, 'GET', '/v1/customers/northwind'), 404, 'not-found');
  });

  it('show their contract to who reads records or manages access, and to nobody else', async () => {
    const contract = {
      state: 'past-due',
      seats: 12,
      until: '2027-01-01T00:00:00.000Z',
      dunning: 'notice',
      dunning_since: '2026-11-20T00:00:00.000Z',
      over_seats_since: null,
    };
    for (const [who, seen] of [
      [omar, contract],
      [sita, contract],
      [anna, contract],
      [sam, null],
      ['jonas@northwind.example', null],
      [ulla, null],
    ] as const) {
      const { body } = await http.call(who, 'GET', '/v1/customers/acme');
      expect(customerWithSeatsShape.strict().parse(body)).toMatchObject({
        key: 'acme',
        state: 'active',
        tier: 'enterprise',
        region: 'eu',
        users: 3,
        seats: { limit: 12, used: 3, left: 9, source: 'contract' },
      });
      expect([who, body.contract]).toEqual([who, seen]);
      const listed = (await list(who)).find(({ key }) => key === 'acme');
      expect([who, listed?.contract]).toEqual([who, seen]);
    }
  });

  it('have the seats that an override says, as long as it lasts', async () => {
    const { body } = await http.call(omar, 'GET', '/v1/customers/globex');
    expect(body.seats).toEqual({
      limit: 40,
      used: 1,
      left: 39,
      source: 'override',
      until: '2027-09-30T22:00:00.000Z',
    });
  });

  it('are narrowed by state and tier, and come in pages', async () => {
    expect(await keys(omar, '?tier=free')).toEqual(['initech']);
    expect(await keys(omar, '?tier=gold')).toEqual([]);
    expect(await keys(omar, '?state=active')).toEqual(['acme', 'globex', 'initech']);
    const first = (await http.call(omar, 'GET', '/v1/customers?limit=2')).body;
    expect(first.items).toHaveLength(2);
    const second = await list(omar, `?limit=2&cursor=${first.next_cursor}`);
    expect(second).toHaveLength(1);
    for (const query of ['?tier=%00', '?state=gone', '?limit=0', '?cursor=x', '?colour=red'])
      expectProblem(await http.call(omar, 'GET', `/v1/customers${query}`), 400, 'malformed-parameter');
  });

  it('say where they stand: dunning, leaving, suspended, gone', async () => {
    const { db } = http.ledger.owner;
    const state = async () => (await http.call(omar, 'GET', '/v1/customers/acme')).body.state;
    const acme = sql`(select id from organization where key = 'acme')`;
    await db.execute(sql`update contract set dunning_state = 'restricted' where organization_id = ${acme}`);
    expect(await state()).toBe('restricted');
    await db.execute(sql`update contract set dunning_state = 'suspended' where organization_id = ${acme}`);
    expect(await state()).toBe('suspended');
    const id = newId('proc');
    await db.execute(
      sql`insert into process (id, kind, organization_id, cause) values (${id}, 'offboarding', ${acme}, 'dunning')`,
    );
    // What is comes before what is to come.
    expect(await state()).toBe('suspended');
    await db.execute(sql`update contract set dunning_state = 'none' where organization_id = ${acme}`);
    expect(await state()).toBe('ending');
    expect(await keys(omar, '?state=ending')).toEqual(['acme']);
    await db.execute(sql`update process set state = 'fenced' where id = ${id}`);
    expect(await state()).toBe('ending');
    await db.execute(sql`update organization set suspended_at = tenure_now() where key = 'acme'`);
    expect(await state()).toBe('suspended');
    expect(await keys(omar, '?state=suspended')).toEqual(['acme']);
    await db.execute(sql`update process set state = 'running' where id = ${id}`);
    expect(await state()).toBe('ending');
    await db.execute(sql`update organization set offboarded_at = tenure_now() where key = 'acme'`);
    expect(await state()).toBe('ended');
  });
});
