import { type SQL, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Executor, within } from '../../db/client.ts';
import { newId } from '../../domain/ids.ts';
import { type LedgerRoles, refusal, scopeOf, startLedgerRoles } from '../support/ledger-roles.ts';

// What must hold for groups and for how a panel looks, whoever writes and with whatever SQL.

const [anna, tom, gus, omar] = [
  'anna@acme.example',
  'tom@acme.example',
  'gus@globex.example',
  'omar@northwind.example',
];
const personOf = (email: string) => sql`(select id from person where email = ${email})`;
const organizationOf = (key: string) => sql`(select id from organization where key = ${key})`;

let ledger: LedgerRoles;
let okta: string;
beforeAll(async () => {
  ledger = await startLedgerRoles();
  okta = await provider('acme');
  await system(sql`insert into source_identity (person_id, organization_id, source, external_id, claims)
    values (${personOf(tom)}, ${organizationOf('acme')}, 'oidc:' || ${organizationOf('acme')} || ':https://okta.example#tenure', 'tom', '{}')`);
});
afterAll(() => ledger?.stop());

const system = (query: SQL) => ledger.system.db.execute(query);

async function provider(organization: string, state = 'live', newPeople = 'add'): Promise<string> {
  const id = newId('idp');
  await system(
    sql`update sign_in_provider set state = 'retired' where organization_id = ${organizationOf(organization)} and state = 'live'`,
  );
  await system(sql`insert into sign_in_domain (id, organization_id, domain, token, proof, proven_at)
    select ${newId('dom')}, ${organizationOf(organization)}, ${`${organization}.test.example`}, 't', 'dns', tenure_now()
    where not exists (select 1 from sign_in_domain where domain = ${`${organization}.test.example`})`);
  await system(sql`insert into sign_in_provider (id, organization_id, name, issuer, client_id, claims, state, new_people, default_role, created_by, changed_by)
    values (${id}, ${organizationOf(organization)}, 'Okta', 'https://okta.example', 'tenure', '{}', ${state}, ${newPeople}, 'member', ${personOf(anna)}, ${personOf(anna)})`);
  return id;
}

/** With the application's role and that person's eyes; the SQLSTATE of the refusal or `accepted`. */
async function as(email: string, attack: SQL): Promise<string> {
  const scope = await scopeOf(ledger, email, 'all');
  return refusal(within(ledger.application, scope, (tx: Executor) => tx.execute(attack)));
}
/** With the eyes of an organization but of nobody, as whoever signs in has. */
async function asNobody(organization: string, attack: SQL): Promise<string> {
  const [row] = await ledger.owner<{ id: string }[]>`select id from organization where key = ${organization}`;
  return refusal(
    ledger.application.db.transaction(async (tx) => {
      await tx.execute(sql`select set_config('tenure.organization', ${row?.id ?? ''}, true)`);
      await tx.execute(attack);
    }),
  );
}
const reading = (wish: { of?: string; by?: string; organization?: string; email?: string }) => sql`
  insert into group_reading (id, organization_id, provider_id, person_id, email, groups)
  values (${newId('grp')}, ${organizationOf(wish.organization ?? 'acme')}, ${wish.by ?? okta},
    ${wish.of ? personOf(wish.of) : sql`null`}, ${wish.email ?? null}, '{admins}')`;

describe('What a provider says of groups', () => {
  it('is written by nobody’s eyes, about whom a live provider means', async () => {
    expect(await asNobody('acme', reading({ of: tom }))).toBe('accepted');
    expect(await as(anna, reading({ of: tom }))).toBe('TN033');
    // Linked to none of this provider’s subjects; of another organization; with another’s provider.
    expect(await asNobody('acme', reading({ of: anna }))).toBe('TN033');
    expect(await asNobody('acme', reading({ of: gus }))).toBe('TN033');
    expect(await asNobody('globex', reading({ of: gus, organization: 'globex' }))).toBe('TN033');
  });

  it('is about strangers of a proven domain alone, where the provider adds people', async () => {
    expect(await asNobody('acme', reading({ email: 'new@acme.test.example' }))).toBe('accepted');
    expect(await asNobody('acme', reading({ email: 'new@elsewhere.example' }))).toBe('TN033');
    const refusing = await provider('globex', 'live', 'refuse');
    const wish = { email: 'new@globex.test.example', by: refusing, organization: 'globex' };
    expect(await asNobody('globex', reading(wish))).toBe('TN033');
  });

  it('is settled by the engine alone, once, and stays what was said', async () => {
    const settle = sql`update group_reading set settled_at = tenure_now(), outcome = 'nothing'`;
    expect(await asNobody('acme', settle)).toBe('42501');
    expect(await as(omar, settle)).toBe('42501');
    expect(await refusal(system(sql`update group_reading set groups = '{owners}'`))).toBe('42501');
    expect(await refusal(system(sql`${settle} where person_id is not null`))).toBe('accepted');
    expect(await refusal(system(sql`${settle} where person_id is not null`))).toBe('TN030');
  });

  it('gives and takes roles by the engine alone', async () => {
    const give = sql`insert into group_role (person_id, organization_id, role, group_name, provider_id)
      values (${personOf(tom)}, ${organizationOf('acme')}, 'administrator', 'admins', ${okta})`;
    for (const who of [anna, omar]) expect(await as(who, give)).toBe('42501');
    expect(await asNobody('acme', give)).toBe('42501');
    expect(await refusal(system(give))).toBe('accepted');
  });

  it('is frozen with its provider: what was tried goes live', async () => {
    const map = (id: string) => sql`
      update sign_in_provider set group_roles = '[{"group": "all", "role": "administrator"}]', state = 'draft', changed_by = ${personOf(anna)}
      where id = ${id}`;
    const draft = await provider('acme', 'draft');
    expect(await as(anna, map(draft))).toBe('accepted');
    expect(await as(gus, map(draft))).toBe('accepted');
    const [row] =
      await ledger.owner`select changed_by = (select id from person where email = ${anna}) as ours from sign_in_provider where id = ${draft}`;
    expect(row).toEqual({ ours: true });
    okta = await provider('acme');
    expect(await as(anna, map(okta))).toBe('TN030');
    const silently = sql`update sign_in_provider set new_people = 'refuse' where id = ${okta}`;
    expect(await as(anna, silently)).toBe('TN030');
  });
});

describe('How a panel looks', () => {
  let count = 100_000;
  // Each says something new: what changes nothing is refused to nobody.
  const look = (key: string, more: SQL = sql``) =>
    sql`update organization set brand_color = ${`#${(count += 1)}`}, shown_name = 'Acme'${more} where key = ${key}`;

  it('is for the customer’s administrators and who manages access, and nothing else with it', async () => {
    expect(await as(anna, look('acme'))).toBe('accepted');
    expect(await as(omar, look('acme'))).toBe('accepted');
    expect(await as('sam@northwind.example', look('acme'))).toBe('TN020');
    expect(await as(anna, look('acme', sql`, name = 'Mine'`))).toBe('TN020');
    expect(await as(anna, look('acme', sql`, tier_key = 'free'`))).toBe('TN020');
    expect(await asNobody('acme', look('acme'))).toBe('TN020');
    expect(await as(anna, sql`update organization set brand_color = 'red' where key = 'acme'`)).toBe('23514');
  });
});
