import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Fenced, omar, startFenced } from '../support/fenced.ts';
import { startProcess } from '../support/processes.ts';

// What an import says of people is no fact before the fence has let it through, whoever they are and whatever it says.

const full = 'export sign-in use view';

let it_: Fenced;
beforeAll(async () => {
  it_ = await startFenced();
});
afterAll(() => it_?.stop());
afterEach(async () => {
  await it_.forget();
  expect(it_.http.faults.splice(0)).toEqual([]);
});

const db = () => it_.http.ledger.system.db;
const rows = async (query: ReturnType<typeof sql>): Promise<Record<string, unknown>[]> => [
  ...(await db().execute(query)),
];
const addressOf = (key: string, at: number) => `u${String(at).padStart(2, '0')}@${key}.example`;

/** Omar imports these users of a customer as something else. */
async function importAs(key: string, contractRole: string, people: readonly number[], email = addressOf) {
  const users = people.map((at) => ({
    customer: key,
    email: email(key, at),
    name: `User ${at}`,
    contract_role: contractRole,
  }));
  const { status, body } = await it_.http.call(omar, 'POST', '/v1/imports', { reason: 'a list', users });
  expect(status).toBe(201);
  return body;
}

const contractRoles = async (key: string) =>
  (
    await rows(sql`select m.contract_role as role from membership m join person p on p.id = m.person_id
      join organization o on o.id = m.organization_id where o.key = ${key} and m.until is null order by p.email`)
  ).map(({ role }) => role);
const eight = [0, 1, 2, 3, 4, 5, 6, 7];
const many = (role: string | null, count: number) => Array.from({ length: count }, () => role);

describe('an import of users', () => {
  it('writes what it says of those who are let through, and of no others', async () => {
    const key = await it_.customer(8);
    await importAs(key, 'viewer', eight);
    expect(await contractRoles(key)).toEqual(many('member', 8));
    await it_.lookAt(key, 'contract');
    expect(await it_.held(key)).toEqual(Array.from({ length: 8 }, () => full));
    await it_.runAll();
    expect(await contractRoles(key)).toEqual([...many('viewer', 5), ...many('member', 3)]);
    await it_.lookAt(key, 'contract');
    const { id, items } = await it_.fence(key);
    expect(items.map(({ email }) => email)).toEqual([5, 6, 7].map((at) => addressOf(key, at)));
    const [sixth, seventh] = items;
    await it_.decide(id, 'release', [sixth?.id ?? '']);
    await it_.decide(id, 'discarding', [seventh?.id ?? '']);
    expect(await contractRoles(key)).toEqual([...many('viewer', 6), ...many('member', 2)]);
    expect(await it_.decide(id, 'discarding')).toMatchObject({ returns_to: null, stays: null });
    await it_.lookAt(key, 'contract');
    expect(await contractRoles(key)).toEqual([...many('viewer', 6), ...many('member', 2)]);
    expect((await it_.held(key)).filter((names) => names === full)).toHaveLength(2);
    const told = await rows(sql`
      select e.actor_id = s.requested_by as author, count(*)::int as people from audit_event e join person p on p.id = e.subject_id
        join organization o on o.id = p.organization_id, process s
      where o.key = ${key} and e.type = 'membership.changed' and s.organization_id = o.id and s.cause = 'roster'
        and s.kind = 'role-change' group by 1`);
    expect(told).toEqual([{ author: true, people: 6 }]);
  });

  it('is not said twice while it waits, and is said anew after it was dropped', async () => {
    const key = await it_.customer(8);
    await importAs(key, 'viewer', eight);
    expect((await importAs(key, 'viewer', eight)).id).toBeNull();
    await it_.runAll();
    expect((await importAs(key, 'viewer', eight)).id).toBeNull();
    await it_.decide((await it_.fence(key)).id, 'discarding');
    const again = await importAs(key, 'viewer', eight);
    expect(again.users).toMatchObject({ changed: 3, unchanged: 5 });
    await it_.runAll();
    expect((await it_.fence(key)).items).toHaveLength(3);
    expect(await contractRoles(key)).toEqual([...many('viewer', 5), ...many('member', 3)]);
  });

  it('is overtaken by a newer one, and by what somebody does to one of them', async () => {
    const key = await it_.customer(8);
    await importAs(key, 'viewer', eight);
    await it_.runAll();
    await importAs(key, 'administrator', [6]);
    const path = `/v1/customers/${key}/users/${addressOf(key, 7)}/role-change`;
    const changed = await it_.http.call(omar, 'POST', path, { roles: ['integrator'], reason: 'by hand' });
    expect(changed.status).toBe(201);
    await it_.runAll();
    const { id } = await it_.fence(key);
    await it_.decide(id, 'release');
    expect((await contractRoles(key)).slice(5)).toEqual(['viewer', 'administrator', 'member']);
    expect((await it_.held(key))[7]).toBe('automate export sign-in use view');
  });

  it('does not come back with whoever left meanwhile', async () => {
    const key = await it_.customer(8);
    await importAs(key, 'viewer', eight);
    await it_.runAll();
    const email = addressOf(key, 7);
    const path = `/v1/customers/${key}/users`;
    await it_.http.call(omar, 'POST', `${path}/${email}/removal`, { reason: 'gone' });
    await it_.runAll();
    const back = { email, name: 'Back', contract_role: 'member', reason: 'back' };
    expect((await it_.http.call(omar, 'POST', path, back)).status).toBe(201);
    await it_.decide((await it_.fence(key)).id, 'release');
    expect((await contractRoles(key)).slice(5)).toEqual(['viewer', 'viewer', 'member']);
  });
});

describe('an import of a customer itself', () => {
  it('changes no more of its people than the fence lets, and the contract’s own word overtakes it', async () => {
    const key = await it_.customer(8);
    const free = { key, name: key, tier: 'free', region: 'eu' };
    const answer = await it_.http.call(omar, 'POST', '/v1/imports', { reason: 'a list', customers: [free] });
    expect(answer.status).toBe(201);
    const changed = async () => (await it_.held(key)).filter((names) => names !== full).length;
    await it_.lookAt(key, 'contract');
    expect(await changed()).toBe(5);
    const { id } = await it_.fence(key);
    const { stays } = await it_.decide(id, 'discarding');
    expect(stays).toContain('What the import says of the customer itself');
    for (const cause of ['contract', 'dunning', 'convergence'] as const) await it_.lookAt(key, cause);
    expect(await changed()).toBe(5);
    const [organization] = await rows(sql`select id from organization where key = ${key}`);
    const terms = { tier: 'free', region: 'eu', seats: null, until: null, state: 'active' };
    await it_.run(
      await startProcess(db(), {
        kind: 'role-change',
        organizationId: String(organization?.['id']),
        cause: 'contract',
        wish: { what: 'contract', terms },
      }),
    );
    expect(await changed()).toBe(8);
  });
});

describe('new people of an import', () => {
  it('are counted when they would do something in Tenure itself, and hold nothing before', async () => {
    const key = await it_.customer(1);
    const fresh = (prefix: string) => (customer: string, at: number) => `${prefix}${at}@${customer}.example`;
    await importAs(key, 'administrator', eight, fresh('a'));
    await importAs(key, 'viewer', eight, fresh('v'));
    expect(await contractRoles(key)).toEqual([...many(null, 8), 'member', ...many('viewer', 8)]);
    await it_.runAll();
    const { id, items } = await it_.fence(key);
    expect(items.map(({ email }) => email)).toEqual([5, 6, 7].map((at) => `a${at}@${key}.example`));
    const [item] = await rows(
      sql`select difference->'gain' as gain from fence_item where fence_id = ${id} limit 1`,
    );
    expect(item?.['gain']).toContain('the duty administer-customer');
    await it_.lookAt(key, 'contract');
    const held = await it_.held(key);
    expect(held.slice(5, 8)).toEqual(['', '', '']);
    expect(held.slice(9)).toEqual(Array.from({ length: 8 }, () => 'sign-in view'));
    const duty = sql`select count(*)::int as n from person_role h join role r on r.id = h.role_id join person p on p.id = h.person_id
      where 'administer-customer' = any(r.duties) and p.email like ${`a%@${key}.example`} and h.until is null`;
    expect(await rows(duty)).toEqual([{ n: 5 }]);
    const [first] = items;
    await it_.decide(id, 'release', [first?.id ?? '']);
    expect(await rows(duty)).toEqual([{ n: 6 }]);
    await it_.decide(id, 'discarding');
    await it_.lookAt(key, 'contract');
    expect(await rows(duty)).toEqual([{ n: 6 }]);
  });
});

describe('an import of the staff', () => {
  const staff = (change: object) =>
    eight.map((at) => ({ email: `s${at}@northwind.example`, name: `Staff ${at}`, ...change }));
  const importStaff = async (change: object, lists: readonly object[] = staff(change)) => {
    const answer = await it_.http.call(omar, 'POST', '/v1/imports', {
      reason: 'a list',
      staff: lists,
    });
    expect(answer.status).toBe(201);
    return answer.body;
  };
  const rolesOf = async () =>
    (
      await rows(sql`select (select string_agg(r.key, ' ' order by r.key) from person_role h join role r on r.id = h.role_id
        where h.person_id = p.id and (h.until is null or h.until > tenure_now())) as roles
        from person p where p.email like 's_@northwind.example' order by p.email`)
    ).map(({ roles }) => roles);

  it('gives and takes roles as the fence lets it, and what they are by the list as well', async () => {
    await importStaff({ roles: ['support-engineer'], department: 'support' });
    await it_.runAll();
    expect(await rolesOf()).toEqual(many('support-engineer', 8));
    await db().execute(sql`delete from fence_passage`);
    await importStaff({ roles: ['support-lead'], department: 'support' });
    expect(await rolesOf()).toEqual(many('support-engineer', 8));
    await it_.runAll();
    expect(await rolesOf()).toEqual([...many('support-lead', 5), ...many('support-engineer', 3)]);
    const { id, items } = await it_.fence('northwind');
    expect(items).toHaveLength(3);
    const [item] = await rows(sql`select difference from fence_item where fence_id = ${id} limit 1`);
    expect(item?.['difference']).toEqual({
      gain: ['the role support-lead'],
      lose: ['the role support-engineer'],
    });
    await it_.decide(id, 'discarding');
    await it_.runAll();
    expect(await rolesOf()).toEqual([...many('support-lead', 5), ...many('support-engineer', 3)]);
  });

  it('counts new ones who would decide on requests, and nobody else who is new', async () => {
    await db().execute(sql`delete from fence_passage`);
    const fresh = (prefix: string, role: string) =>
      eight.map((at) => ({ email: `${prefix}${at}@northwind.example`, name: `New ${at}`, roles: [role] }));
    await importStaff({}, [...fresh('lead', 'support-lead'), ...fresh('plain', 'support-engineer')]);
    await it_.runAll();
    const given =
      await rows(sql`select r.key, count(*)::int as people from person_role h join role r on r.id = h.role_id
      join person p on p.id = h.person_id where p.name like 'New %' and h.until is null group by 1 order by 1`);
    expect(given).toEqual([
      { key: 'support-engineer', people: 8 },
      { key: 'support-lead', people: 5 },
    ]);
    await it_.decide((await it_.fence('northwind')).id, 'discarding');
  });

  it('ends nobody’s time here by a date in the past before a second person has looked', async () => {
    await db().execute(sql`delete from fence_passage`);
    const past = new Date(Date.now() - 3_600_000).toISOString();
    await importStaff({ ends_at: past });
    await it_.runAll();
    const ended = await rows(sql`
      select count(*) filter (where ends_at is not null)::int as ended from person where email like 's_@northwind.example'`);
    expect(ended).toEqual([{ ended: 5 }]);
  });
});
