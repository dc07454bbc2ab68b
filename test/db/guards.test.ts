import { type SQL, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Scope, within } from '../../db/client.ts';
import { newId } from '../../domain/ids.ts';
import { ask, type Asking, decide } from '../support/asking.ts';
import { type LedgerClock, skippableClock } from '../support/clock.ts';
import { type LedgerRoles, refusal, startLedgerRoles } from '../support/ledger-roles.ts';
import { askExtension, tell } from '../support/story.ts';

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

async function scopeOf(email: string): Promise<Scope> {
  const [person] = await ledger.owner<{ personId: string; organizationId: string }[]>`
    select id as "personId", organization_id as "organizationId" from person where email = ${email}`;
  if (!person) throw new RangeError('No such person.');
  return { ...person, reach: 'own' };
}

/** Everybody who could try it: the application with the widest eyes, the system, and the owner with a plain statement. */
async function refusals(attack: string): Promise<Record<string, string>> {
  const scope: Scope = { ...(await scopeOf('sita@northwind.example')), reach: 'all' };
  return {
    application: await refusal(within(ledger.application, scope, (tx) => tx.execute(sql.raw(attack)))),
    system: await refusal(system().execute(sql.raw(attack))),
    owner: await refusal(ledger.owner.unsafe(attack)),
  };
}

describe('what was recorded', () => {
  it.each([
    ['audit_event', "update audit_event set actor_id = 'somebody else'"],
    ['audit_event', 'delete from audit_event'],
    ['decision', "update decision set decision = 'approve'"],
    ['decision', 'delete from decision'],
    ['stage', 'update stage set needed = 0'],
    ['stage', 'delete from stage'],
    ['ending', "update ending set reason = 'another'"],
    ['ending', 'delete from ending'],
  ])('is neither changed nor deleted, by any role: %s, %s', async (_table, attack) => {
    await everyKindOfRow();
    const refused = await refusals(attack);
    expect(refused).toEqual({ application: '42501', system: '42501', owner: 'TN011' });
  });

  it.each(['audit_event', 'decision'])('is not emptied at a stroke, by any role: %s', async (table) => {
    const refused = await refusals(`truncate ${table} cascade`);
    expect(refused).toEqual({ application: '42501', system: '42501', owner: 'TN011' });
  });

  it.each(['access_request', 'access_grant', 'extension'])('stays: %s is not deleted from', async (table) => {
    await everyKindOfRow();
    const refused = await refusals(`delete from ${table}`);
    expect(refused).toEqual({ application: '42501', system: '42501', owner: 'TN011' });
  });

  it.each([
    'alter table audit_event disable trigger append_only',
    'drop trigger append_only on audit_event',
    'set local session_replication_role = replica',
    "create or replace function refuse_change() returns trigger language plpgsql as 'begin return new; end'",
    'drop table audit_event cascade',
    'create or replace function tenure_now() returns timestamptz language sql as $$ select now() $$',
  ])('keeps its guards, whoever but the owner tries: %s', async (attack) => {
    for (const { db } of [ledger.application, ledger.system])
      expect(await refusal(db.transaction((tx) => tx.execute(sql.raw(attack))))).toBe('42501');
  });

  it('can be forgotten beside an event, and nothing else', async () => {
    await everyKindOfRow();
    const attacks = [
      "update audit_text set reason = 'another'",
      'update audit_text set salt = null, reason = null, actor_name = null',
      'delete from audit_text',
    ];
    for (const attack of attacks) {
      expect(await refusal(ledger.owner.unsafe(attack))).toBe('TN011');
      expect(await refusal(system().execute(sql.raw(attack)))).toMatch(/TN011|42501/);
    }
    const forgetting = sql`update audit_text set salt = null, reason = null, actor_name = null, forgotten_at = tenure_now()`;
    expect(await refusal(system().execute(forgetting))).toBe('accepted');
  });
});

describe('a request', () => {
  it.each([
    "justification = 'another'",
    'period_ms = period_ms * 10',
    "lapses_at = lapses_at + interval '1 day'",
    "digest = 'another'",
    "person_id = (select id from person where email = 'mei@northwind.example')",
    "kind = 'extension'",
  ])('is immutable: %s', async (change) => {
    await asked();
    const { application, system, owner } = await refusals(`update access_request set ${change}`);
    expect([application, system, owner]).toEqual(['42501', 'TN010', 'TN010']);
  });

  it('never leaves an end that it has reached', async () => {
    for (const end of ['denied', 'lapsed', 'cancelled', 'refused']) {
      const requestId = await asked();
      await system().execute(sql`update access_request set state = ${end} where id = ${requestId}`);
      for (const next of ['waiting', 'approved', 'granted'])
        expect(
          await refusal(
            system().execute(sql`update access_request set state = ${next} where id = ${requestId}`),
          ),
        ).toBe('TN010');
    }
    const requestId = await asked();
    expect(
      await refusal(
        system().execute(sql`update access_request set state = 'granted' where id = ${requestId}`),
      ),
    ).toBe('TN010');
  });
});

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
  return scopeOf(attack.as ?? attack.by).then((scope) =>
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

/** Writes a grant for a request by plain SQL, as the system role. Returns the SQLSTATE or `accepted`. */
function giveBySql(
  requestId: string,
  more: { id?: string; state?: string; until?: SQL; person?: string } = {},
): Promise<string> {
  const id = more.id ?? newId('grant');
  const person = more.person ? sql`(select id from person where email = ${more.person})` : sql`r.person_id`;
  return refusal(
    system().execute(sql`
      insert into access_grant (id, request_id, origin, state, person_id, organization_id, holder_organization_id, resource_id,
        entitlement_id, "from", until, policy_version, account)
      select ${id}, r.id, 'request', ${more.state ?? 'provisioning'}, ${person}, r.organization_id, r.holder_organization_id, r.resource_id,
        r.entitlement_id, tenure_now(), ${more.until ?? sql`tenure_now() + interval '1 minute'`}, 'test', ${id}
      from access_request r where r.id = ${requestId}`),
  );
}

async function grantBy(requestId: string): Promise<string> {
  const id = newId('grant');
  expect(await giveBySql(requestId, { id })).toBe('accepted');
  return id;
}

async function heldGrant(): Promise<{ requestId: string; grantId: string }> {
  const requestId = await asked({});
  const grantId = await grantBy(requestId);
  await system().execute(sql`update access_grant set state = 'held' where id = ${grantId}`);
  await system().execute(sql`update access_request set state = 'granted' where id = ${requestId}`);
  return { requestId, grantId };
}

function change(grantId: string, set: SQL): Promise<string> {
  return refusal(system().execute(sql`update access_grant set ${set} where id = ${grantId}`));
}

async function everyKindOfRow(): Promise<void> {
  const requestId = await asked();
  await decide(system(), requestId, 'priya@northwind.example');
  const { requestId: heldBy, grantId } = await heldGrant();
  const extensionId = await askExtension(system(), heldBy, 'PT1M');
  await insertExtension(extensionId, grantId, sql`interval '1 minute'`);
  await ledger.owner.begin(async (tx) => {
    const id = newId('aud');
    await tx`insert into audit_event (id, type, actor_kind, actor_id, subject_kind, subject_id, commitment)
      values (${id}, 'grant.begun', 'engine', 'engine', 'grant', ${grantId}, 'sha256:test')`;
    await tx`insert into audit_text (event_id, salt, reason) values (${id}, 'salt', 'a test')`;
    await tx`insert into ending (id, kind, request_id, organization_id, holder_organization_id, actor_kind)
      select ${newId('rev')}, 'revocation', id, organization_id, holder_organization_id, 'engine' from access_request where id = ${heldBy}`;
  });
}

function insertExtension(requestId: string, grantId: string, by: SQL): Promise<unknown> {
  return system().execute(sql`
    insert into extension (request_id, grant_id, organization_id, holder_organization_id, former_until, until)
    select ${requestId}, id, organization_id, holder_organization_id, until, until + ${by} from access_grant where id = ${grantId}`);
}

describe('a grant', () => {
  it('exists only with all its approvals, whatever the request’s state says', async () => {
    const requestId = await asked({ ...globex, stages: ['support-lead', 'security'] });
    expect(await giveBySql(requestId)).toBe('TN012');
    await decide(system(), requestId, 'priya@northwind.example');
    await system().execute(sql`update access_request set state = 'approved' where id = ${requestId}`);
    expect(await giveBySql(requestId)).toBe('TN012');
    const denied = await asked();
    await decide(system(), denied, 'priya@northwind.example', 'deny');
    await system().execute(sql`update access_request set state = 'approved' where id = ${denied}`);
    expect(await giveBySql(denied)).toBe('TN012');
  });

  it('begins as an intent, once, for who and what was approved, and not for longer', async () => {
    const requestId = await asked({});
    expect(await giveBySql(requestId, { state: 'held' })).toBe('TN012');
    expect(await giveBySql(requestId, { person: 'mei@northwind.example' })).toBe('TN012');
    expect(await giveBySql(requestId, { until: sql`tenure_now() + interval '2 hours'` })).toBe('TN012');
    const grantId = await grantBy(requestId);
    expect(await giveBySql(requestId)).toBe('23505');
    const longer = sql`until = until + interval '1 year'`;
    expect(await change(grantId, longer)).toBe('TN012');
    // In the same statement in which access begins, too.
    expect(await change(grantId, sql`state = 'held', ${longer}`)).toBe('TN012');
    expect(await change(grantId, sql`until = null`)).toBe('23502');
  });

  it('is not made by the application at all', async () => {
    const sita: Scope = { ...(await scopeOf('sita@northwind.example')), reach: 'all' };
    for (const attack of [
      sql`insert into access_grant (id) values ('grant')`,
      sql`update access_grant set until = until + interval '1 day'`,
      sql`update access_grant set state = 'held'`,
      sql`insert into extension (request_id) values ('req')`,
    ])
      expect(await refusal(within(ledger.application, sita, (tx) => tx.execute(attack)))).toBe('42501');
  });

  it('ends later only by an approved extension of its own, by no more than was approved', async () => {
    const { requestId, grantId } = await heldGrant();
    const byMinute = sql`until = until + interval '1 minute'`;
    expect(await change(grantId, byMinute)).toBe('TN013');
    expect(await change(grantId, sql`until = until - interval '1 second'`)).toBe('TN013');

    const waiting = await askExtension(system(), requestId, 'PT1M', true);
    await insertExtension(waiting, grantId, sql`interval '1 minute'`);
    expect(await change(grantId, byMinute)).toBe('TN013');
    await system().execute(sql`update access_request set state = 'approved' where id = ${waiting}`);
    expect(await change(grantId, byMinute)).toBe('TN013');

    const anotherAccess = await asked({});
    await insertExtension(anotherAccess, grantId, sql`interval '3 minutes'`);
    expect(await change(grantId, sql`until = until + interval '3 minutes'`)).toBe('TN013');

    const tooLong = await askExtension(system(), requestId, 'PT1M');
    await insertExtension(tooLong, grantId, sql`interval '1 year'`);
    expect(await change(grantId, sql`until = until + interval '1 year'`)).toBe('TN013');

    const foreign = await askExtension(system(), (await heldGrant()).requestId, 'PT2M');
    await insertExtension(foreign, grantId, sql`interval '2 minutes'`);
    expect(await change(grantId, sql`until = until + interval '2 minutes'`)).toBe('TN013');

    const approved = await askExtension(system(), requestId, 'PT1M');
    await insertExtension(approved, grantId, sql`interval '1 minute'`);
    expect(await change(grantId, byMinute)).toBe('accepted');
    expect(await change(grantId, byMinute)).toBe('TN013');
  });

  it('stays ended, stays ordered to end, and stays what it is', async () => {
    const { requestId, grantId } = await heldGrant();
    expect(await change(grantId, sql`state = 'provisioning'`)).toBe('TN013');
    expect(await change(grantId, sql`"from" = "from" - interval '1 day'`)).toBe('TN013');
    for (const other of [
      sql`account = 'another'`,
      sql`entitlement_id = (select id from entitlement where id <> entitlement_id limit 1)`,
    ])
      expect(await change(grantId, other)).toMatch(/TN013|21000|23503/);
    await change(grantId, sql`end_at = tenure_now(), end_order = 'revocation'`);
    expect(await change(grantId, sql`end_at = null, end_order = null`)).toBe('TN013');
    expect(await change(grantId, sql`end_at = tenure_now() + interval '1 day'`)).toBe('TN013');
    expect(await change(grantId, sql`end_order = 'return'`)).toBe('TN013');
    expect(
      await change(grantId, sql`state = 'ended', ended_at = tenure_now(), ended_by = 'revocation'`),
    ).toBe('accepted');
    for (const revived of [
      sql`state = 'held', ended_at = null, ended_by = null`,
      sql`until = until + interval '1 hour'`,
      sql`ended_at = ended_at - interval '1 hour'`,
      sql`ended_by = 'time'`,
      sql`sealed_password = 'v1'`,
    ])
      expect(await change(grantId, revived)).toBe('TN013');
    expect(await tell(system(), requestId)).toMatchObject({
      grant: { state: 'ended', endedBy: 'revocation' },
    });
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
