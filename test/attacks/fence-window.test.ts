import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { drawUpProcess } from '../../activities/processes/draw-up.ts';
import { type Fenced, omar, startFenced } from '../support/fenced.ts';

// Between accepting an edit or an import and the fence's look at it nothing of it happens, whoever comes first.

const analyst = ['northwind-app:export'];
const full = 'export sign-in use view';
const less = 'sign-in use view';

let it_: Fenced;
beforeAll(async () => {
  it_ = await startFenced();
});
afterAll(() => it_?.stop());
afterEach(async () => {
  await it_.forget();
  await it_.edit('analyst', analyst);
  expect(it_.http.faults.splice(0)).toEqual([]);
});

const changeUser = (customer: string, at: number, roles: string[]) =>
  it_.http.call(omar, 'POST', `/v1/customers/${customer}/users/u0${at}@${customer}.example/role-change`, {
    roles,
    reason: 'a test',
  });

describe('an edit that no fence has looked at', () => {
  it.each(['contract', 'dunning', 'convergence'] as const)(
    'happens to no more people by something of cause %s than by itself',
    async (cause) => {
      const key = await it_.customer(9);
      const edit = (await it_.edit('analyst', [])).get(key) ?? '';
      await it_.lookAt(key, cause);
      expect((await it_.held(key)).filter((names) => names === less)).toHaveLength(5);
      await it_.run(edit);
      expect((await it_.held(key)).filter((names) => names === full)).toHaveLength(4);
      expect((await it_.fence(key)).items).toHaveLength(4);
    },
  );

  it('is looked at by whoever comes when its own worker died half-way', async () => {
    const key = await it_.customer(9);
    const edit = (await it_.edit('analyst', [])).get(key) ?? '';
    let pages = 0;
    const dying = drawUpProcess(it_.deps, edit, () => {
      pages += 1;
      if (pages > 1) throw new Error('killed');
    });
    await expect(dying).rejects.toThrow('killed');
    await it_.lookAt(key, 'contract');
    expect((await it_.held(key)).filter((names) => names === full)).toHaveLength(4);
  });

  it('happens to no more people when everything comes at the same moment', async () => {
    const key = await it_.customer(9);
    const edit = (await it_.edit('analyst', [])).get(key) ?? '';
    await Promise.all([
      it_.lookAt(key, 'contract'),
      it_.run(edit),
      it_.lookAt(key, 'dunning'),
      it_.lookAt(key, 'convergence'),
    ]);
    await it_.lookAt(key, 'contract');
    expect((await it_.held(key)).filter((names) => names === full)).toHaveLength(4);
    expect((await it_.fence(key)).items).toHaveLength(4);
  });

  it('is looked at in the order in which edits were accepted, each for what it changes itself', async () => {
    const key = await it_.customer(9);
    const first = (await it_.edit('analyst', [])).get(key) ?? '';
    const second = (await it_.edit('member', ['northwind-app:use', 'northwind-app:automate'])).get(key) ?? '';
    await it_.run(second);
    const items = await it_.http.ledger.owner.db.execute(sql`
      select process_id as process, difference, count(*)::int as people from fence_item
      where process_id in (${first}, ${second}) group by 1, 2 order by 1`);
    expect([...items]).toEqual([
      { process: first, difference: { gain: [], lose: ['northwind-app:export'] }, people: 4 },
      { process: second, difference: { gain: ['northwind-app:automate'], lose: [] }, people: 4 },
    ]);
    await it_.runAll();
    const { id } = await it_.fence(key);
    await it_.decide(id, 'release');
    await it_.edit('member', ['northwind-app:use']);
  });
});

describe('an edit, a change of one user, an import and a word of the contract', () => {
  const things = ['edit', 'user', 'import', 'contract'] as const;
  const orders = permutations(things);

  it.each(orders.map((order) => ({ order, name: order.join(', ') })))(
    'in the order $name',
    async ({ order }) => {
      const key = await it_.customer(9);
      const imported = Array.from({ length: 8 }, (_, at) => ({
        customer: key,
        email: `u0${at + 1}@${key}.example`,
        name: `User ${at + 1}`,
        contract_role: 'administrator',
      }));
      // All of it is accepted before anything of it begins.
      const edit = (await it_.edit('analyst', [])).get(key) ?? '';
      const user = (await changeUser(key, 0, ['integrator'])).body.process.id;
      const list = await it_.http.call(omar, 'POST', '/v1/imports', { reason: 'a test', users: imported });
      const steps = {
        edit: () => it_.run(edit),
        user: () => it_.run(user),
        import: async () => {
          for (const id of list.body.processes) await it_.run(id);
        },
        contract: () => it_.lookAt(key, 'contract'),
      };
      for (const step of order) {
        await steps[step]();
        const held = await it_.held(key);
        // The user is changed by hand, which no fence counts; of all others no more than five are changed by anything.
        const others = held.slice(1).filter((names) => names !== full);
        expect({ step, changed: others.length <= 5 }).toEqual({ step, changed: true });
      }
      await it_.runAll();
      const [first = '', ...others] = await it_.held(key);
      expect(first.split(' ')).toContain('automate');
      expect(others.filter((names) => names === full).length).toBeGreaterThanOrEqual(3);
      for (;;) {
        const { id } = await it_.fence(key);
        if (!id) break;
        await it_.decide(id, 'release');
      }
      expect(new Set((await it_.held(key)).slice(1))).toEqual(
        new Set(['administer automate sign-in use view']),
      );
    },
  );
});

function permutations<T>(all: readonly T[]): T[][] {
  if (all.length === 0) return [[]];
  return all.flatMap((one) =>
    permutations(all.filter((other) => other !== one)).map((rest) => [one, ...rest]),
  );
}
