import { sql } from 'drizzle-orm';
import {
  array,
  assert as assertProperty,
  asyncProperty,
  type Arbitrary,
  boolean,
  constant,
  constantFrom,
  nat,
  oneof,
  record,
} from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Fenced, omar, startFenced } from '../support/fenced.ts';

// Whatever is accepted, begun, released and dropped in whatever order: whoever lost or gained anything went through the fence
// within its limit, was let go by a second person, or was changed by hand.

const ada = 'ada@northwind.example';
const users = 9;

let it_: Fenced;
beforeAll(async () => {
  it_ = await startFenced();
});
afterAll(() => it_?.stop());

const db = () => it_.http.ledger.system.db;
const addressOf = (key: string, at: number) => `u${String(at).padStart(2, '0')}@${key}.example`;

/** One thing that happens to a customer. */
const step = oneof(
  {
    weight: 3,
    arbitrary: record({
      do: constant('edit' as const),
      by: constantFrom(omar, ada),
      with: boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: record({ do: constant('import' as const), as: constantFrom('viewer', 'member') }),
  },
  { weight: 3, arbitrary: record({ do: constant('look' as const) }) },
  { weight: 3, arbitrary: record({ do: constant('run' as const), which: nat(5) }) },
  { weight: 1, arbitrary: record({ do: constant('hand' as const), at: nat(users - 1) }) },
  { weight: 1, arbitrary: record({ do: constant('drop' as const), all: boolean() }) },
  { weight: 1, arbitrary: record({ do: constant('release' as const) }) },
);
type Step = typeof step extends Arbitrary<infer One> ? One : never;

async function happen(key: string, one: Step): Promise<void> {
  switch (one.do) {
    case 'edit':
      await it_.edit('analyst', one.with ? ['northwind-app:export'] : [], one.by);
      return;
    case 'import': {
      const list = Array.from({ length: users }, (_, at) => ({
        customer: key,
        email: addressOf(key, at),
        name: `User ${at}`,
        contract_role: one.as,
      }));
      await it_.http.call(omar, 'POST', '/v1/imports', { reason: 'a list', users: list });
      return;
    }
    case 'look':
      await it_.lookAt(key, 'contract');
      return;
    case 'run': {
      const open = await db().execute<{ id: string }>(sql`
        select s.id from process s join organization o on o.id = s.organization_id
        where o.key = ${key} and s.state in ('waiting', 'running', 'fenced') order by s.id`);
      const { id } = open[one.which % Math.max(1, open.length)] ?? {};
      if (id) await it_.run(id);
      return;
    }
    case 'hand': {
      const path = `/v1/customers/${key}/users/${addressOf(key, one.at)}/role-change`;
      await it_.http.call(omar, 'POST', path, { roles: ['integrator'], reason: 'by hand' });
      return;
    }
    case 'drop':
    case 'release': {
      const { id, items } = await it_.fence(key);
      const some = one.do === 'drop' && one.all ? undefined : items.slice(0, 1).map((item) => item.id);
      // Omar and Ada have edited; Sita decides.
      if (id && items.length > 0) await it_.decide(id, one.do === 'release' ? 'release' : 'discarding', some);
    }
  }
}

/** Who gained or lost anything since they began, and neither passed, nor was released, nor was changed by hand. */
async function unseen(key: string): Promise<unknown[]> {
  const rows = await db().execute(sql`
    select p.email from person p join organization o on o.id = p.organization_id
    where o.key = ${key} and exists (select 1 from access_grant g join process s on s.id = g.process_id
        where g.person_id = p.id and (g.end_at is not null or s.kind <> 'onboarding'))
      and not exists (select 1 from fence_passage f where f.subject = o.id and f.counted = p.id)
      and not exists (select 1 from fence_item i where i.person_id = p.id and i.state = 'released')
      and not exists (select 1 from process s where s.person_id = p.id and s.cause = 'operations')
    order by 1`);
  return [...rows];
}

it('nobody beyond the limit is changed without a second person', async () => {
  await assertProperty(
    asyncProperty(array(step, { minLength: 4, maxLength: 12 }), async (steps) => {
      await it_.forget();
      await it_.edit('analyst', ['northwind-app:export']);
      const key = await it_.customer(users);
      for (const one of steps) {
        await happen(key, one);
        expect(await unseen(key)).toEqual([]);
        const [passed] = await db().execute<{ people: number }>(sql`
          select count(*)::int as people from fence_passage f join organization o on o.id = f.subject where o.key = ${key}`);
        expect(passed?.people).toBeLessThanOrEqual(5);
      }
      await it_.runAll();
      expect(await unseen(key)).toEqual([]);
    }),
    { numRuns: 8 },
  );
  expect(it_.http.faults).toEqual([]);
});
