import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { effectiveShape, featuresShape } from '../../api/schemas/effective-entitlement.ts';
import { type ApiHarness, startApi } from '../support/api.ts';
import { expectProblem } from '../support/standing.ts';

const omar = 'omar@northwind.example';
const sita = 'sita@northwind.example';
const sam = 'sam@northwind.example';
const anna = 'anna@acme.example';
const tom = 'tom@acme.example';
const gus = 'gus@globex.example';

let http: ApiHarness;
beforeAll(async () => {
  http = await startApi();
});
afterAll(() => http.stop());
afterEach(() => expect(http.faults.splice(0)).toEqual([]));

const effective = (who: string, query: string) =>
  http.call(who, 'GET', `/v1/effective-entitlements?${query}`);
const features = (who: string, customer: string, at?: string) =>
  http.call(who, 'GET', `/v1/customers/${customer}/features${at ? `?at=${at}` : ''}`);

async function put(part: string, value: unknown): Promise<void> {
  const { body } = await http.call(omar, 'GET', '/v1/catalog');
  const edit = { base_revision: body.revision, reason: 'A test', value };
  expect((await http.call(omar, 'PUT', `/v1/catalog/${part}`, edit)).status).toBe(201);
}

/** Now by the ledger, and a little later, so that what follows is after it. */
async function nowAndOn(): Promise<string> {
  const rows = await http.ledger.owner.db.execute<{ now: string }>(
    sql`select to_json(date_trunc('milliseconds', tenure_now())) #>> '{}' as now, pg_sleep(0.01)`,
  );
  return encodeURIComponent(rows[0]?.now ?? '');
}

describe('Effective entitlements', () => {
  it('of a person come with every way they come, in words and as roles', async () => {
    const { status, body } = await effective(anna, `person=${anna}`);
    expect(status).toBe(200);
    effectiveShape.strict().parse(body);
    expect(body).toMatchObject({ revision: 1, roles: ['customer-administrator'] });
    expect(
      body.items.map((one: { entitlement: string; derivations: { sentence: string }[] }) => [
        one.entitlement,
        ...one.derivations.map(({ sentence }) => sentence),
      ]),
    ).toEqual([
      ['administer', 'administer on northwind-app: role customer-administrator gives it'],
      [
        'sign-in',
        'sign-in on northwind-app: role customer-administrator includes role member, which includes role viewer, which includes role customer-user, which gives it',
      ],
      ['use', 'use on northwind-app: role customer-administrator includes role member, which gives it'],
      [
        'view',
        'view on northwind-app: role customer-administrator includes role member, which includes role viewer, which gives it',
      ],
    ]);
    expect(body.items[2].derivations).toMatchObject([{ roles: ['customer-administrator', 'member'] }]);
  });

  it('are seen by the person, their own administrators, who reads all records and who manages access', async () => {
    for (const who of [anna, tom, sita, omar])
      expect((await effective(who, `person=${anna}`)).status, who).toBe(200);
    for (const who of [sam, gus, 'lena@northwind.example'])
      expectProblem(await effective(who, `person=${anna}`), 422, 'unknown-reference');
    // A customer's administrator sees the vendor's people by name, and nothing of what they hold.
    expectProblem(await effective(anna, `person=${sam}`), 422, 'unknown-reference');
    expectProblem(await effective(anna, `person=${gus}`), 422, 'unknown-reference');
    expectProblem(await effective(omar, 'person=nobody@northwind.example'), 422, 'unknown-reference');
  });

  it('at an instant are by the roles and the catalog of that instant', async () => {
    const before = await nowAndOn();
    await put('roles/customer-administrator', {
      name: 'Customer administrator',
      duties: ['administer-customer'],
      entitlements: ['northwind-app:administer'],
    });
    const between = await nowAndOn();
    await http.ledger.owner.db.execute(
      sql`update person_role set until = tenure_now() where person_id = (select id from person where email = ${tom})`,
    );
    const counts = async (at?: string) =>
      (await effective(omar, `person=${tom}${at ? `&at=${at}` : ''}`)).body.items.length;
    expect(await counts(before)).toBe(4);
    expect(await counts(between)).toBe(1);
    expect(await counts()).toBe(0);
    expect((await effective(omar, `person=${tom}&at=2001-01-01T00:00:00Z`)).body).toMatchObject({
      revision: 0,
      roles: [],
      items: [],
    });
  });

  it('of roles and tiers are shown to the vendor’s people', async () => {
    const role = await effective(sam, 'role=viewer');
    expect(role.body).toMatchObject({
      subject: { kind: 'role', id: 'viewer' },
      items: [{ entitlement: 'sign-in' }, { entitlement: 'view' }],
    });
    const tier = await effective(sam, 'tier=enterprise');
    expect(tier.body.subject).toEqual({ kind: 'tier', id: 'enterprise' });
    expect(tier.body.items).toHaveLength(6);
    for (const query of ['role=viewer', 'tier=free'])
      expectProblem(await effective(anna, query), 403, 'forbidden');
    expectProblem(await effective(sam, 'role=nobody'), 422, 'unknown-reference');
    expectProblem(await effective(sam, 'tier=gold'), 422, 'unknown-reference');
    for (const query of ['', 'role=viewer&tier=free', `person=${sam}&role=viewer`])
      expectProblem(await effective(sam, query), 422, 'invalid-input');
  });

  it('that policy forbids are shown as not held, with the reason, and nobody is asked about for a role', async () => {
    const resource = async (classification: string) => {
      const { body } = await http.call(omar, 'GET', '/v1/catalog');
      const app = body.catalog.resources.find(({ key }: { key: string }) => key === 'northwind-app');
      await put('resources/northwind-app', { ...app, classification });
    };
    await resource('restricted');
    const here = await effective(anna, `person=${anna}`);
    effectiveShape.strict().parse(here.body);
    // Acme is in the resource's region, Globex is not.
    expect(here.body.items).not.toEqual([]);
    for (const one of here.body.items) expect(one).toMatchObject({ held: true, reason: null });
    const elsewhere = await effective(gus, `person=${gus}`);
    expect(elsewhere.body.items).not.toEqual([]);
    for (const one of elsewhere.body.items)
      expect(one).toMatchObject({
        held: false,
        reason: "Restricted data is held only by people of the resource's region.",
        derivations: [{ sentence: expect.stringContaining('gives it') }],
      });
    const role = await effective(sam, 'role=viewer');
    for (const one of role.body.items) expect(one).toMatchObject({ held: null, reason: null });
    await resource('confidential');
    expect((await effective(gus, `person=${gus}`)).body.items[0]).toMatchObject({ held: true });
  });

  it('of somebody who is suspended are none now', async () => {
    await http.ledger.owner.db.execute(
      sql`update person set suspended_at = tenure_now() where email = ${gus}`,
    );
    expect((await effective(sita, `person=${gus}`)).body.items).toEqual([]);
    await http.ledger.owner.db.execute(sql`update person set suspended_at = null where email = ${gus}`);
    expect((await effective(sita, `person=${gus}`)).body.items).not.toEqual([]);
  });
});

describe('Features', () => {
  it('are the tier’s, with exceptions until they end, for the customer’s own people and the vendor’s', async () => {
    for (const who of [gus, sam, omar]) {
      const { status, body } = await features(who, 'globex');
      expect(status).toBe(200);
      featuresShape.strict().parse(body);
      expect(body).toMatchObject({
        tier: { key: 'professional' },
        features: { api: true, 'audit-export': false, scim: false, sso: true },
        overrides: [],
      });
    }
    const initech = (await features(sam, 'initech')).body;
    expect(initech.features).toMatchObject({ 'audit-export': true, sso: false });
    expect(initech.overrides).toEqual([
      { feature: 'audit-export', enabled: true, until: '2027-03-31T22:00:00.000Z' },
    ]);
    expect((await features(sam, 'initech', '2027-03-31T22:00:00Z')).body).toMatchObject({
      features: { 'audit-export': false },
      overrides: [],
    });
  });

  it('of another customer are not there', async () => {
    for (const customer of ['globex', 'umbra', 'northwind', 'org_01kb3v5c2hexa4y6p0k8s2w9tb'])
      expectProblem(await features(anna, customer), 404, 'not-found');
    expectProblem(await features(sam, 'northwind'), 404, 'not-found');
  });

  it('follow the catalog and the tier at run time, and can be asked of the past', async () => {
    const start = await nowAndOn();
    await put('tiers/free', {
      name: 'Free',
      seats: 3,
      allowed_roles: ['customer-administrator', 'customer-user', 'member', 'viewer'],
      default_roles: {},
      features: { api: false, 'audit-export': false, scim: false, sso: true, 'dark-mode': true },
    });
    const between = await nowAndOn();
    await http.ledger.owner.db.execute(
      sql`update organization set tier_key = 'professional' where key = 'initech'`,
    );
    const of = async (at?: string) => (await features(sam, 'initech', at)).body;
    expect((await of(start)).features.sso).toBe(false);
    expect((await of(between)).features).toMatchObject({ sso: true, 'dark-mode': true });
    expect(await of()).toMatchObject({ tier: { key: 'professional' }, features: { api: true } });
    expect(await of('2001-01-01T00:00:00Z')).toMatchObject({ tier: null, features: {}, revision: 0 });
  });
});
