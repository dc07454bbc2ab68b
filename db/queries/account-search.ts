import { sql } from 'drizzle-orm';
import type { AccountSearch, AccountSearchReport, AccountSearchWish } from '../../domain/account-search.ts';
import { newId } from '../../domain/ids.ts';
import type { Executor } from '../client.ts';
import { anyOf } from './texts.ts';

/** Asks the workers to look in targets. Returns the search's id. */
export async function askAccountSearch(
  tx: Executor,
  author: string,
  wish: AccountSearchWish,
): Promise<string> {
  const id = newId('search');
  await tx.execute(
    sql`insert into account_search (id, author, wish) values (${id}, ${author}, ${JSON.stringify(wish)}::jsonb)`,
  );
  return id;
}

/** A search that the caller has asked for. */
export async function readAccountSearch(tx: Executor, id: string): Promise<AccountSearch | null> {
  const rows = await tx.execute<AccountSearch & Record<string, unknown>>(
    sql`select id, state, found as report from account_search where id = ${id}`,
  );
  return rows[0] ?? null;
}

/** Takes the oldest search that nobody is at, for so long, in milliseconds; and forgets those that are old. */
export async function claimAccountSearch(
  db: Executor,
  { leaseMs, forgetAfterMs }: { leaseMs: number; forgetAfterMs: number },
): Promise<{ id: string; wish: AccountSearchWish } | null> {
  await db.execute(
    sql`delete from account_search where created_at < tenure_now() - ${forgetAfterMs} * interval '1 millisecond'`,
  );
  const rows = await db.execute<{ id: string; wish: AccountSearchWish }>(sql`
    update account_search set tried_at = tenure_now() where id = (
      select id from account_search where state = 'looking'
        and (tried_at is null or tried_at < tenure_now() - ${leaseMs} * interval '1 millisecond')
      order by created_at limit 1 for update skip locked) returning id, wish`);
  return rows[0] ?? null;
}

/** Writes down what was found. What was asked is forgotten. */
export async function settleAccountSearch(
  db: Executor,
  id: string,
  report: AccountSearchReport,
): Promise<void> {
  await db.execute(sql`
    update account_search set state = 'ready', found = ${JSON.stringify(report)}::jsonb, wish = '{}'
    where id = ${id} and state = 'looking'`);
}

/** The names that lists gave of people's accounts, and whether an account of theirs was left alone; by the people's ids. */
export async function readAccountNames(
  tx: Executor,
  personIds: readonly string[],
): Promise<Map<string, { account: string | null; isLeftAlone: boolean }>> {
  const rows = await tx.execute<{ id: string; account: string | null; isLeftAlone: boolean }>(sql`
    select p.id, n.account, exists (select 1 from found_account f where f.person_id = p.id and f.hindrance is not null) as "isLeftAlone"
    from person p left join account_name n on n.person_id = p.id where p.id = ${anyOf(personIds)}`);
  return new Map(rows.map(({ id, ...rest }) => [id, rest]));
}

/** Says by what name people are known where a target knows no addresses. */
export async function nameAccounts(
  tx: Executor,
  organizationId: string,
  people: readonly { personId: string; account: string | null }[],
): Promise<void> {
  const named = people.filter(({ account }) => account !== null);
  if (named.length === 0) return;
  await tx.execute(sql`
    insert into account_name as n (person_id, organization_id, account)
    select w."personId", ${organizationId}, w.account
    from jsonb_to_recordset(${JSON.stringify(named.map(({ personId, account }) => ({ personId, account })))}::jsonb)
      as w ("personId" text, account text)
    on conflict (person_id) do update set account = excluded.account where n.account <> excluded.account`);
}
