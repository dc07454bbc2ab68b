import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { appliedImportShape, importReportShape } from '../../api/schemas/import.ts';
import { type ApiHarness, startApi } from '../support/api.ts';
import { expectProblem } from '../support/standing.ts';

const omar = 'omar@northwind.example';
const reason = 'Umbra moves over from the old tool';
const umbra = { key: 'umbra', name: 'Umbra', customer_type: 'business', region: 'us' };
const uma = { customer: 'umbra', email: 'uma@umbra.example', name: 'Uma', contract_role: 'administrator' };

let http: ApiHarness;
beforeAll(async () => {
  http = await startApi();
});
afterAll(() => http.stop());
afterEach(() => expect(http.faults.splice(0)).toEqual([]));

const preview = (lists: object, who = omar) => http.call(who, 'POST', '/v1/imports/preview', lists);
const apply = (lists: object, who = omar) => http.call(who, 'POST', '/v1/imports', { reason, ...lists });
const rows = async (query: ReturnType<typeof sql>): Promise<Record<string, unknown>[]> => [
  ...(await http.ledger.owner.db.execute(query)),
];
const everything = async () => {
  const tables = [
    'organization',
    'person',
    'membership',
    'person_role',
    'process',
    'process_person',
    'import_run',
  ];
  return Promise.all([...tables, 'audit_event', 'outbox'].map((table) => http.count(table)));
};

describe('An import', () => {
  it('previews without writing anything', async () => {
    const before = await everything();
    const { status, body } = await preview({ customers: [umbra], users: [uma] });
    expect(status).toBe(200);
    expect(importReportShape.strict().parse(body)).toMatchObject({
      customers: { new: 1 },
      users: { new: 1 },
      changes: [
        { list: 'customers', row: 0, name: 'umbra', change: 'new' },
        { list: 'users', row: 0, name: 'uma@umbra.example', customer: 'umbra', change: 'new' },
      ],
      duplicates: [],
      fences: [],
      problems: [],
    });
    const gains = body.effects.map(
      (one: { kind: string; entitlement: string }) => `${one.kind} ${one.entitlement}`,
    );
    expect(gains).toContain('gain administer');
    expect(await everything()).toEqual(before);
  });

  it('makes customers and users, with a process that writes to nobody', async () => {
    const { status, body } = await apply({ customers: [umbra], users: [uma] });
    expect(status).toBe(201);
    const { id, processes } = appliedImportShape.strict().parse(body);
    expect(processes).toHaveLength(1);
    const [made] = await rows(sql`
      select s.kind, s.cause, s.source, s.wish, o.key, o.tier_key as tier, o.region, o.onboarded_at is not null as onboarded,
        array(select p.email from process_person w join person p on p.id = w.person_id where w.process_id = s.id) as people,
        (select origin from membership m where m.organization_id = o.id) as origin
      from process s join organization o on o.id = s.organization_id where s.id = ${processes[0]}`);
    expect(made).toEqual({
      kind: 'onboarding',
      cause: 'roster',
      source: null,
      // An administrator: the fence counts these by themselves.
      wish: { welcome: false, people: 'affected', counts: true },
      key: 'umbra',
      tier: 'professional',
      region: 'us',
      onboarded: true,
      people: ['uma@umbra.example'],
      origin: 'import',
    });
    const [run] = await rows(
      sql`select summary, reason, (select email from person where id = author) as author from import_run where id = ${id}`,
    );
    expect(run).toMatchObject({
      author: omar,
      reason,
      summary: { customers_new: 1, users_new: 1, users_leaving: 0 },
    });
    const audited = await rows(sql`select type from audit_event where subject_id = ${id}`);
    expect(audited).toEqual([{ type: 'import.applied' }]);
  });

  it('changes nothing the second time', async () => {
    const before = await everything();
    const { status, body } = await apply({ customers: [umbra], users: [uma] });
    expect(status).toBe(201);
    expect(body).toMatchObject({ id: null, processes: [], users: { new: 0, unchanged: 1 }, changes: [] });
    expect(await everything()).toEqual(before);
  });

  it('counts one address once, whatever its case and the spaces around it, with the roles of all its rows', async () => {
    const other = { customer: 'umbra', name: 'Otto', contract_role: 'member' };
    const users = [
      { ...other, email: 'otto@umbra.example', roles: ['viewer'] },
      { ...other, email: ' OTTO@umbra.example ', roles: ['member'] },
    ];
    const { body } = await apply({ users });
    expect(body.duplicates).toEqual([{ list: 'users', name: 'otto@umbra.example', rows: [0, 1] }]);
    const members = await rows(sql`
      select p.email, m.given_roles as roles from membership m join person p on p.id = m.person_id where p.name = 'Otto'`);
    expect(members).toEqual([{ email: 'otto@umbra.example', roles: ['viewer', 'member'] }]);
  });

  it('follows a change of roles by a role change, and renames without one', async () => {
    const { body } = await apply({ users: [{ ...uma, name: 'Uma Ulm' }] });
    expect(body).toMatchObject({ users: { changed: 1 }, processes: [], changes: [{ fields: ['name'] }] });
    const changed = await apply({ users: [{ ...uma, name: 'Uma Ulm', contract_role: 'member' }] });
    const [process] = await rows(sql`select kind, wish from process where id = ${changed.body.processes[0]}`);
    expect(process).toEqual({ kind: 'role-change', wish: { what: 'roles', people: 'affected' } });
  });

  it('names every row that is wrong, and imports nothing of it', async () => {
    const before = await everything();
    const lists = {
      customers: [
        { key: 'newco', name: 'Newco' },
        { key: 'other', name: 'Other', tier: 'gold' },
      ],
      users: [
        { customer: 'nowhere', email: 'a@b.example', name: 'A' },
        { customer: 'umbra', email: 'anna@acme.example', name: 'Anna' },
        { customer: 'initech', email: 'ian@initech.example', name: 'Ian', roles: ['analyst', 'magician'] },
        { customer: 'umbra', email: 'c@b.example', name: 'C', contract_role: 'emperor' },
      ],
      staff: [{ email: 'sam@northwind.example', name: 'Sam', manager: 'nobody@northwind.example' }],
    };
    const problems = [
      ['/customers/0/tier', 'Name a tier, or a customer type that has one.'],
      ['/customers/1/tier', 'There is no tier gold.'],
      ['/users/0/customer', 'There is no customer nowhere: add it to the customers, or correct the key.'],
      ['/users/1/email', 'Somebody of Acme has this address. Use another one.'],
      [
        '/users/2/roles/0',
        'The Free tier does not include the role analyst. It allows customer-administrator, customer-user, member, viewer.',
      ],
      ['/users/2/roles/1', 'There is no role magician.'],
      [
        '/users/3/contract_role',
        'The Professional tier has no contract role emperor. It has administrator, member, viewer.',
      ],
      ['/staff/0/manager', 'There is nobody here with the address nobody@northwind.example.'],
    ].map(([pointer, detail]) => ({ pointer, detail }));
    expect((await preview(lists)).body.problems).toEqual(problems);
    const refused = await apply(lists);
    expectProblem(refused, 422, 'invalid-input');
    expect(refused.body.errors).toEqual(problems);
    expect(await everything()).toEqual(before);
  });

  it('says where the last seat is taken, and what to do', async () => {
    const users = Array.from({ length: 5 }, (_, i) => ({
      customer: 'initech',
      email: `u${i}@initech.example`,
      name: `U${i}`,
      contract_role: 'viewer',
    }));
    const { body } = await preview({ users });
    expect(body.problems).toHaveLength(1);
    expect(body.problems[0].pointer).toMatch(/^\/users\/[0-4]\/customer$/);
    expect(body.problems[0].detail).toMatch(/^Initech: .*seats of the Free tier/);
  });

  it('has everybody leave whom a complete list does not name, each with a story of their own', async () => {
    const lists = { users: [{ ...uma, name: 'Uma Ulm', contract_role: 'member' }], complete: ['users'] };
    const shown = await preview(lists);
    expect(shown.body).toMatchObject({ users: { unchanged: 1, leaving: 1 } });
    expect(shown.body.effects).toContainEqual(expect.objectContaining({ kind: 'lose' }));
    const { body } = await apply(lists);
    const leaving = await rows(sql`
      select s.kind, s.cause, s.wish, p.email from process s join person p on p.id = s.person_id where s.id = ${body.processes[0]}`);
    expect(leaving).toEqual([
      { kind: 'offboarding', cause: 'roster', wish: { why: 'removal' }, email: 'otto@umbra.example' },
    ]);
    // While they are on their way out they are not sent there again.
    expect((await apply(lists)).body).toMatchObject({ id: null, users: { leaving: 0 } });
  });

  it('says how many a fence will hold', async () => {
    const names = Array.from({ length: 8 }, (_, i) => ({
      customer: 'globex',
      email: `g${i}@globex.example`,
      name: `G${i}`,
      contract_role: 'viewer',
    }));
    await apply({ users: names });
    const promoted = names.map((one) => ({ ...one, contract_role: 'member' }));
    const { body } = await preview({ users: promoted });
    expect(body.fences).toEqual([{ organization: 'globex', people: 8, limit: 5, held: 3 }]);
    expect(body.problems).toEqual([]);
  });

  it('takes the staff over with managers and roles, whatever their order', async () => {
    const staff = [
      {
        email: 'new.one@northwind.example',
        name: 'Noor',
        manager: 'new.lead@northwind.example',
        roles: ['support-engineer'],
      },
      {
        email: 'new.lead@northwind.example',
        name: 'Lea',
        title: 'Lead',
        department: 'support',
        roles: ['support-lead'],
      },
    ];
    const { status, body } = await apply({ staff });
    expect(status).toBe(201);
    expect(body.staff).toMatchObject({ new: 2, leaving: 0 });
    const [made] = await rows(sql`
      select p.employment, b.name as manager, array(select r.key from person_role h join role r on r.id = h.role_id
        where h.person_id = p.id) as roles from person p join person b on b.id = p.manager_id where p.name = 'Noor'`);
    expect(made).toEqual({ employment: 'employee', manager: 'Lea', roles: ['support-engineer'] });
    expect((await apply({ staff })).body.id).toBeNull();
    const [first, second] = staff;
    const moved = await apply({ staff: [{ ...first, department: 'sales' }, second] });
    expect(moved.body.changes).toEqual([
      expect.objectContaining({ change: 'changed', fields: ['department'] }),
    ]);
  });

  it('lets nobody import their own roles, or forget themselves', async () => {
    const own = await preview({ staff: [{ email: omar, name: 'Omar', roles: ['administrator'] }] });
    expect(own.body.problems).toContainEqual(expect.objectContaining({ pointer: '/staff/0/roles' }));
    const forgotten = await preview({
      staff: [{ email: 'sam@northwind.example', name: 'Sam' }],
      complete: ['staff'],
    });
    expect(forgotten.body.problems).toEqual([
      expect.objectContaining({ detail: expect.stringContaining('You are not on this list') }),
    ]);
    expect((await preview({ complete: ['staff'] })).body.problems).toHaveLength(1);
  });

  it('makes pages of many: a process each, and everybody once', async () => {
    const users = Array.from({ length: 450 }, (_, i) => ({
      customer: 'acme',
      email: `many${i}@acme.example`,
      name: `Many ${i}`,
      contract_role: 'member',
    }));
    const { body } = await apply({ users });
    expect(body.processes).toHaveLength(3);
    expect(body.changes).toHaveLength(450);
    const people = await rows(sql`
      select process_id, count(*)::int as n from process_person w join person p on p.id = w.person_id
      where p.email like 'many%' group by 1 order by 2`);
    expect(people.map(({ n }) => n)).toEqual([50, 200, 200]);
    expect((await apply({ users })).body.id).toBeNull();
  });

  it('says once when a contract ends, and that it is the source’s to say where there is one', async () => {
    const customers = [{ ...umbra, contract_until: '2027-12-31T00:00:00Z' }];
    const { body } = await apply({ customers });
    const [process] = await rows(sql`select wish from process where id = ${body.processes[0]}`);
    const terms = {
      tier: 'professional',
      region: 'us',
      seats: null,
      until: '2027-12-31T00:00:00.000Z',
      state: 'active',
    };
    expect(process).toEqual({ wish: { what: 'contract', terms } });
    // It becomes a fact only when the process begins; until then it is not said again.
    expect((await apply({ customers })).body).toMatchObject({ id: null, customers: { unchanged: 1 } });
    await http.ledger.owner.db.execute(sql`
      insert into contract (organization_id, content, state)
      select id, '{"objects": {}, "terms": {"carrier": {"source": "stripe", "objectId": "sub_1"}}}', 'active'
      from organization where key = 'globex'`);
    const moved = await preview({
      customers: [
        { key: 'globex', name: 'Globex', tier: 'enterprise', contract_until: '2027-12-31T00:00:00Z' },
      ],
    });
    expect(moved.body.problems).toEqual([
      { pointer: '/customers/0/tier', detail: 'Its contract comes from stripe. Change it there.' },
      { pointer: '/customers/0/contract_until', detail: 'Its contract comes from stripe. Change it there.' },
    ]);
  });

  it('follows a tier that changes for everybody of the customer, and shows what they lose', async () => {
    const customers = [{ key: 'acme', name: 'Acme', tier: 'professional', region: 'eu' }];
    const shown = await preview({ customers });
    expect(shown.body.changes).toEqual([expect.objectContaining({ name: 'acme', fields: ['tier'] })]);
    expect(shown.body.fences).toEqual([]);
    const { body } = await apply({ customers });
    const [process] = await rows(sql`
      select s.kind, s.wish, (select count(*)::int from process_person w where w.process_id = s.id) as people, o.tier_key as tier
      from process s join organization o on o.id = s.organization_id where s.id = ${body.processes[0]}`);
    // Whom it concerns is written down when it begins.
    expect(process).toEqual({
      kind: 'role-change',
      wish: { what: 'contract' },
      people: 0,
      tier: 'professional',
    });
  });

  it('has who had left come back clean', async () => {
    const email = 'g0@globex.example';
    const removed = await http.call(omar, 'POST', `/v1/customers/globex/users/${email}/removal`, { reason });
    expect(removed.status).toBe(201);
    const users = [{ customer: 'globex', email, name: 'G0', contract_role: 'viewer' }];
    const { body } = await apply({ users });
    expect(body).toMatchObject({ users: { returning: 1, new: 0 } });
    const [back] = await rows(sql`
      select p.suspended_at, p.offboarded_at, (select count(*)::int from membership m where m.person_id = p.id and m.until is null) as open
      from person p where p.email = ${email}`);
    expect(back).toEqual({ suspended_at: null, offboarded_at: null, open: 1 });
  });

  it('is refused to whom it is not for, and without a reason', async () => {
    for (const who of ['sam@northwind.example', 'anna@acme.example'])
      expectProblem(await preview({ users: [uma] }, who), 403, 'forbidden');
    expectProblem(await http.call(omar, 'POST', '/v1/imports', { users: [uma] }), 422, 'invalid-input');
  });
});
