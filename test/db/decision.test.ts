import { type SQL, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { within } from '../../db/client.ts';
import { newId } from '../../domain/ids.ts';
import { ask, type Asking } from '../support/asking.ts';
import { type LedgerClock, skippableClock } from '../support/clock.ts';
import { type LedgerRoles, refusal, scopeOf, startLedgerRoles } from '../support/ledger-roles.ts';
import { tell } from '../support/story.ts';

let ledger: LedgerRoles;
let clock: LedgerClock;

beforeAll(async () => {
  ledger = await startLedgerRoles();
  clock = await skippableClock(ledger.ownerUrl);
});

afterAll(async () => {
  await clock?.close();
  await ledger?.stop();
});

const system = () => ledger.system.db;
const globex: Asking = { resource: 'globex-env', stages: ['support-lead'] };

async function asked(wish: Asking = globex): Promise<string> {
  return (await ask(system(), wish)).requestId;
}

interface Attack {
  requestId: string;
  by: string;
  stageOf?: string;
  digest?: string;
  as?: string;
}

/** Decides by plain SQL: as the application in that person's name, or as the system role. */
function decideBySql(attack: Attack, role: 'application' | 'system'): Promise<unknown> {
  const statement = (): SQL => sql`
    insert into decision (id, request_id, stage_id, person_id, decision, policy_version, request_digest)
    select ${newId('dec')}, r.id, (select id from stage where request_id = ${attack.stageOf ?? attack.requestId} order by position limit 1),
      p.id, 'approve', 'test', ${attack.digest === undefined ? sql`r.digest` : sql`${attack.digest}`}
    from access_request r, person p where r.id = ${attack.requestId} and p.email = ${attack.by} returning id`;
  if (role === 'system') return wrote(system().execute(statement()));
  return scopeOf(ledger, attack.as ?? attack.by).then((scope) =>
    wrote(within(ledger.application, { ...scope, reach: 'all' }, (tx) => tx.execute(statement()))),
  );
}

async function wrote(rows: PromiseLike<readonly unknown[]>): Promise<void> {
  if ((await rows).length !== 1) throw new Error('The attack itself is wrong: it wrote nothing.');
}

async function expectRefused(attack: Attack, code: string): Promise<void> {
  expect(await refusal(decideBySql(attack, 'application'))).toBe(code);
  expect(await refusal(decideBySql(attack, 'system'))).toBe(code);
}

describe('a decision', () => {
  it('counts when it is made by somebody whose stage it is', async () => {
    for (const role of ['application', 'system'] as const) {
      const requestId = await asked();
      expect(await refusal(decideBySql({ requestId, by: 'priya@northwind.example' }, role))).toBe('accepted');
    }
  });

  it('is never made on one’s own request, not even by a holder of the role', async () => {
    await ledger.owner`insert into person_role (person_id, role_id, organization_id) select p.id, r.id, p.organization_id
      from person p, role r where p.email = 'mei@northwind.example' and r.key = 'support-lead'`;
    const requestId = await asked({ ...globex, person: 'mei@northwind.example' });
    await expectRefused({ requestId, by: 'mei@northwind.example' }, 'TN001');
    expect(
      await refusal(decideBySql({ requestId: await asked(), by: 'mei@northwind.example' }, 'system')),
    ).toBe('accepted');
  });

  it('is never made by who has asked for somebody else', async () => {
    const requestId = await asked();
    const copy = newId('req');
    await ledger.owner.begin(async (tx) => {
      await tx`insert into access_request select (jsonb_populate_record(r, jsonb_build_object('id', ${copy}::text, 'reference', ${copy}::text,
        'requested_by', (select id from person where email = 'priya@northwind.example')))).* from access_request r where id = ${requestId}`;
      await tx`insert into stage select (jsonb_populate_record(s, jsonb_build_object('id', ${newId('stage')}::text, 'request_id', ${copy}::text))).*
        from stage s where request_id = ${requestId}`;
    });
    await expectRefused({ requestId: copy, by: 'priya@northwind.example' }, 'TN001');
  });

  it('is not made by a holder of another role, or of the role elsewhere', async () => {
    const requestId = await asked();
    await expectRefused({ requestId, by: 'omar@northwind.example' }, 'TN002');
    const acme = await asked({ resource: 'acme-env', stages: ['customer-administrator@acme'] });
    await expectRefused({ requestId: acme, by: 'gus@globex.example' }, 'TN002');
    await expectRefused({ requestId: acme, by: 'priya@northwind.example' }, 'TN002');
  });

  it('is not made by somebody suspended, gone, or whose role has ended', async () => {
    const restore = sql`update person set suspended_at = null, ends_at = null where email = 'marek@northwind.example'`;
    for (const change of [sql`suspended_at = tenure_now()`, sql`ends_at = tenure_now()`]) {
      await system().execute(sql`update person set ${change} where email = 'marek@northwind.example'`);
      expect(
        await refusal(decideBySql({ requestId: await asked(), by: 'marek@northwind.example' }, 'system')),
      ).toBe('TN002');
    }
    await system().execute(restore);
    await system().execute(sql`update person_role set until = tenure_now() where person_id =
      (select id from person where email = 'marek@northwind.example')`);
    expect(
      await refusal(decideBySql({ requestId: await asked(), by: 'marek@northwind.example' }, 'system')),
    ).toBe('TN002');
    await system().execute(sql`update person_role set until = null where person_id =
      (select id from person where email = 'marek@northwind.example')`);
    expect(
      await refusal(decideBySql({ requestId: await asked(), by: 'marek@northwind.example' }, 'system')),
    ).toBe('accepted');
  });

  it('is not made on a stage of another request', async () => {
    const stageOf = await asked();
    await expectRefused({ requestId: await asked(), stageOf, by: 'priya@northwind.example' }, 'TN002');
  });

  it('is not made twice by one person, not even on two stages, and not on a stage that is full', async () => {
    const requestId = await asked({ ...globex, stages: ['support-lead', 'support-lead'] });
    await decideBySql({ requestId, by: 'priya@northwind.example' }, 'system');
    await expectRefused({ requestId, by: 'priya@northwind.example' }, 'TN003');
    await expectRefused({ requestId, by: 'marek@northwind.example' }, 'TN003');
  });

  it('is not made on anything but what was asked', async () => {
    await expectRefused(
      { requestId: await asked(), by: 'priya@northwind.example', digest: 'sha256:another' },
      'TN004',
    );
  });

  it('is not made when the request no longer waits', async () => {
    const requestId = await asked();
    await system().execute(sql`update access_request set state = 'cancelled' where id = ${requestId}`);
    await expectRefused({ requestId, by: 'priya@northwind.example' }, 'TN004');
  });

  it('is not made in another person’s name by the application', async () => {
    const attack = { requestId: await asked(), by: 'priya@northwind.example', as: 'sam@northwind.example' };
    expect(await refusal(decideBySql(attack, 'application'))).toBe('42501');
  });

  it('does not come twice when two people decide the last place at once', async () => {
    for (let round = 0; round < 10; round += 1) {
      const requestId = await asked();
      const both = await Promise.all(
        ['priya@northwind.example', 'marek@northwind.example'].map((by) =>
          refusal(decideBySql({ requestId, by }, 'system')),
        ),
      );
      expect(both.sort()).toEqual(['TN003', 'accepted']);
    }
  });
});

describe('after two hours of silence', () => {
  it('nobody can decide, although nothing has closed the request yet', async () => {
    const requestId = await asked();
    await clock.moveTo(Date.now() + 2 * 3_600_000 + 1_000);
    expect(await tell(system(), requestId)).toMatchObject({ state: 'waiting' });
    await expectRefused({ requestId, by: 'priya@northwind.example' }, 'TN004');
  });
});
