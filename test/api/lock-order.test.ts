import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problemResponse, refusalOf } from '../../api/problem.ts';
import { type Executor, within } from '../../db/client.ts';
import { passPeopleFence } from '../../db/queries/fence.ts';
import { discardFence } from '../../db/queries/fence-decision.ts';
import { createProcess } from '../../db/queries/process.ts';
import { actors } from '../../domain/audit-event.ts';
import { newId } from '../../domain/ids.ts';
import { type ApiHarness, startApi } from '../support/api.ts';

// Everybody locks in one order: process, customer, people by their ids, a fence's turn, the fence. Whoever takes two of them the
// other way round lets two transactions wait for each other.

const omar = 'omar@northwind.example';

let http: ApiHarness;
beforeAll(async () => {
  http = await startApi();
});
afterAll(() => http.stop());

const db = () => http.ledger.system.db;

/** Until somebody waits for a lock that another transaction holds. */
const somebodyWaits = () =>
  expect
    .poll(
      () =>
        http.ledger.owner.db.execute(
          sql`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        ),
      { timeout: 10_000, interval: 20 },
    )
    .not.toHaveLength(0);

/** Holds what `lock` locks while `work` waits for it, and then takes `next`, which `work` must not hold by then. */
async function whileWaiting<T>(
  lock: (tx: Executor) => Promise<unknown>,
  work: () => Promise<T>,
  next: (tx: Executor) => Promise<unknown>,
): Promise<T> {
  const { working } = await db().transaction(async (tx) => {
    await lock(tx);
    const working = work();
    await somebodyWaits();
    try {
      await next(tx);
    } catch (error) {
      working.catch(() => undefined);
      throw error;
    }
    return { working };
  });
  return working;
}

const lockPerson = (id: string) => (tx: Executor) =>
  tx.execute(sql`select from person where id = ${id} for no key update nowait`);

/** A customer with so many people, and its fence's people by a roster. */
async function customer(people: number) {
  const id = newId('org');
  const key = id.slice(4).toLowerCase();
  await db().execute(sql`
    insert into organization (id, key, kind, name, tier_key, onboarded_at) values (${id}, ${key}, 'customer', 'Some', 'enterprise', tenure_now())`);
  const ids = Array.from({ length: people }, () => newId('person'));
  await db().execute(sql`
    insert into person (id, organization_id, email, name, employment)
    select p, ${id}, lower(p) || '@some.example', 'A user', 'customer' from unnest(${`{${ids.join()}}`}::text[]) p`);
  return { id, key, people: ids };
}

async function leave(organizationId: string, people: readonly string[]) {
  const wish = { kind: 'offboarding', organizationId, cause: 'roster', wish: {} } as const;
  return db().transaction(async (tx) => {
    const { id: processId } = await createProcess(tx, { ...wish, actor: actors.engine, traceparent: null });
    const difference = { gain: [], lose: ['northwind-app:use'] };
    const passing = people.map((personId) => ({ personId, difference }));
    return passPeopleFence(tx, { organizationId, processId, cause: 'roster', author: null, people: passing });
  });
}

describe('Locks', () => {
  it('are taken on a customer before its people, by an import too', async () => {
    const { id, key, people } = await customer(1);
    const [user = ''] = people;
    const users = [
      { customer: key, email: `${user.toLowerCase()}@some.example`, name: 'A user', contract_role: 'member' },
    ];
    const answer = await whileWaiting(
      (tx) => tx.execute(sql`select from organization where id = ${id} for no key update`),
      () => http.call(omar, 'POST', '/v1/imports', { reason: 'Names', users }),
      lockPerson(user),
    );
    expect(answer.status).toBe(201);
  });

  it('are taken on people before it is their turn at a fence', async () => {
    const { id, people } = await customer(7);
    const last = people[6] ?? '';
    const { held } = await whileWaiting(
      lockPerson(last),
      () => leave(id, people),
      async (tx) => {
        const [turn] = await tx.execute<{ free: boolean }>(
          sql`select pg_try_advisory_xact_lock(hashtextextended(${`fence:people:${id}`}, 0)) as free`,
        );
        expect(turn).toEqual({ free: true });
      },
    );
    expect(held).toHaveLength(2);
  });

  it('are taken on people before the fence that held them is dropped', async () => {
    const { id, people } = await customer(7);
    await leave(id, people);
    const [fence] = await db().execute<{ id: string; person: string }>(sql`
      select f.id, i.person_id as person from fence f join fence_item i on i.fence_id = f.id where f.subject = ${id} limit 1`);
    const { id: fenceId = '', person = '' } = fence ?? {};
    const [sita] = await db().execute<{ personId: string; organizationId: string }>(
      sql`select id as "personId", organization_id as "organizationId" from person where email = 'sita@northwind.example'`,
    );
    if (!sita) throw new RangeError('No Sita.');
    const by = { kind: 'person', id: sita.personId, name: null } as const;
    const { decided } = await whileWaiting(
      lockPerson(person),
      () =>
        within(http.ledger.app, { ...sita, reach: 'all' }, (tx) =>
          discardFence(tx, { fenceId, by, comment: null, traceparent: null }),
        ),
      (tx) => tx.execute(sql`select from fence where id = ${fenceId} for no key update nowait`),
    );
    expect(decided).toBe(2);
  });

  it.each(['40P01', '55P03'])('that others hold (%s) are a matter of trying again', async (code) => {
    const wrapped = new Error('Failed query', { cause: Object.assign(new Error('lock'), { code }) });
    const refusal = refusalOf(wrapped);
    expect(refusal).toMatchObject({ code: 'ledger-unavailable' });
    expect(refusal.message).toContain('Nothing of this request was recorded');
    const response = problemResponse(refusal, '/v1/imports');
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2']);
  });
});
