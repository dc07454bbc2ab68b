import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { within } from '../../db/client.ts';
import { type LedgerRoles, refusal, scopeOf, startLedgerRoles } from '../support/ledger-roles.ts';

// Who may say whose an account is, whatever the application asks of the ledger.

let ledger: LedgerRoles;
beforeAll(async () => {
  ledger = await startLedgerRoles();
});
afterAll(() => ledger?.stop());

const as = async (who: string, statement: ReturnType<typeof sql>) => {
  const scope = await scopeOf(ledger, who, 'all');
  return refusal(within(ledger.application, scope, (tx) => tx.execute(statement)));
};
const personNamed = (email: string) => sql`(select id from person where email = ${email})`;

it('lets only who manages access name accounts, and nobody their own', async () => {
  const name = (email: string) => sql`
    insert into account_name (person_id, organization_id, account) select id, organization_id, 'root' from person where email = ${email}`;
  expect(await as('sam@northwind.example', name('anna@acme.example'))).toBe('TN020');
  expect(await as('omar@northwind.example', name('omar@northwind.example'))).toBe('TN021');
  expect(await as('anna@acme.example', name('tom@acme.example'))).toMatch(/TN020|42501/);
  expect(await as('omar@northwind.example', name('anna@acme.example'))).toBe('accepted');
  const rename = sql`update account_name set account = 'other' where person_id = ${personNamed('anna@acme.example')}`;
  expect(await as('sam@northwind.example', rename)).toBe('TN020');
});

it('lets nobody ask in the name of another what targets hold', async () => {
  const search = (author: string) =>
    sql`insert into account_search (id, author, wish) values (${`search_${author}`}, ${personNamed(author)}, '{}')`;
  expect(await as('omar@northwind.example', search('ada@northwind.example'))).toMatch(/TN020|42501/);
  expect(await as('sam@northwind.example', search('sam@northwind.example'))).toBe('TN020');
  expect(await as('omar@northwind.example', search('omar@northwind.example'))).toBe('accepted');
});

it('lets the application take over nothing, and answer none of its own questions', async () => {
  for (const statement of [
    sql`insert into found_account (resource_id, person_id, organization_id, account, process_id) values ('r', 'p', 'o', 'a', 's')`,
    sql`update found_account set account = 'mine'`,
    sql`delete from found_account`,
    sql`update account_search set state = 'ready', found = '{}'`,
    sql`delete from account_search`,
  ])
    expect(await as('omar@northwind.example', statement)).toBe('42501');
});
