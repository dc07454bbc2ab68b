import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ApiHarness, startApi } from '../support/api.ts';
import { expectProblem } from '../support/standing.ts';

// A list of the vendor's own people is one step away from everything that Tenure allows: what it may not do.

const omar = 'omar@northwind.example';
const reason = 'Names from the people system';

let http: ApiHarness;
beforeAll(async () => {
  http = await startApi();
});
afterAll(() => http.stop());
afterEach(() => expect(http.faults.splice(0)).toEqual([]));

const preview = (staff: object[]) => http.call(omar, 'POST', '/v1/imports/preview', { staff });
const apply = (staff: object[]) => http.call(omar, 'POST', '/v1/imports', { reason, staff });
const rows = async (query: ReturnType<typeof sql>): Promise<Record<string, unknown>[]> => [
  ...(await http.ledger.owner.db.execute(query)),
];
const pointers = (body: { problems: { pointer: string }[] }) => body.problems.map(({ pointer }) => pointer);
const rolesOf = (email: string) =>
  rows(sql`select r.key from person_role h join role r on r.id = h.role_id join person p on p.id = h.person_id
    where p.email = ${email} and h.until is null order by 1`);

describe('An import of the staff', () => {
  it('changes nothing of its author but name and title', async () => {
    const own = { email: omar, name: 'Omar' };
    const [now] = await rows(sql`select department, region, employment from person where email = ${omar}`);
    const attempts: [string, object][] = [
      ['department', { department: 'security' }],
      ['region', { region: 'us' }],
      ['employment', { employment: now?.['employment'] === 'contractor' ? 'employee' : 'contractor' }],
      ['ends_at', { ends_at: '2030-01-01T00:00:00Z' }],
      ['starts_at', { starts_at: '2020-01-01T00:00:00Z' }],
      ['manager', { manager: 'sam@northwind.example' }],
      ['roles', { roles: ['support-engineer'] }],
    ];
    for (const [field, change] of attempts) {
      expect(pointers((await preview([{ ...own, ...change }])).body)).toEqual([`/staff/0/${field}`]);
      expectProblem(await apply([{ ...own, ...change }]), 422, 'invalid-input');
    }
    expect((await apply([{ ...own, name: 'Omar O.', title: 'Of all trades' }])).status).toBe(201);
    const [after] = await rows(
      sql`select name, department, region, employment from person where email = ${omar}`,
    );
    expect(after).toEqual({ ...now, name: 'Omar O.' });
  });

  it('gives nobody a role with duties, and leaves alone who has one', async () => {
    const noor = { email: 'noor@northwind.example', name: 'Noor', roles: ['support-engineer', 'operations'] };
    const { body } = await preview([noor]);
    expect(body.problems).toEqual([
      {
        pointer: '/staff/0/roles/1',
        detail:
          'The role operations allows something in Tenure itself: an import does not give it. Give it by hand (tenure staff change).',
      },
    ]);
    const sam = { email: 'sam@northwind.example', name: 'Sam', roles: ['support-engineer', 'administrator'] };
    expectProblem(await apply([sam]), 422, 'invalid-input');
    expect(await rolesOf(sam.email)).not.toContainEqual({ key: 'administrator' });
    const [ada] =
      await rows(sql`select name, array(select r.key from person_role h join role r on r.id = h.role_id
      where h.person_id = p.id) as roles from person p where email = 'ada@northwind.example'`);
    expect(ada?.['roles']).toContain('administrator');
    const kept = await preview([{ email: 'ada@northwind.example', title: 'Chief', ...ada }]);
    expect(kept.body).toMatchObject({ problems: [], staff: { changed: 1 } });
  });

  it('says how many a fence will hold, and changes no role before it has looked', async () => {
    const people = Array.from({ length: 7 }, (_, at) => ({
      email: `many${at}@northwind.example`,
      name: `Many ${at}`,
      roles: ['support-engineer'],
    }));
    expect((await apply(people)).status).toBe(201);
    const moved = people.map((one) => ({ ...one, roles: ['support-lead'] }));
    const { body } = await preview(moved);
    expect(body.problems).toEqual([]);
    expect(body.fences).toEqual([{ organization: 'northwind', people: 7, limit: 5, held: 2 }]);
    expect((await apply(moved)).status).toBe(201);
    // Nobody has a role by it before the fence has looked.
    expect(await rolesOf('many0@northwind.example')).toEqual([{ key: 'support-engineer' }]);
    // Said once, it is not said again.
    expect((await apply(moved)).body.id).toBeNull();
  });

  it('begins with who starts later when they start', async () => {
    const [june, july] = ['2031-06-01T00:00:00.000Z', '2031-07-01T00:00:00.000Z'];
    const one = (name: string, starts_at: string | null) => ({
      email: `${name}@northwind.example`,
      name,
      starts_at,
      roles: ['support-engineer'],
    });
    const processes = async (ids: string[]) =>
      rows(sql`
        select s.kind, s.due_at > tenure_now() as later, to_char(s.due_at at time zone 'UTC', 'YYYY-MM') as due,
          array(select p.name from process_person w join person p on p.id = w.person_id where w.process_id = s.id order by 1) as people
        from process s where s.id in (select jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb)) order by s.due_at, s.kind`);
    const lists = [one('kim', june), one('lou', null), one('max', june), one('nia', july)];
    const made = await processes((await apply(lists)).body.processes);
    expect(made).toEqual([
      { kind: 'onboarding', later: false, due: expect.any(String), people: ['lou'] },
      { kind: 'onboarding', later: true, due: '2031-06', people: ['kim', 'max'] },
      { kind: 'onboarding', later: true, due: '2031-07', people: ['nia'] },
    ]);
    expect(await processes((await apply([one('kim', july)])).body.processes)).toEqual([
      { kind: 'role-change', later: false, due: expect.any(String), people: ['kim'] },
      { kind: 'role-change', later: true, due: '2031-07', people: ['kim'] },
    ]);
  });
});
