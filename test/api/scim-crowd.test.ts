import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ApiHarness, startApi } from '../support/api.ts';
import { crowdUserId, fillCrowd } from '../support/crowd.ts';
import { connectDirectory, letProviderMap, type TestDirectory } from '../support/directory.ts';
import { rounds } from '../support/extent.ts';

// What a directory of tens of thousands asks, each answer within the time that a client waits; `npm run drill` has fifty thousand.

const size = rounds(2_000, 50_000);
/** A group's members who are active, and how long the largest change may take. */
const large = rounds(200, 5_000);
const patchOp = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

let http: ApiHarness;
let directory: TestDirectory;
beforeAll(async () => {
  http = await startApi({ directoryLimit: { burst: 10_000, perSecond: 10_000 } });
  await letProviderMap(http, 'acme', [{ group: 'Analysts', role: 'member' }]);
  directory = await connectDirectory(http, 'acme', 'anna@acme.example');
  await fillCrowd(http.ledger.ownerUrl, 'acme', size);
});
afterAll(() => http?.stop());
afterEach(() => expect(http.faults.splice(0)).toEqual([]));

interface Page {
  totalResults: number;
  Resources: { id: string; userName: string; active: boolean }[];
}
const list = async (query: object): Promise<Page> => {
  const said = new URLSearchParams(
    Object.entries(query)
      .map(([name, value]) => [name, String(value)] as const)
      .map(([...pair]) => pair),
  );
  const answer = await directory.send('GET', `/Users?${String(said)}`);
  expect(answer.status).toBe(200);
  return answer.body;
};
const active = Array.from({ length: size }, (_, at) => at + 1)
  .filter((number) => number % 5 !== 0)
  .map(crowdUserId);
const valued = (ids: readonly string[]) => ids.map((value) => ({ value }));
const addTo = (id: string, ids: readonly string[]) =>
  directory.send('PATCH', `/Groups/${id}`, {
    schemas: [patchOp],
    Operations: [{ op: 'add', path: 'members', value: valued(ids) }],
  });

describe(`A directory of ${size} users`, () => {
  it('is paged through to the end: everybody once, and again in any order', {
    timeout: 300_000,
  }, async () => {
    for (const order of [
      {},
      { sortBy: 'userName' },
      { sortBy: 'name.familyName', sortOrder: 'descending' },
    ]) {
      const seen = new Set<string>();
      for (let startIndex = 1; startIndex <= size; startIndex += 200) {
        const page = await list({ startIndex, count: 200, ...order });
        expect(page.totalResults).toBe(size);
        for (const { id } of page.Resources) seen.add(id);
      }
      expect(seen.size).toBe(size);
    }
    expect((await list({ startIndex: size + 1 })).Resources).toEqual([]);
  });

  it('finds one by any of their names, and counts many', async () => {
    const one = { totalResults: 1, Resources: [{ id: crowdUserId(777) }] };
    for (const filter of [
      'userName eq "USER-777@crowd.example"',
      'externalId eq "x777"',
      `id eq "${crowdUserId(777)}"`,
      'emails.value eq "home-777@crowd.example"',
      'emails eq "user-777@CROWD.example"',
      'emails[type eq "work"].value eq "user-777@crowd.example"',
      'emails[type eq "work" and value eq "user-777@crowd.example"]',
      'emails[value eq "user-777@crowd.example"] and active eq true',
      'displayName eq "user 777"',
    ])
      expect(await list({ filter }), filter).toMatchObject(one);
    for (const filter of [
      'emails[type eq "home"].value eq "user-777@crowd.example"',
      'emails[type eq "home" and value eq "user-777@crowd.example"]',
      'emails.value eq "ser-777@crowd.example"',
      'userName eq "user_777@crowd.example"',
    ])
      expect(await list({ filter }), filter).toMatchObject({ totalResults: 0 });
    expect((await list({ filter: 'active eq false', count: 0 })).totalResults).toBe(size / 5);
    expect((await list({ filter: 'userName sw "user-1"', count: 3 })).Resources).toHaveLength(3);
  });

  it('asks for a name by its index, whatever row security has to say', async () => {
    const plan = await http.ledger.app.db.transaction(async (tx) => {
      await tx.execute(sql`set local enable_seqscan = off`);
      const lines = await tx.execute<{ 'QUERY PLAN': string }>(sql`
        explain select 1 from scim_user where organization_id = ${'org_x'} and user_key = lower(${'A@b.example'})`);
      return lines.map((line) => line['QUERY PLAN']).join('\n');
    });
    expect(plan).toMatch(/Index Cond: .*user_key = /);
  });

  it('leaves no statement behind for each filter that anybody thinks of', async () => {
    for (let terms = 1; terms <= 20; terms += 1) {
      const filter = Array.from({ length: terms }, () => 'not (active eq true)').join(' or ');
      await list({ filter, count: 1 });
    }
    // Every connection of the pool says what it keeps.
    const counts = await Promise.all(
      Array.from({ length: 10 }, () =>
        http.ledger.app.db.execute<{ n: number }>(sql`select count(*)::int as n, pg_sleep(0.02)
          from pg_prepared_statements where statement like '%is not true%' and statement not like '%pg_sleep%'`),
      ),
    );
    expect(counts.map(([row]) => row?.n)).toEqual(Array.from({ length: 10 }, () => 0));
  });

  it('keeps a group of thousands, fifty at a time and whole, and gives its role', async () => {
    const made = await directory.send('POST', '/Groups', { displayName: 'Everybody' });
    const id = String(made.body.id);
    for (let from = 0; from < 150; from += 50)
      expect((await addTo(id, active.slice(from, from + 50))).body.members).toHaveLength(from + 50);
    const whole = { displayName: 'Everybody', members: valued(active.slice(0, large)) };
    const put = await directory.send('PUT', `/Groups/${id}`, whole);
    expect(put).toMatchObject({ status: 200 });
    expect(put.body.members).toHaveLength(large);
    const stranger = await addTo(id, [active[large] ?? '', 'scu_nobody']);
    expect(stranger).toMatchObject({ status: 400, body: { scimType: 'invalidValue' } });
    const lean = await directory.send('GET', `/Groups/${id}?excludedAttributes=members`);
    expect(lean.body.members).toBeUndefined();
    const sought = `members[value eq "${active[large - 1]}"]`;
    const holding = await directory.send('GET', `/Groups?filter=${encodeURIComponent(sought)}&count=0`);
    expect(holding.body.totalResults).toBe(1);
    expect((await directory.send('PUT', `/Groups/${id}`, { ...whole, members: [] })).body.members).toEqual(
      [],
    );
    const analysts = await directory.send('POST', '/Groups', {
      displayName: 'Analysts',
      members: valued(active.slice(0, 20)),
    });
    expect(analysts.status).toBe(201);
    const [given] = await http.ledger.owner.db.execute<{ n: number }>(
      sql`select count(*)::int as n from membership where contract_role = 'member' and person_id like 'person\\_0%'`,
    );
    expect(given?.n).toBe(20);
  });
});
