import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { accountSearchShape, importReportShape } from '../../api/schemas/import.ts';
import { claimAccountSearch, settleAccountSearch } from '../../db/queries/account-search.ts';
import { type ApiHarness, startApi } from '../support/api.ts';
import { expectProblem } from '../support/standing.ts';

// What the API asks of targets, which it never reaches itself, and what it says of names.

const omar = 'omar@northwind.example';
const uma = {
  customer: 'acme',
  email: 'uma@acme.example',
  name: 'Uma',
  contract_role: 'member',
  account: 'uma',
};
const sol = { email: 'sol@northwind.example', name: 'Sol', roles: ['support-engineer'], account: 'sol' };

let http: ApiHarness;
beforeAll(async () => {
  http = await startApi();
});
afterAll(() => http.stop());
afterEach(() => expect(http.faults.splice(0)).toEqual([]));

const preview = async (lists: object, who = omar) => {
  const { status, body } = await http.call(who, 'POST', '/v1/imports/preview', lists);
  expect(status).toBe(200);
  return importReportShape.strict().parse(body);
};
const apply = async (lists: object) =>
  (await http.call(omar, 'POST', '/v1/imports', { reason: 'A test', ...lists })).body;
const claim = (leaseMs = 60_000) =>
  claimAccountSearch(http.ledger.system.db, { leaseMs, forgetAfterMs: 3_600_000 });
const idOf = async (email: string): Promise<string> => {
  const [row] = await http.ledger.owner.db.execute<{ id: string }>(
    sql`select id from person where email = ${email}`,
  );
  return row?.id ?? '';
};

describe('A preview', () => {
  it('asks the workers who has accounts already, by the roles that people will have', async () => {
    const { search } = await preview({ users: [uma], staff: [sol] });
    const asked = await http.call(omar, 'GET', `/v1/imports/searches/${search}`);
    expect(accountSearchShape.strict().parse(asked.body)).toEqual({
      id: search,
      state: 'looking',
      report: null,
    });
    const claimed = await claim();
    expect(claimed?.id).toBe(search);
    expect(claimed?.wish.people).toEqual([
      { email: 'uma@acme.example', account: 'uma', personId: null, customer: 'acme', set: 0 },
      { email: 'sol@northwind.example', account: 'sol', personId: null, customer: null, set: 1 },
    ]);
    expect(claimed?.wish.sets[0]?.['northwind-app']).toContain('sign-in');
    // Nobody else is at it until its time is over.
    expect(await claim()).toBeNull();
    expect((await claim(0))?.id).toBe(search);
    const report = { resources: [], accounts: [], moreAccounts: 0 };
    await settleAccountSearch(http.ledger.system.db, search ?? '', report);
    const { body } = await http.call(omar, 'GET', `/v1/imports/searches/${search}`);
    expect(body).toEqual({
      id: search,
      state: 'ready',
      report: { resources: [], accounts: [], more_accounts: 0 },
    });
    const other = await http.call('ada@northwind.example', 'GET', `/v1/imports/searches/${search}`);
    expect(other.status).toBe(404);
  });

  it('asks nothing where something is wrong, or nobody gains anything', async () => {
    expect(
      (await preview({ users: [{ ...uma, contract_role: 'member', roles: ['wizard'] }] })).search,
    ).toBeNull();
    expect(
      (await preview({ customers: [{ key: 'umbra', name: 'Umbra', customer_type: 'business' }] })).search,
    ).toBeNull();
  });

  it('is forgotten after an hour', async () => {
    const { search } = await preview({ users: [uma] });
    await http.ledger.owner.db.execute(
      sql`update account_search set created_at = created_at - interval '2 hours'`,
    );
    expect(await claim()).toBeNull();
    expect((await http.call(omar, 'GET', `/v1/imports/searches/${search}`)).status).toBe(404);
  });
});

describe('The name of an account', () => {
  it('is kept with whom a list gives it, and a list that says it again changes nothing', async () => {
    const { id } = await apply({ users: [uma], staff: [sol] });
    expect(id).not.toBeNull();
    const rows = await http.ledger.owner.db.execute(sql`
      select p.email, n.account from account_name n join person p on p.id = n.person_id order by 1`);
    expect([...rows]).toEqual([
      { email: 'sol@northwind.example', account: 'sol' },
      { email: 'uma@acme.example', account: 'uma' },
    ]);
    expect((await preview({ users: [uma], staff: [sol] })).users).toMatchObject({ changed: 0, unchanged: 1 });
    const { account: _, ...silent } = uma;
    expect((await preview({ users: [silent] })).users).toMatchObject({ unchanged: 1 });
    const changed = await preview({ users: [{ ...uma, account: 'uma2' }] });
    expect(changed.changes).toMatchObject([{ name: uma.email, change: 'changed', fields: ['account'] }]);
  });

  it('is looked at once more when an account of theirs was left alone', async () => {
    const [person, db] = [await idOf(uma.email), http.ledger.owner.db];
    await db.execute(sql`alter table found_account disable trigger user`);
    await db.execute(sql`
      insert into found_account (resource_id, person_id, organization_id, account, hindrance, process_id)
      select r.id, p.id, p.organization_id, 'uma', 'not-handed-over', (select id from process limit 1)
      from resource r, person p where r.key = 'northwind-app' and p.id = ${person}`);
    await db.execute(sql`alter table found_account enable trigger user`);
    expect((await preview({ users: [uma] })).changes).toMatchObject([
      { change: 'changed', fields: ['account'] },
    ]);
    const { processes } = await apply({ users: [uma] });
    expect(processes).toHaveLength(1);
  });

  it('is nobody’s that two people are said to have', async () => {
    const twin = { ...uma, email: 'ida@acme.example', name: 'Ida' };
    const { body } = await http.call(omar, 'POST', '/v1/imports/preview', { users: [uma, twin] });
    expect(body.problems).toEqual([
      { pointer: '/users/1/account', detail: 'The account uma stands here for somebody else, too.' },
    ]);
    const contradiction = await preview({ users: [uma, { ...uma, account: 'other' }] });
    expect(contradiction.problems).toMatchObject([{ pointer: '/users/1/account' }]);
  });

  it('is not said by authors of themselves, and is nothing but a name', async () => {
    const self = { email: omar, name: 'Omar', account: 'root' };
    expect((await preview({ staff: [self] })).problems).toMatchObject([{ pointer: '/staff/0/account' }]);
    for (const account of ["x'; DROP ROLE y", 'a b', '', '../x', 'a"b'])
      expectProblem(
        await http.call(omar, 'POST', '/v1/imports/preview', { users: [{ ...uma, account }] }),
        422,
        'invalid-input',
      );
  });
});
