import { type SQL, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Executor, within } from '../../db/client.ts';
import { newId } from '../../domain/ids.ts';
import { type LedgerRoles, refusal, scopeOf, startLedgerRoles } from '../support/ledger-roles.ts';

// What must hold for signing in and for sessions, whoever writes and with whatever SQL.

const ada = 'ada@northwind.example';
const omar = 'omar@northwind.example';
const sita = 'sita@northwind.example';
const sam = 'sam@northwind.example';
const anna = 'anna@acme.example';
const tom = 'tom@acme.example';
const gus = 'gus@globex.example';

let ledger: LedgerRoles;
beforeAll(async () => {
  ledger = await startLedgerRoles();
});
afterAll(() => ledger?.stop());

/** With the application's role and that person's eyes; the SQLSTATE of the refusal or `accepted`. */
async function as(email: string, attack: SQL): Promise<string> {
  const scope = await scopeOf(ledger, email, 'all');
  return refusal(within(ledger.application, scope, (tx: Executor) => tx.execute(attack)));
}
/** With the application's role, and the eyes of an organization but of nobody, as somebody has who signs in. */
async function asNobody(organization: string, attack: SQL): Promise<string> {
  const [row] = await ledger.owner<{ id: string }[]>`select id from organization where key = ${organization}`;
  return refusal(
    ledger.application.db.transaction(async (tx) => {
      await tx.execute(sql`select set_config('tenure.organization', ${row?.id ?? ''}, true)`);
      await tx.execute(attack);
    }),
  );
}
const personOf = (email: string) => sql`(select id from person where email = ${email})`;
const organizationOf = (key: string) => sql`(select id from organization where key = ${key})`;
const system = (query: SQL) => ledger.system.db.execute(query);

const insertProvider = (id: string, organization: string, by: string) => sql`
  insert into sign_in_provider (id, organization_id, name, issuer, client_id, claims, created_by, changed_by)
  values (${id}, ${organizationOf(organization)}, 'Test', 'https://sign-in.example', 'tenure', '{}', ${personOf(by)}, ${personOf(by)})`;
const setState = (id: string, state: string) =>
  sql`update sign_in_provider set state = ${state} where id = ${id}`;

async function provider(organization: string, state: 'draft' | 'tried' | 'live'): Promise<string> {
  const id = newId('idp');
  await system(
    sql`update sign_in_provider set state = 'retired' where organization_id = ${organizationOf(organization)} and state = 'live'`,
  );
  await system(sql`insert into sign_in_provider (id, organization_id, name, issuer, client_id, claims, state, created_by)
    values (${id}, ${organizationOf(organization)}, 'Test', 'https://sign-in.example', 'tenure', '{}', ${state}, ${personOf(omar)})`);
  return id;
}

async function domain(organization: string, name: string, askedBy: string): Promise<string> {
  const id = newId('dom');
  await system(sql`insert into sign_in_domain (id, organization_id, domain, token, asked_by)
    values (${id}, ${organizationOf(organization)}, ${name}, 'token', ${personOf(askedBy)})`);
  return id;
}
const prove = (id: string, proof: string) =>
  sql`update sign_in_domain set proof = ${proof}, proven_at = tenure_now() where id = ${id}`;
const accept = (id: string, by: string, organization = 'acme') => sql`
  insert into sign_in_domain_acceptance (domain_id, person_id, organization_id) values (${id}, ${personOf(by)}, ${organizationOf(organization)})`;

let count = 0;
const name = () => `d${(count += 1)}.example`;

describe('A provider', () => {
  it('is written by who manages its organization’s people, in their own name, as a draft', async () => {
    for (const who of [ada, omar, anna])
      expect(await as(who, insertProvider(newId('idp'), 'acme', who))).toBe('accepted');
    for (const who of [sam, sita, gus])
      expect(await as(who, insertProvider(newId('idp'), 'acme', who))).not.toBe('accepted');
    expect(await as(anna, insertProvider(newId('idp'), 'northwind', anna))).not.toBe('accepted');
    expect(await as(anna, insertProvider(newId('idp'), 'acme', omar))).toBe('TN030');
    const live = sql`insert into sign_in_provider (id, organization_id, name, issuer, client_id, claims, created_by, state)
      values (${newId('idp')}, ${organizationOf('acme')}, 'x', 'https://x.example', 'c', '{}', ${personOf(anna)}, 'live')`;
    expect(await as(anna, live)).toBe('42501');
  });

  it('has an issuer and a client, without which nothing it says could be checked', async () => {
    for (const [issuer, client] of [
      ['', 'c'],
      ['sign-in.example', 'c'],
      ['https://x.example?tenant=1', 'c'],
      ['https://x.example', ''],
    ])
      expect(
        await refusal(
          system(sql`insert into sign_in_provider (id, organization_id, name, issuer, client_id, claims)
            values (${newId('idp')}, ${organizationOf('acme')}, 'x', ${issuer}, ${client}, '{}')`),
        ),
      ).toBe('23514');
  });

  it('goes live only as it was tried, with a domain that is proven, and one at a time', async () => {
    const draft = newId('idp');
    await as(gus, insertProvider(draft, 'globex', gus));
    expect(await as(omar, setState(draft, 'live'))).toBe('TN030');
    expect(await as(gus, setState(draft, 'tried'))).toBe('accepted');
    expect(await as(omar, setState(draft, 'live'))).toBe('TN032');
    await system(prove(await domain('globex', name(), gus), 'dns'));
    const changed = sql`update sign_in_provider set issuer = 'https://evil.example', state = 'live' where id = ${draft}`;
    expect(await as(omar, changed)).toBe('TN030');
    expect(await as(gus, sql`update sign_in_provider set client_id = 'x' where id = ${draft}`)).toBe('TN030');
    const inHisName = sql`update sign_in_provider set client_id = 'x', state = 'draft', changed_by = ${personOf(gus)} where id = ${draft}`;
    expect(await as(omar, inHisName)).toBe('TN030');
    expect(await as(omar, setState(draft, 'live'))).toBe('accepted');
    expect(
      await as(gus, sql`update sign_in_provider set issuer = 'https://evil.example' where id = ${draft}`),
    ).toBe('TN030');
    expect(await as(gus, setState(draft, 'draft'))).toBe('TN030');
    const second = newId('idp');
    await as(gus, insertProvider(second, 'globex', gus));
    await as(gus, setState(second, 'tried'));
    expect(await as(omar, setState(second, 'live'))).toBe('23505');
    expect(await as(gus, setState(draft, 'retired'))).toBe('accepted');
    expect(await as(gus, setState(draft, 'live'))).toBe('TN030');
    const moved = sql`update sign_in_provider set organization_id = ${organizationOf('acme')} where id = ${second}`;
    expect(await as(gus, moved)).toBe('42501');
    expect(await refusal(system(moved))).toBe('TN030');
    expect(await as(anna, setState(second, 'retired'))).toBe('accepted');
    // Row security shows it to no other customer, so nothing was written.
    const [row] = await ledger.owner<
      { state: string }[]
    >`select state from sign_in_provider where id = ${second}`;
    expect(row?.state).toBe('tried');
  });

  it('is let live by a second person, and of a customer’s by its own people or with them', async () => {
    await system(prove(await domain('acme', name(), anna), 'dns'));
    await system(prove(await domain('northwind', name(), ada), 'dns'));
    async function tried(organization: string, by: string): Promise<string> {
      const id = newId('idp');
      expect(await as(by, insertProvider(id, organization, by))).toBe('accepted');
      expect(await as(by, setState(id, 'tried'))).toBe('accepted');
      return id;
    }
    for (const [organization, by, letting, verdict] of [
      ['acme', anna, anna, 'TN001'],
      ['acme', ada, omar, 'TN035'],
      ['acme', ada, anna, 'accepted'],
      ['acme', anna, tom, 'accepted'],
      ['acme', tom, ada, 'accepted'],
      ['northwind', ada, ada, 'TN001'],
      ['northwind', ada, omar, 'accepted'],
    ] as const) {
      const id = await tried(organization, by);
      await system(
        sql`update sign_in_provider set state = 'retired' where state = 'live' and organization_id = ${organizationOf(organization)}`,
      );
      expect(await as(letting, setState(id, 'live')), `${by} ${letting}`).toBe(verdict);
    }
    // Tom is the vendor's making from here on, and Anna is not: he does not stand for Acme with the vendor's people.
    await system(
      sql`update membership set until = greatest("from", tenure_now()) where person_id = ${personOf(tom)} and until is null`,
    );
    const made = sql`insert into membership (person_id, organization_id, given_roles, origin)
      values (${personOf(tom)}, ${organizationOf('acme')}, '{}', 'administrator')`;
    expect(await as(ada, made)).toBe('accepted');
    await system(
      sql`update sign_in_provider set state = 'retired' where state = 'live' and organization_id = ${organizationOf('acme')}`,
    );
    const id = await tried('acme', tom);
    expect(await as(ada, setState(id, 'live'))).toBe('TN035');
    expect(await as(anna, setState(id, 'live'))).toBe('accepted');
  });
});

describe('A domain', () => {
  it('and a provider are written by somebody, and by nobody’s eyes not at all', async () => {
    const id = await domain('acme', name(), anna);
    const draft = await provider('acme', 'tried');
    expect(await asNobody('acme', insertProvider(newId('idp'), 'acme', anna))).toBe('TN020');
    expect(await asNobody('acme', setState(draft, 'live'))).toBe('TN020');
    expect(await asNobody('northwind', prove(id, 'dns'))).toBe('TN020');
    expect(await asNobody('northwind', accept(id, omar))).toBe('TN020');
  });

  it('is claimed without a proof, by who manages the organization’s people', async () => {
    const claim = (
      by: string,
      organization: string,
    ) => sql`insert into sign_in_domain (id, organization_id, domain, token, asked_by)
      values (${newId('dom')}, ${organizationOf(organization)}, ${name()}, 't', ${personOf(by)})`;
    for (const who of [anna, omar]) expect(await as(who, claim(who, 'acme'))).toBe('accepted');
    for (const who of [sam, gus]) expect(await as(who, claim(who, 'acme'))).not.toBe('accepted');
    expect(await as(anna, claim(omar, 'acme'))).toBe('TN031');
    const proven = sql`insert into sign_in_domain (id, organization_id, domain, token, asked_by, proof, proven_at)
      values (${newId('dom')}, ${organizationOf('acme')}, ${name()}, 't', ${personOf(anna)}, 'dns', tenure_now())`;
    expect(await as(anna, proven)).toBe('42501');
  });

  it('is proven by two of the vendor’s people who may, and who did not ask', async () => {
    const id = await domain('acme', name(), ada);
    expect(await as(anna, accept(id, anna))).toBe('TN020');
    expect(await as(sam, accept(id, sam))).toBe('TN020');
    expect(await as(ada, accept(id, ada))).toBe('TN001');
    expect(await as(omar, accept(id, sita))).toBe('TN020');
    expect(await as(omar, prove(id, 'accepted'))).toBe('TN001');
    expect(await as(omar, accept(id, omar))).toBe('accepted');
    expect(await as(omar, accept(id, omar))).toBe('23505');
    expect(await as(omar, prove(id, 'accepted'))).toBe('TN001');
    expect(await as(sita, accept(id, sita))).toBe('accepted');
    expect(await as(sita, prove(id, 'accepted'))).toBe('accepted');
    expect(await as(sita, sql`delete from sign_in_domain_acceptance where domain_id = ${id}`)).toBe('42501');
  });

  it('is nobody’s by saying so, and one organization’s at a time', async () => {
    const claimed = name();
    const [ours, theirs] = [await domain('acme', claimed, anna), await domain('globex', claimed, gus)];
    expect(await as(anna, prove(ours, 'local'))).toBe('TN031');
    expect(await as(anna, prove(ours, 'dns'))).toBe('accepted');
    expect(await as(gus, prove(theirs, 'dns'))).toBe('23505');
    expect(
      await as(anna, sql`update sign_in_domain set proof = null, proven_at = null where id = ${ours}`),
    ).toBe('TN031');
    expect(await as(anna, sql`update sign_in_domain set domain = 'other.example' where id = ${ours}`)).toBe(
      '42501',
    );
    expect(await as(anna, sql`update sign_in_domain set removed_at = tenure_now() where id = ${ours}`)).toBe(
      'accepted',
    );
    expect(await as(anna, sql`update sign_in_domain set removed_at = null where id = ${ours}`)).toBe('TN031');
    expect(await as(gus, prove(theirs, 'dns'))).toBe('accepted');
  });
});

describe('Whom a provider means', () => {
  const link = (email: string, organization: string, subject: string) => sql`
    insert into source_identity (person_id, organization_id, source, external_id, claims)
    values (${personOf(email)}, ${organizationOf(organization)}, 'oidc:x', ${subject}, '{}')`;

  it('is one of its own organization, by one subject, for good', async () => {
    expect(await asNobody('acme', link(gus, 'acme', 's-gus'))).not.toBe('accepted');
    expect(await asNobody('acme', link(gus, 'globex', 's-gus'))).not.toBe('accepted');
    expect(await refusal(system(link(gus, 'acme', 's-gus')))).toBe('TN033');
    expect(await asNobody('acme', link(anna, 'acme', 's-anna'))).toBe('accepted');
    expect(await asNobody('acme', link(anna, 'acme', 's-anna-2'))).toBe('23505');
    expect(await asNobody('acme', link(tom, 'acme', 's-anna'))).toBe('23505');
    expect(
      await asNobody(
        'acme',
        sql`update source_identity set person_id = ${personOf(tom)} where external_id = 's-anna'`,
      ),
    ).toBe('42501');
    expect(
      await refusal(
        system(sql`update source_identity set person_id = ${personOf(tom)} where external_id = 's-anna'`),
      ),
    ).toBe('TN011');
  });
});

describe('A session', () => {
  let live = '';
  beforeEach(async () => {
    await system(sql`insert into sign_in_domain (id, organization_id, domain, token, proof, proven_at)
      values (${newId('dom')}, ${organizationOf('acme')}, ${name()}, 't', 'local', tenure_now())`);
    live = await provider('acme', 'live');
  });
  const insert = (
    id: string,
    email: string,
    wish: { provider?: string; organization?: string; hours?: number } = {},
  ) => sql`
    insert into session (id, person_id, organization_id, method, provider_id, family_hash, token_hash, amr, auth_time, ends_at, idle_ends_at, browser)
    values (${id}, ${personOf(email)}, ${organizationOf(wish.organization ?? 'acme')}, 'oidc', ${wish.provider ?? live}, ${id}, 'one', '{pwd}',
      tenure_now(), tenure_now() + ${wish.hours ?? 12} * interval '1 hour', tenure_now() + interval '1 hour', 'Test')`;
  const set = (id: string, change: SQL) => sql`update session set ${change} where id = ${id}`;
  async function begin(email = anna): Promise<string> {
    const id = newId('ses');
    expect(await asNobody('acme', insert(id, email))).toBe('accepted');
    return id;
  }

  it('begins for who is here, in their own organization, by its live provider, and for themselves', async () => {
    await begin();
    expect(await as(anna, insert(newId('ses'), anna))).toBe('accepted');
    expect(await as(anna, insert(newId('ses'), tom))).toBe('TN033');
    expect(await as(omar, insert(newId('ses'), anna))).toBe('TN033');
    expect(await asNobody('acme', insert(newId('ses'), gus))).toBe('TN033');
    expect(await asNobody('acme', insert(newId('ses'), anna, { organization: 'globex' }))).not.toBe(
      'accepted',
    );
    expect(
      await asNobody('acme', insert(newId('ses'), anna, { provider: await provider('globex', 'tried') })),
    ).toBe('TN033');
    expect(
      await asNobody('acme', insert(newId('ses'), anna, { provider: await provider('acme', 'draft') })),
    ).toBe('TN033');
    expect(await asNobody('acme', insert(newId('ses'), anna, { hours: 48 }))).not.toBe('accepted');
    await system(sql`update person set suspended_at = tenure_now() where id = ${personOf(tom)}`);
    expect(await asNobody('acme', insert(newId('ses'), tom))).toBe('TN033');
    await system(sql`update person set suspended_at = null where id = ${personOf(tom)}`);
  });

  it('stays whose it is, and says how they signed in only with a new token', async () => {
    const id = await begin();
    const asVendor = (change: SQL) => asNobody('northwind', set(id, change));
    expect(await asVendor(sql`amr = '{mfa}'`)).toBe('TN034');
    expect(await asVendor(sql`auth_time = tenure_now()`)).toBe('TN034');
    expect(await asVendor(sql`former_hash = 'planted'`)).toBe('TN034');
    expect(await asVendor(sql`token_hash = 'two'`)).toBe('TN034');
    expect(await asVendor(sql`token_hash = 'two', former_hash = 'planted'`)).toBe('TN034');
    expect(await asVendor(sql`person_id = ${personOf(omar)}`)).toBe('42501');
    expect(await asVendor(sql`ends_at = ends_at + interval '1 hour'`)).toBe('42501');
    expect(await refusal(system(set(id, sql`person_id = ${personOf(tom)}`)))).toBe('42501');
    expect(
      await refusal(
        ledger.owner`update session set person_id = (select id from person where email = ${tom}) where id = ${id}`,
      ),
    ).toBe('TN034');
    expect(
      await asVendor(
        sql`token_hash = 'two', former_hash = token_hash, rotated_at = tenure_now(), amr = '{mfa}'`,
      ),
    ).toBe('accepted');
    expect(await asVendor(sql`idle_ends_at = ends_at + interval '1 minute'`)).toBe('23514');
  });

  it('is ended by its person and who may, once, and is not deleted', async () => {
    const end = (id: string) => set(id, sql`ended_at = tenure_now(), ended_by = 'revocation'`);
    const standing = async (id: string) =>
      (await ledger.owner<{ is: boolean }[]>`select ended_at is null as is from session where id = ${id}`)[0]
        ?.is;
    const id = await begin();
    expect(await as(sam, end(id))).toBe('TN020');
    expect(await as(gus, end(id))).toBe('accepted');
    // Row security shows it to no other customer, so nothing was written.
    expect(await standing(id)).toBe(true);
    for (const who of [anna, tom, ada, sita]) {
      const another = await begin();
      expect(await as(who, end(another))).toBe('accepted');
      expect(await standing(another)).toBe(false);
      expect(await as(who, end(another))).toBe('TN034');
      expect(await as(who, set(another, sql`ended_at = null, ended_by = null`))).toBe('TN034');
    }
    expect(await as(anna, sql`delete from session where id = ${id}`)).toBe('42501');
    expect(await refusal(ledger.owner`delete from session where id = ${id}`)).toBe('TN011');
  });
});

it('an attempt is good once, and stays what it is', async () => {
  const [id, by] = [newId('att'), await provider('globex', 'tried')];
  expect(
    await asNobody(
      'globex',
      sql`insert into sign_in_attempt (id, organization_id, provider_id, purpose, state_hash, nonce, sealed_verifier, browser_hash, return_path, expires_at)
        values (${id}, ${organizationOf('globex')}, ${by}, 'sign-in', ${id}, 'n', 'v', 'b', '/', tenure_now() + interval '1 minute')`,
    ),
  ).toBe('accepted');
  expect(
    await asNobody('globex', sql`update sign_in_attempt set browser_hash = 'mine' where id = ${id}`),
  ).toBe('42501');
  expect(await refusal(ledger.owner`update sign_in_attempt set browser_hash = 'mine' where id = ${id}`)).toBe(
    'TN030',
  );
  expect(
    await asNobody('globex', sql`update sign_in_attempt set used_at = tenure_now() where id = ${id}`),
  ).toBe('accepted');
  expect(await asNobody('globex', sql`update sign_in_attempt set used_at = null where id = ${id}`)).toBe(
    'TN030',
  );
});
