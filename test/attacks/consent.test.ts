import { type SQL, sql } from 'drizzle-orm';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { provisionRequest } from '../../activities/provision.ts';
import { readDefaultPolicies } from '../../bin/policies.ts';
import { within } from '../../db/client.ts';
import { sqlState } from '../../db/errors.ts';
import { newId } from '../../domain/ids.ts';
import { type ApiHarness, startApi } from '../support/api.ts';
import { ask as askBySql, decide as decideBySql } from '../support/asking.ts';
import { memoryTarget } from '../support/memory-connector.ts';
import { tell } from '../support/story.ts';
import { addTo } from '../support/users.ts';

// Approvers of both sides must agree, and neither can stand in for the other: tried by everybody else, through the API, with stages of
// other requests, with roles that were given for the purpose, by SQL as the application and as the system, and past the API
// altogether, where policy is asked once more. Each with who may, so that the way itself works.

const [sam, mei, priya, marek, omar, sita, lena, ada] = [
  'sam',
  'mei',
  'priya',
  'marek',
  'omar',
  'sita',
  'lena',
  'ada',
].map((name) => `${name}@northwind.example`) as [
  string,
  string,
  string,
  string,
  string,
  string,
  string,
  string,
];
const [anna, tom, gus, ines] = [
  'anna@acme.example',
  'tom@acme.example',
  'gus@globex.example',
  'ines@initech.example',
] as const;
const ulla = 'ulla@acme.example';
const everybodyElse = [sam, mei, priya, marek, omar, sita, lena, ada, gus, ines, ulla];

let http: ApiHarness;
beforeAll(async () => {
  http = await startApi();
  await addTo(http, anna, 'acme', ulla);
});
afterAll(() => http.stop());
afterEach(() => expect(http.faults.splice(0)).toEqual([]));

const owner = (statement: SQL) => http.ledger.owner.db.execute(statement);
const person = async (email: string): Promise<string> =>
  String((await owner(sql`select id from person where email = ${email}`))[0]?.['id']);
const organization = async (key: string): Promise<string> =>
  String((await owner(sql`select id from organization where key = ${key}`))[0]?.['id']);

interface Asked {
  id: string;
  state: string;
  stages: { id: string; name: string; decisions: unknown[] }[];
}
async function ask(resource = 'acme-env'): Promise<Asked> {
  const wish = { resource, entitlement: 'read', period: 'PT1H', justification: 'A look', ticket: 'SUP-1' };
  return (await http.call(sam, 'POST', '/v1/access-requests', wish)).body;
}
const decide = (who: string, { id }: Asked, stage?: string) =>
  http.call(who, 'POST', `/v1/access-requests/${id}/decisions`, {
    decision: 'approve',
    ...(stage ? { stage } : {}),
  });
const read = async ({ id }: Asked): Promise<Asked> =>
  (await http.call(sita, 'GET', `/v1/access-requests/${id}`)).body;
const [theirs, ours] = ['customer-administrator of customer', 'support-lead of vendor'];
const stageOf = ({ stages }: Asked, name: string) => stages.find((one) => one.name === name)?.id ?? '';

/** By SQL with the rights of the application's role and the eyes of one person. */
async function asApplication(email: string, statement: SQL): Promise<string> {
  const organizationId = String(
    (await owner(sql`select organization_id as id from person where email = ${email}`))[0]?.['id'],
  );
  const scope = { personId: await person(email), organizationId, reach: 'all' as const };
  return outcome(within(http.ledger.app, scope, (tx) => tx.execute(statement)));
}
async function outcome(work: Promise<readonly unknown[]>): Promise<string> {
  try {
    return (await work).length > 0 ? 'written' : 'nothing';
  } catch (error) {
    return sqlState(error) ?? String(error);
  }
}

describe('The customer’s side', () => {
  it('is decided by nobody else, whichever stage they name', async () => {
    const asked = await ask();
    for (const who of everybodyElse) {
      for (const stage of [stageOf(asked, theirs), theirs]) {
        const { status } = await decide(who, asked, stage);
        expect(`${who} ${status}`).toMatch(/ (403|404)$/);
      }
    }
    expect((await read(asked)).stages.flatMap(({ decisions }) => decisions)).toEqual([]);
    expect((await decide(anna, asked, stageOf(asked, theirs))).status).toBe(201);
    expect((await read(asked)).state).toBe('waiting');
  });

  it('does not decide for the vendor, and nobody decides twice', async () => {
    const asked = await ask();
    for (const who of [anna, tom, gus])
      expect((await decide(who, asked, stageOf(asked, ours))).status).toBe(who === gus ? 404 : 403);
    expect((await decide(anna, asked)).status).toBe(201);
    for (const stage of [theirs, ours])
      expect([403, 409]).toContain((await decide(anna, asked, stage)).status);
    expect((await decide(tom, asked)).status).toBe(409);
    expect((await read(asked)).state).toBe('waiting');
    expect((await decide(priya, asked)).status).toBe(201);
    expect((await read(asked)).state).toBe('approved');
  });

  it('is not decided on a stage of another request', async () => {
    const [asked, other] = [await ask(), await ask('globex-env')];
    expect((await decide(priya, asked, stageOf(other, ours))).status).toBe(422);
    expect((await decide(anna, asked, stageOf(other, ours))).status).toBe(422);
    const third = await ask();
    expect((await decide(anna, asked, stageOf(third, theirs))).status).toBe(422);
    expect((await read(asked)).stages.flatMap(({ decisions }) => decisions)).toEqual([]);
  });

  it('is not reached by a role of the same key, of the vendor or written into the customer', async () => {
    const give = async (email: string, role: string, where: string) =>
      owner(sql`insert into person_role (person_id, role_id, organization_id)
        select p.id, r.id, o.id from person p, role r, organization o where p.email = ${email} and r.key = ${role} and o.key = ${where}`);
    await give(ada, 'customer-administrator', 'northwind');
    await give(lena, 'customer-administrator', 'acme');
    await give(gus, 'customer-administrator', 'acme');
    await give(anna, 'support-lead', 'acme');
    await give(tom, 'support-lead', 'northwind');
    const asked = await ask();
    for (const who of [ada, lena, gus])
      expect([403, 404]).toContain((await decide(who, asked, theirs)).status);
    for (const who of [anna, tom]) expect((await decide(who, asked, ours)).status).toBe(403);
    // A duty that a role of the vendor's people is given makes nobody a customer's administrator.
    await owner(sql`update role set duties = duties || '{administer-customer}' where key = 'support-lead'`);
    expect((await decide(priya, asked, theirs)).status).toBe(403);
    const consent = await http.call(priya, 'PUT', '/v1/customers/acme/consent', {
      rules: [],
      reason: 'Mine',
    });
    expect(consent.status).toBe(403);
    await owner(
      sql`update role set duties = array_remove(duties, 'administer-customer') where key = 'support-lead'`,
    );
    await owner(sql`delete from person_role h using person p, organization o where p.id = h.person_id and o.id = h.organization_id
      and p.organization_id <> o.id`);
    expect((await decide(tom, asked, theirs)).status).toBe(201);
    expect((await read(asked)).state).toBe('waiting');
  });
});

describe('By SQL', () => {
  const decision = (asked: Asked, by: string, stage: string) => sql`
    insert into decision (id, request_id, stage_id, person_id, decision, policy_version, request_digest)
    select ${newId('dec')}, r.id, ${stageOf(asked, stage)}, ${by}, 'approve', 'test', r.digest from access_request r where r.id = ${asked.id}
    returning 1`;

  it('nobody decides for the customer, as the application or as the system', async () => {
    const asked = await ask();
    for (const who of [priya, ada, gus, ulla]) {
      const id = await person(who);
      expect(await asApplication(who, decision(asked, id, theirs))).toBe('TN002');
      expect(await outcome(http.ledger.system.db.execute(decision(asked, id, theirs)))).toBe('TN002');
      // In Anna's name, with one's own eyes.
      expect(await asApplication(who, decision(asked, await person(anna), theirs))).toBe('42501');
    }
    expect(await asApplication(anna, decision(asked, await person(anna), theirs))).toBe('written');
  });

  it('no stage is given to a third side, and none is changed or taken away', async () => {
    const asked = await ask();
    const added = (where: string) => sql`
      insert into stage (id, request_id, position, name, role_id, organization_id, needed, lapses_at, text)
      select ${newId('stage')}, r.id, 9, 'x', o.id, ${where}, 1, r.lapses_at, 'x' from access_request r, role o
      where r.id = ${asked.id} and o.key = 'customer-administrator' returning 1`;
    expect(await asApplication(ada, added(await organization('globex')))).toBe('TN002');
    const changed = sql`update stage set organization_id = ${await organization('northwind')} where request_id = ${asked.id} returning 1`;
    const removed = sql`delete from stage where request_id = ${asked.id} returning 1`;
    for (const statement of [changed, removed]) {
      expect(await asApplication(ada, statement)).toBe('42501');
      expect(await outcome(owner(statement))).toBe('TN011');
    }
  });

  it('what a customer agrees to is written by its own administrators alone', async () => {
    const acme = await organization('acme');
    const write = (by: string, rules = '[]') => sql`
      insert into organization_consent (organization_id, rules, changed_by) values (${acme}, ${rules}::jsonb, ${by})
      on conflict (organization_id) do update set rules = excluded.rules, changed_by = excluded.changed_by returning 1`;
    for (const who of [ada, omar, sita, ulla]) {
      expect(await asApplication(who, write(await person(who)))).toBe('TN020');
      expect(await asApplication(who, write(await person(anna)))).toBe('TN020');
    }
    expect(await asApplication(gus, write(await person(gus)))).toMatch(/TN020|42501/);
    expect(await outcome(http.ledger.system.db.execute(write(await person(anna))))).toMatch(/TN020|42501/);
    for (const rules of [
      '[{"classifications": ["restricted"], "within": "PT1S", "emergency": "report"}]',
      '[{"within": "PT1H"}]',
    ])
      expect(await asApplication(anna, write(await person(anna), rules))).toBe('TN039');
    expect(await asApplication(anna, write(await person(anna)))).toBe('written');
    for (const statement of [
      sql`update organization set consent = '[]', approves_vendor_access = false where id = ${acme} returning 1`,
      sql`delete from organization_consent where organization_id = ${acme} returning 1`,
      sql`insert into consent_override (customer_key, rules, until) values ('acme', '[]', '2099-01-01') returning 1`,
      sql`delete from consent_override returning 1`,
    ])
      expect(await asApplication(ada, statement)).toBe('42501');
    expect((await ask()).stages.map(({ name }) => name)).toEqual([ours, theirs]);
  });
});

describe('Past the API', () => {
  const target = memoryTarget();
  const provision = async (requestId: string): Promise<string> => {
    const policies = readDefaultPolicies();
    const deps = {
      ledger: http.ledger.system,
      connectors: new Map([['postgres', target]]),
      sealing: http.ledger.keys.sealing,
      decide: policies.decide,
      mayHoldMany: policies.mayHoldMany,
      reach: async () => undefined,
      log: pino({ level: 'silent' }),
    };
    await provisionRequest(deps, requestId, new AbortController().signal);
    const { state, lastError } = await tell(http.ledger.system.db, requestId);
    return lastError === null ? state : `${state} ${lastError}`;
  };
  const written = async (stages: string[], by: string[], entitlement = 'read') => {
    const { db } = http.ledger.system;
    const { requestId } = await askBySql(db, { person: sam, resource: 'acme-env', entitlement, stages });
    for (const who of by) await decideBySql(db, requestId, who);
    if (stages.length > 0)
      await db.execute(sql`update access_request set state = 'approved' where id = ${requestId}`);
    return requestId;
  };

  it('a request that was written without the customer’s stage begins nothing: policy is asked once more', async () => {
    expect(await provision(await written([], []))).toBe('refused policy');
    expect(await provision(await written(['support-lead'], [priya]))).toBe('refused policy');
    expect(await provision(await written(['customer-administrator@acme'], [anna]))).toBe('refused policy');
    expect(target.holdings()).toEqual([]);
    const both = await written(['support-lead', 'customer-administrator@acme'], [priya, anna]);
    expect(await provision(both)).toBe('granted');
    expect(target.holdings()).toHaveLength(1);
  });

  it('what was approved before the customer asked for more waits for it in vain', async () => {
    const { db } = http.ledger.system;
    const { requestId } = await askBySql(db, {
      person: sam,
      resource: 'globex-env',
      stages: ['support-lead'],
    });
    await decideBySql(db, requestId, priya);
    await db.execute(sql`update access_request set state = 'approved' where id = ${requestId}`);
    const rules = [{ classifications: ['confidential'], within: 'PT1H', emergency: 'refuse' }];
    await http.call(gus, 'PUT', '/v1/customers/globex/consent', { rules, reason: 'From now on' });
    expect(await provision(requestId)).toBe('refused policy');
    const { body } = await http.call(mei, 'POST', '/v1/access-requests', {
      resource: 'globex-env',
      entitlement: 'administer',
      period: 'PT1H',
      justification: 'The database is down',
    });
    expect(body).toMatchObject({ state: 'waiting', reported: true });
    await decide(gus, body);
    expect(await provision(body.id)).toBe('granted');
    const types = await http.events(body.id);
    expect(types.filter((type) => type === 'grant.reported')).toHaveLength(1);
  });
});
