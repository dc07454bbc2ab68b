import { type SQL, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Executor, within } from '../../db/client.ts';
import { newId } from '../../domain/ids.ts';
import { type LedgerRoles, refusal, scopeOf, startLedgerRoles } from '../support/ledger-roles.ts';

// The application's role without a person is nobody, and not the engine; with one, people are changed only as people may be.

let ledger: LedgerRoles;
beforeAll(async () => {
  ledger = await startLedgerRoles();
  // The example company's customers have administrators only.
  await ledger.owner`
    insert into person (id, organization_id, email, name, employment)
    select ${newId('person')}, id, ${ulla}, 'Ulla', 'customer' from organization where key = 'acme'`;
});
afterAll(() => ledger?.stop());

const omar = 'omar@northwind.example';
const sita = 'sita@northwind.example';
const sam = 'sam@northwind.example';
const mei = 'mei@northwind.example';
const anna = 'anna@acme.example';
const tom = 'tom@acme.example';
const ulla = 'ulla@acme.example';

const asSystem = (attack: SQL) => refusal(ledger.system.db.execute(attack));
async function as(email: string, attack: SQL): Promise<string> {
  const scope = await scopeOf(ledger, email, 'all');
  return refusal(within(ledger.application, scope, (tx: Executor) => tx.execute(attack)));
}
/** With the application's role, all that it can say of itself, and no person, or somebody whom there is not. */
const asNobody = (attack: SQL, person = '') =>
  refusal(
    ledger.application.db.transaction(async (tx) => {
      await tx.execute(sql`select set_config('tenure.organization', tenure_vendor(), true),
        set_config('tenure.reach', 'all', true), set_config('tenure.person', ${person}, true)`);
      await tx.execute(attack);
    }),
  );

const idOf = (email: string) => sql`(select id from person where email = ${email})`;
const acme = sql`(select id from organization where key = 'acme')`;
const vendor = sql`(select id from organization where kind = 'vendor')`;
const set = (email: string, what: SQL) => sql`update person set ${what} where email = ${email}`;
const born = (organization: SQL) => sql`
  insert into person (id, organization_id, email, name, employment)
  values (${newId('person')}, ${organization}, ${`${newId('person')}@new.example`}, 'New', 'customer')`;
const asked = (kind: string) => sql`
  insert into process (id, kind, organization_id, cause, wish) values (${newId('proc')}, ${kind}, ${acme}, 'contract', '{}')`;

describe('nobody', () => {
  const attacks: [string, () => SQL][] = [
    ['adds a person', () => born(vendor)],
    ['suspends', () => set(tom, sql`suspended_at = tenure_now()`)],
    ['has somebody leave', () => set(tom, sql`suspended_at = tenure_now(), offboarded_at = tenure_now()`)],
    ['moves an end', () => set(sam, sql`ends_at = null`)],
    ['moves to another department', () => set(sam, sql`department = 'security'`)],
    [
      'gives a role',
      () => sql`insert into person_role (person_id, role_id, organization_id)
        select p.id, r.id, p.organization_id from person p, role r where p.email = ${sam} and r.key = 'operations'`,
    ],
    ['ends a role', () => sql`update person_role set until = tenure_now()`],
    ['makes a member', () => sql`update membership set given_roles = '{administrator}'`],
    ['begins a process', () => asked('role-change')],
    ['has a customer leave', () => asked('offboarding')],
    ['moves a process', () => sql`update process set state = 'discarded'`],
    [
      'writes down whom a process is about',
      () => sql`insert into process_person (process_id, person_id, organization_id)
        select s.id, p.id, p.organization_id from process s, person p where p.email = ${tom} limit 1`,
    ],
    [
      'lets go what a fence holds, in the name of who may',
      () => sql`update fence_item set state = 'released', decided_by = ${idOf(sita)}`,
    ],
    [
      'writes a revision',
      () => sql`insert into catalog_revision (number, author, reason, content)
        select number + 1, ${idOf(omar)}, 'x', content from catalog_revision order by number desc limit 1`,
    ],
    ['changes duties', () => sql`update role set duties = '{manage-access}'`],
    ['changes a tier', () => sql`update tier set name = 'x'`],
    ['takes a resource over', () => sql`update resource set owner_person_id = ${idOf(sam)}`],
    ['upgrades a customer', () => sql`update organization set tier_key = 'enterprise' where key = 'acme'`],
    ['lifts a suspension', () => sql`update organization set suspended_at = null`],
    [
      'makes an organization',
      () =>
        sql`insert into organization (id, key, kind, name) values (${newId('org')}, 'evil', 'customer', 'Evil')`,
    ],
    ['closes a task', () => sql`update task set closed_at = tenure_now()`],
    ['ends access', () => sql`update access_grant set end_at = tenure_now(), end_order = 'revocation'`],
    ['cancels what was asked for', () => sql`update access_request set state = 'cancelled'`],
    ['rewires a source', () => sql`update event_source set mapping = '{}'`],
  ];
  it.each(attacks)('%s', async (_what, attack) => {
    expect(await asNobody(attack())).toBe('TN020');
  });

  it('is not made somebody by a name that nobody has', async () => {
    for (const attack of [born(vendor), set(tom, sql`suspended_at = tenure_now()`), asked('offboarding')])
      expect(await asNobody(attack, 'engine')).toBe('TN020');
    const [{ name } = { name: '' }] = await ledger.system.db.execute<{ name: string }>(
      sql`select session_user as name`,
    );
    expect(await asNobody(sql`set session authorization ${sql.identifier(name)}`)).toBe('42501');
    expect(await asNobody(sql`set role ${sql.identifier(name)}`)).toBe('42501');
  });

  it('and the engine goes on', async () => {
    const [{ id } = { id: '' }] = await ledger.system.db.execute<{ id: string }>(
      sql`select id from person where email = ${mei}`,
    );
    for (const work of [
      asked('role-change'),
      born(acme),
      sql`update person set suspended_at = tenure_now() where id = ${id}`,
      sql`update person set suspended_at = null where id = ${id}`,
      sql`update tier set name = name`,
      sql`update organization set name = name where key = 'acme'`,
    ])
      expect(await asSystem(work)).toBe('accepted');
  });
});

describe('who somebody is', () => {
  it('is written by whoever manages these people', async () => {
    for (const text of [
      "department = 'security'",
      "region = 'apac'",
      "employment = 'service'",
      'manager_id = id',
      'starts_at = tenure_now()',
      "ends_at = tenure_now() + interval '1 year'",
      "name = 'Somebody else'",
      'suspended_at = tenure_now()',
    ]) {
      const what = sql.raw(text);
      expect(await as(sam, set(mei, what))).toBe('TN020');
      expect({ text, tried: await as(ulla, set(anna, what)) }).toEqual({ text, tried: 'TN020' });
      // Row security shows a customer's administrator nobody of the vendor's to write.
      expect(await as(anna, set(mei, what))).toMatch(/^(TN020|42501|accepted)$/);
    }
    const [row] =
      await ledger.owner`select department, name, suspended_at as suspended from person where email = ${mei}`;
    expect(row).toEqual({ department: 'support', name: 'Mei', suspended: null });
    expect(await as(sam, born(vendor))).toBe('TN020');
    expect(await as(ulla, born(acme))).toBe('TN020');
    expect(await as(anna, born(vendor))).toMatch(/^(TN020|42501)$/);
    expect(await as(anna, born(acme))).toBe('accepted');
    expect(await as(omar, set(mei, sql`department = 'sales'`))).toBe('accepted');
    expect(await as(sita, set(mei, sql`department = 'security'`))).toBe('TN020');
  });

  it('and by nobody of themselves, but for what they are called', async () => {
    for (const what of [
      sql`department = 'security'`,
      sql`ends_at = null, starts_at = tenure_now()`,
      sql`ends_at = tenure_now() + interval '1 year'`,
      sql`employment = 'contractor'`,
      sql`region = 'apac'`,
    ])
      expect(await as(omar, set(omar, what))).toBe('TN021');
    expect(await as(omar, set(omar, sql`title = 'Head of operations'`))).toBe('accepted');
  });

  it('is neither another organization nor another address', async () => {
    expect(await as(omar, set(tom, sql`organization_id = ${vendor}`))).toBe('42501');
    expect(await as(omar, set(tom, sql`email = 'tom@northwind.example'`))).toBe('42501');
    expect(await asSystem(set(tom, sql`organization_id = ${vendor}`))).toBe('TN024');
  });

  it('and whoever leaves does so now, is out by it, and comes back whole', async () => {
    const past = sql`tenure_now() - interval '1 day'`;
    for (const what of [
      sql`offboarded_at = tenure_now()`,
      sql`suspended_at = ${past}`,
      sql`suspended_at = tenure_now() + interval '1 day'`,
      sql`suspended_at = tenure_now(), offboarded_at = ${past}`,
    ])
      expect(await as(omar, set(tom, what))).toBe('TN024');
    expect(await as(omar, set(tom, sql`suspended_at = tenure_now(), offboarded_at = tenure_now()`))).toBe(
      'accepted',
    );
    expect(await as(omar, set(tom, sql`suspended_at = null`))).toBe('TN024');
    expect(await as(omar, set(tom, sql`suspended_at = tenure_now() + interval '1 second'`))).toBe('TN024');
    expect(await as(sita, set(tom, sql`suspended_at = null, offboarded_at = null`))).toBe('TN020');
    expect(await as(omar, set(tom, sql`suspended_at = null, offboarded_at = null`))).toBe('accepted');
  });

  it('a customer’s own administrator neither renames the customer nor makes another', async () => {
    for (const what of [sql`name = 'Evil'`, sql`customer_type = null, name = 'x'`, sql`tier_key = 'free'`])
      expect(await as(anna, sql`update organization set ${what} where key = 'acme'`)).toBe('TN020');
    const made = (kind: string) => sql`
      insert into organization (id, key, kind, name) values (${newId('org')}, ${newId('org')}, ${kind}, 'New')`;
    expect(await as(anna, made('customer'))).toMatch(/^(TN020|42501)$/);
    expect(await as(sam, made('customer'))).toBe('TN020');
    expect(await as(omar, made('vendor'))).toMatch(/^(TN020|23505)$/);
    expect(await as(omar, made('customer'))).toBe('accepted');
  });

  it('and the catalog’s rows and its sources are written by whoever manages access', async () => {
    for (const attack of [
      sql`update resource set owner_person_id = ${idOf(sam)} where key = 'northwind-app'`,
      sql`update tier set name = 'x'`,
      sql`update entitlement set name = 'x'`,
      sql`update role set name = 'x'`,
      sql`update event_source set mapping = '{}'`,
    ])
      for (const email of [sam, sita, anna]) expect(await as(email, attack)).toBe('TN020');
  });
});
