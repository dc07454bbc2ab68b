import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { settleWaiting, silentRequests } from '../../db/queries/settle.ts';
import type { ConsentRule } from '../../domain/consent.ts';
import { type Answer, type ApiHarness, startApi } from '../support/api.ts';
import { type LedgerClock, skippableClock } from '../support/clock.ts';

// A customer's consent: agreed on, changed for a while by the vendor's catalog, and asked for beyond that by the customer itself.

const [sam, mei, priya, omar, ada, sita] = ['sam', 'mei', 'priya', 'omar', 'ada', 'sita'].map(
  (name) => `${name}@northwind.example`,
) as [string, string, string, string, string, string];
const [anna, tom, gus] = ['anna@acme.example', 'tom@acme.example', 'gus@globex.example'] as const;
const all = ['public', 'internal', 'confidential', 'restricted'];

let http: ApiHarness;
let clock: LedgerClock;
beforeAll(async () => {
  http = await startApi();
  clock = await skippableClock(http.ledger.ownerUrl);
});
afterAll(async () => {
  await clock?.close();
  await http?.stop();
});
afterEach(() => expect(http.faults.splice(0)).toEqual([]));

const rule = (parts: Partial<ConsentRule> = {}): ConsentRule => ({
  classifications: ['confidential'],
  within: 'PT2H',
  emergency: 'report',
  ...parts,
});
const consent = (who: string, customer: string) => http.call(who, 'GET', `/v1/customers/${customer}/consent`);
const say = (who: string, customer: string, rules: unknown[]) =>
  http.call(who, 'PUT', `/v1/customers/${customer}/consent`, { rules, reason: 'A test' });
const wish = (resource: string, entitlement = 'read') => ({
  resource,
  entitlement,
  period: 'PT1H',
  justification: 'A look',
  ticket: 'SUP-1',
});
const ask = (who: string, resource: string, entitlement = 'read'): Promise<Answer> =>
  http.call(who, 'POST', '/v1/access-requests', wish(resource, entitlement));
const decide = (who: string, id: string) =>
  http.call(who, 'POST', `/v1/access-requests/${id}/decisions`, { decision: 'approve' });
const stages = ({ body }: Answer): string[] =>
  body.stages.map(
    (one: { name: string; lapses_at: string; organization: { key: string } }) =>
      `${one.organization.key} ${one.name} ${(Date.parse(one.lapses_at) - Date.parse(body.asked_at)) / 60_000}`,
  );
const lead = (minutes = 120) => `northwind support-lead of vendor ${minutes}`;
const theirs = (customer: string, minutes: number) =>
  `${customer} customer-administrator of customer ${minutes}`;
async function override(customer: string, rules: unknown[], until = '2099-01-01T00:00:00Z'): Promise<void> {
  const { body } = await http.call(omar, 'GET', '/v1/catalog');
  const value = {
    customer,
    what: { kind: 'consent', rules },
    reason: 'Agreed by mail',
    approver: priya,
    until,
  };
  const answer = await http.call(
    omar,
    'PUT',
    `/v1/catalog/overrides/${encodeURIComponent(`${customer}/consent`)}`,
    {
      base_revision: body.revision,
      reason: 'A test',
      value,
    },
  );
  expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 201 });
}
/** As the API does it, and its process at once. */
async function addAdministrator(
  api: ApiHarness,
  who: string,
  customer: string,
  email: string,
): Promise<string> {
  const added = await api.call(who, 'POST', `/v1/customers/${customer}/users`, {
    email,
    name: 'Somebody',
    roles: ['customer-administrator'],
    reason: 'A test',
  });
  expect(added.status, JSON.stringify(added.body)).toBeLessThan(300);
  const id = added.body.user.person.id;
  await api.ledger.system.db.execute(sql`
    insert into person_role (person_id, role_id, organization_id)
    select p.id, r.id, p.organization_id from person p, role r where p.id = ${id} and r.key = 'customer-administrator'`);
  return id;
}
async function confirm(who: string, customer: string): Promise<Answer> {
  const { body } = await http.call(omar, 'GET', '/v1/catalog');
  const wish = { base_revision: body.revision, reason: 'I asked them' };
  return http.call(who, 'POST', `/v1/customers/${customer}/consent/override-confirmation`, wish);
}

describe('What a customer approves', () => {
  it('is what it has agreed on, and whatever it asks for beyond that, at once', async () => {
    const before = await consent(anna, 'acme');
    expect(before.body).toMatchObject({
      agreed: [{ within: 'PT2H', emergency: 'report' }],
      own: [],
      override: null,
      changed_by: null,
    });
    expect(before.body.in_force.map((one: { classification: string }) => one.classification)).toEqual(all);
    expect((await consent(gus, 'globex')).body).toMatchObject({ in_force: [], agreed: [], own: [] });
    expect(stages(await ask(sam, 'globex-env'))).toEqual([lead()]);

    const said = await say(gus, 'globex', [rule({ within: 'PT30M' })]);
    expect(said).toMatchObject({
      status: 200,
      body: {
        in_force: [{ classification: 'confidential', within: 'PT30M', emergency: 'report' }],
        agreed: [],
        changed_by: { email: gus },
      },
    });
    const asked = await ask(sam, 'globex-env');
    expect(stages(asked)).toEqual([lead(), theirs('globex', 30)]);
    // The first limit that lapses ends it, and that is what is said.
    expect(asked.body.lapses_at).toBe(asked.body.stages[1].lapses_at);
    expect((await http.call(sam, 'GET', '/v1/customers/globex')).body.approves_vendor_access).toBe(true);

    expect((await say(gus, 'globex', [rule({ within: 'PT30M' })])).body).toMatchObject({
      type: 'urn:tenure:problem:nothing-to-change',
    });
    expect((await say(gus, 'globex', [])).body).toMatchObject({ in_force: [], own: [] });
    expect(stages(await ask(sam, 'globex-env'))).toEqual([lead()]);
    const events = await http.ledger.owner.db.execute(
      sql`select actor_id from audit_event where type = 'consent.changed'`,
    );
    expect(events).toHaveLength(2);
  });

  it('is never less than what was agreed on: a looser word of its own changes nothing of that', async () => {
    expect((await say(anna, 'acme', [rule({ within: 'P1D' })])).body.in_force[2]).toMatchObject({
      within: 'PT2H',
      emergency: 'report',
    });
    expect(stages(await ask(sam, 'acme-env'))).toEqual([lead(), theirs('acme', 120)]);
    expect((await say(anna, 'acme', [])).status).toBe(200);
  });

  it('is less only by the vendor’s catalog, with somebody else’s word, a reason, and an end', async () => {
    await override('acme', []);
    // Until a second person has confirmed it, what was agreed on counts; who wrote it, and who manages nothing, is none.
    expect(stages(await ask(sam, 'acme-env'))).toEqual([lead(), theirs('acme', 120)]);
    expect((await consent(tom, 'acme')).body).toMatchObject({ override: { confirmed_by: null } });
    expect((await confirm(omar, 'acme')).body.type).toBe('urn:tenure:problem:self-approval');
    expect((await confirm(priya, 'acme')).status).toBe(403);
    expect((await confirm(anna, 'acme')).status).toBe(403);
    const { db } = http.ledger.app;
    await expect(db.execute(sql`update consent_override set confirmed_by = made_by`)).rejects.toThrow();
    expect((await consent(tom, 'acme')).body.in_force).toHaveLength(4);
    const late = { base_revision: 1, reason: 'Unread' };
    const path = '/v1/customers/acme/consent/override-confirmation';
    expect((await http.call(ada, 'POST', path, late)).body.type).toBe('urn:tenure:problem:stale-revision');
    expect((await confirm(ada, 'acme')).status).toBe(200);
    const mails = await http.ledger.owner.db.execute<{ email: string }>(sql`
      select p.email from mail m join person p on p.id = m.to_person_id join outbox b on b.subject_id = m.id
      where m.kind = 'consent-override' order by 1`);
    expect(mails.map(({ email }) => email)).toEqual([anna, tom]);
    const activity = await http.call(anna, 'GET', '/v1/customers/acme/activity');
    expect(JSON.stringify(activity.body)).toContain('consent.overridden');
    expect((await consent(tom, 'acme')).body).toMatchObject({
      in_force: [],
      override: { rules: [], reason: 'Agreed by mail', until: '2099-01-01T00:00:00.000Z' },
    });
    expect(stages(await ask(sam, 'acme-env'))).toEqual([lead()]);
    // What the customer asks for itself is beyond the vendor's reach.
    expect((await say(anna, 'acme', [rule({ within: 'PT1H', emergency: 'refuse' })])).body.in_force).toEqual([
      { classification: 'confidential', within: 'PT1H', emergency: 'refuse' },
    ]);
    expect(stages(await ask(sam, 'acme-env'))).toEqual([lead(), theirs('acme', 60)]);
    await override('acme', [rule({ within: 'PT3H' })]);
    // Another word waits for its own second person.
    expect((await consent(anna, 'acme')).body.in_force).toHaveLength(4);
    expect((await confirm(ada, 'acme')).status).toBe(200);
    expect((await say(anna, 'acme', [])).body.in_force).toMatchObject([{ within: 'PT3H' }]);
    // The vendor's side has its usual time, and the request waits no longer for it because Acme has more.
    const asked = await ask(sam, 'acme-env');
    expect(stages(asked)).toEqual([lead(), theirs('acme', 180)]);
    expect(asked.body.lapses_at).toBe(asked.body.stages[0].lapses_at);
    await decide(priya, asked.body.id);
    const after = await http.call(sam, 'GET', `/v1/access-requests/${asked.body.id}`);
    expect(after.body.lapses_at).toBe(asked.body.stages[1].lapses_at);

    const { body } = await http.call(omar, 'GET', '/v1/catalog');
    const removed = await http.call(omar, 'DELETE', '/v1/catalog/overrides/acme%2Fconsent', {
      base_revision: body.revision,
      reason: 'A test',
    });
    expect(removed.status).toBe(201);
    expect((await consent(anna, 'acme')).body.in_force).toHaveLength(4);
  });

  it('is refused where it makes no sense', async () => {
    for (const rules of [
      [rule({ within: 'PT1M' })],
      [rule({ within: 'P30D' })],
      [rule({ classifications: [] })],
      [{ ...rule(), emergency: 'ignore' }],
      [rule(), rule({ within: 'PT1H' })],
    ])
      expect(await say(gus, 'globex', rules)).toMatchObject({ status: 422 });
    expect((await consent(gus, 'globex')).body.own).toEqual([]);
  });

  it('is what its type says when it becomes a customer, and stays so when the type changes', async () => {
    const rules = [
      rule({ classifications: ['restricted', 'confidential'], within: 'PT45M', emergency: 'refuse' }),
    ];
    const { body } = await http.call(omar, 'GET', '/v1/catalog');
    const type = body.catalog.customer_types.find((one: { key: string }) => one.key === 'business');
    const put = (revision: number, changed: object) =>
      http.call(omar, 'PUT', '/v1/catalog/customer_types/business', {
        base_revision: revision,
        reason: 'A test',
        value: { ...type, ...changed },
      });
    expect((await put(body.revision, { consent: [...rules, rule()] })).body.errors[0].detail).toBe(
      'Two rules say who agrees to access to confidential data: keep one.',
    );
    const applied = await put(body.revision, { consent: rules });
    expect(applied.status).toBe(201);
    const imported = await http.call(omar, 'POST', '/v1/imports', {
      reason: 'A test',
      customers: [{ key: 'umbra', name: 'Umbra', customer_type: 'business', region: 'eu' }],
    });
    expect(imported.status, JSON.stringify(imported.body)).toBeLessThan(300);
    const umbra = [
      { classification: 'confidential', within: 'PT45M', emergency: 'refuse' },
      { classification: 'restricted', within: 'PT45M', emergency: 'refuse' },
    ];
    expect((await consent(omar, 'umbra')).body.in_force).toEqual(umbra);
    expect((await put(applied.body.revision, { consent: [] })).status).toBe(201);
    expect((await consent(omar, 'umbra')).body.in_force).toEqual(umbra);
  });
});

describe('An administrator whom the vendor’s people have made', () => {
  it('approves nothing of theirs for three days, nor changes what needs approval, and the others are told', async () => {
    const eve = 'eve@globex.example';
    expect((await say(gus, 'globex', [rule({ within: 'PT1H' })])).status).toBe(200);
    const added = await addAdministrator(http, omar, 'globex', eve);
    const { body } = await ask(sam, 'globex-env');
    await decide(priya, body.id);
    const refused = await decide(eve, body.id);
    expect(refused).toMatchObject({ status: 403, body: { type: 'urn:tenure:problem:not-your-stage' } });
    expect(refused.body.detail).toContain('another administrator of your company');
    expect(await say(eve, 'globex', [])).toMatchObject({ status: 403 });
    expect((await consent(gus, 'globex')).body.in_force).toHaveLength(1);
    const told = await http.ledger.owner.db.execute<{ email: string }>(sql`
      select p.email from mail m join person p on p.id = m.to_person_id join outbox b on b.subject_id = m.id
      where m.kind = 'administrator-added' order by 1`);
    expect(told.map(({ email }) => email)).toEqual([gus, sita]);
    // Whom such a one adds is no better, and the ledger says so whoever writes.
    await addAdministrator(http, eve, 'globex', 'mallory@globex.example');
    expect((await decide('mallory@globex.example', body.id)).status).toBe(403);
    // Whom the customer's own administrator makes one is the customer's own at once.
    await addAdministrator(http, gus, 'globex', 'gina@globex.example');
    expect((await decide('gina@globex.example', body.id)).status).toBe(201);
    // After three days their word counts.
    const later = await ask(sam, 'globex-env');
    await decide(priya, later.body.id);
    await http.ledger.owner.db.execute(sql`
      update person_role set "from" = tenure_now() - interval '72 hours' where person_id = ${added}`);
    expect((await decide(eve, later.body.id)).status).toBe(201);
    expect((await say(gus, 'globex', [])).status).toBe(200);
  });
});

describe('Silence', () => {
  it('of the customer lets the request lapse at the customer’s limit, and says whose it was', async () => {
    await say(anna, 'acme', [rule({ within: 'PT20M' })]);
    const { body } = await ask(sam, 'acme-env');
    await decide(priya, body.id);
    const waiting = async (who: string) =>
      (await http.call(who, 'GET', '/v1/access-requests?waiting_for=me')).body.items.map(
        (one: { id: string }) => one.id,
      );
    expect(await waiting(anna)).toContain(body.id);
    await clock.moveTo(Date.parse(body.asked_at) + 20 * 60_000 + 3_000);
    expect(await waiting(anna)).not.toContain(body.id);
    expect((await decide(anna, body.id)).body.type).toBe('urn:tenure:problem:no-longer-waiting');
    const { db } = http.ledger.system;
    expect(await silentRequests(db, 10)).toContain(body.id);
    expect(await settleWaiting(db, body.id)).toBe('lapsed');
    const [event] = await http.ledger.owner.db.execute<{ reason: string }>(sql`
      select t.reason from audit_event e join audit_text t on t.event_id = e.id
      where e.request_id = ${body.id} and e.type = 'access_request.lapsed'`);
    expect(event?.reason).toBe('not decided in time: customer-administrator of customer');
    expect((await http.call(sam, 'GET', `/v1/access-requests/${body.id}`)).body.state).toBe('lapsed');
    await say(anna, 'acme', []);
  });
});

describe('An emergency', () => {
  const told = (grantId: string) =>
    http.ledger.owner.db.execute<{ email: string; longer: boolean }>(sql`
      select p.email, (m.data->>'isLonger')::boolean as longer from mail m join person p on p.id = m.to_person_id
        join notice n on n.mail_id = m.id join outbox b on b.subject_id = m.id
      where m.kind = 'emergency-access' and n.grant_id = ${grantId} order by p.email`);

  it('goes ahead without consent where that was agreed on, and is told to both sides at once', async () => {
    const asked = await ask(mei, 'acme-env', 'administer');
    expect(asked.body).toMatchObject({ state: 'approved', reported: true, stages: [] });
    const grantId = await http.provision(asked.body.id, 'provisioning');
    expect(await told(grantId)).toEqual([]);
    await http.ledger.system.db.execute(
      sql`update access_request set state = 'granted' where id = ${asked.body.id}`,
    );
    await http.ledger.system.db.execute(sql`update access_grant set state = 'held' where id = ${grantId}`);
    expect((await told(grantId)).map(({ email }) => email)).toEqual([anna, sita, tom]);
    // What is not reported is not told of.
    const { body } = await ask(sam, 'initech-env');
    expect(await told(await http.provision(body.id))).toEqual([]);
  });

  it('waits for consent where that was agreed on, and is told all the same', async () => {
    await say(anna, 'acme', [rule({ emergency: 'refuse', within: 'PT10M' })]);
    const asked = await ask(mei, 'acme-env', 'administer');
    expect(asked.body).toMatchObject({ state: 'waiting', reported: true });
    expect(stages(asked)).toEqual([theirs('acme', 10)]);
    expect((await decide(ada, asked.body.id)).status).toBe(403);
    expect((await decide(tom, asked.body.id)).status).toBe(201);
    expect((await told(await http.provision(asked.body.id))).map(({ email }) => email)).toEqual([
      anna,
      sita,
      tom,
    ]);
    await say(anna, 'acme', []);
  });
});
