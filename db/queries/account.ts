import { eq, sql } from 'drizzle-orm';
import type { Holding } from '../../domain/plan.ts';
import { type Executor, together } from '../client.ts';
import { targetAccount } from '../schema/renewal.ts';
import { iso } from './instant.ts';

/** One account on one resource. */
export interface AccountRef {
  resourceId: string;
  account: string;
}

/** An open grant as its account shall hold it, or shall hold it no more. */
export interface AccountGrant {
  id: string;
  /** Its time has come, by the ledger's clock. */
  isDue: boolean;
  holding: Holding;
  sealedPassword: string | null;
  /** It is due because what it belonged to failed: what was before is restored. */
  isRolledBack: boolean;
  /** Another password is on its way to the target: between the two the account holds nothing. */
  isReplacing: boolean;
}

/** What an account shall hold, and where. `number` tells this state from all that were wanted before. */
export interface WantedAccount {
  number: number;
  grants: AccountGrant[];
  /** What it held when it was taken over; null for an account that we made. */
  found: Holding[] | null;
  /** Whose it is has left, or is suspended: nothing of it stays. */
  isCut: boolean;
  holder: { email: string; name: string } | null;
  connector: string;
  resourceKey: string;
  settings: Record<string, unknown>;
  sealedSecret: string;
  targetKey: string;
}

/**
 * Reads what accounts that grants share shall hold now: whatever their open grants say. The numbers are taken before, under
 * the accounts' locks, so that of two states the one with the greater number was read later. An approved extension whose
 * intent is written counts already: it is wanted, and its own process would else find it undone. In the order of the
 * accounts asked for; null for one that holds nothing and shall hold nothing.
 */
export function wantShared(db: Executor, refs: readonly AccountRef[]): Promise<(WantedAccount | null)[]> {
  return db.transaction(async (tx) => {
    const [taken, rows] = await together([
      tx.execute<Numbered>(sql`
      insert into target_account as a (resource_id, account, number)
      select w."resourceId", w.account, 1 from ${recordset(refs)} order by 1, 2
      on conflict (resource_id, account) do update set number = a.number + 1
      returning a.resource_id as "resourceId", a.account, a.number`),
      readWanted(tx, refs),
    ]);
    return numbered(refs, rows, taken);
  });
}

/**
 * The same for accounts that one grant has to itself each; its attempts are the numbers. Null also for that of a request's
 * grant: its own process makes it real.
 */
export function wantOwn(db: Executor, refs: readonly AccountRef[]): Promise<(WantedAccount | null)[]> {
  return db.transaction(async (tx) => {
    const taken = await tx.execute<Numbered>(sql`
      with chosen as (select g.id from access_grant g join ${recordset(refs)} on w."resourceId" = g.resource_id and w.account = g.account
        where g.request_id is null and g.ended_at is null order by g.id for no key update of g)
      update access_grant g set attempts = g.attempts + 1 from chosen where g.id = chosen.id
      returning g.resource_id as "resourceId", g.account, g.attempts as number`);
    return numbered(refs, await readWanted(tx, refs), taken);
  });
}

type Numbered = { resourceId: string; account: string; number: number };
type RawGrant = Omit<AccountGrant, 'holding'> & Pick<Holding, 'entitlement' | 'scope' | 'until'>;
type RawWanted = Omit<WantedAccount, 'number' | 'grants'> & {
  resourceId: string;
  account: string;
  grants: RawGrant[];
  endpoint: Record<string, unknown>;
};

function readWanted(tx: Executor, refs: readonly AccountRef[]): PromiseLike<readonly RawWanted[]> {
  const extended = sql`(select max(x.until) from extension x join access_request a on a.id = x.request_id
    where x.grant_id = g.id and x.done_at is null and a.state = 'approved')`;
  return tx.execute<RawWanted & Record<string, unknown>>(sql`
    select r.id as "resourceId", w.account, t.connector, r.key as "resourceKey", t.endpoint, r.settings,
      t.sealed_secret as "sealedSecret", t.key as "targetKey", h.holder, h.grants, h."isCut", f.holdings as found
    from ${recordset(refs)} join resource r on r.id = w."resourceId" join target t on t.key = r.target_key
      left join found_account f on f.resource_id = r.id and f.account = w.account and f.hindrance is null cross join lateral (
      select bool_or(p.suspended_at is not null or p.offboarded_at is not null
          or (g.due_at <= (select tenure_now()) and g.end_order in ('offboarding', 'suspension'))) as "isCut", min(json_build_object('email', p.email, 'name', p.name)::text)::json as holder,
        json_agg(json_build_object('id', g.id, 'isDue', g.due_at <= (select tenure_now()), 'entitlement', e.key,
          'scope', case when r.shared then o.key end, 'until', ${iso(sql`greatest(g.until, ${extended})`)},
          'isRolledBack', coalesce(g.end_order = 'rollback', false), 'sealedPassword', g.sealed_password, 'isReplacing', g.sealed_next_password is not null) order by g.id) as grants
      from access_grant g join entitlement e on e.id = g.entitlement_id join organization o on o.id = g.organization_id
        join person p on p.id = g.person_id
      where g.resource_id = r.id and g.account = w.account and g.ended_at is null) h
    where h.grants is not null`);
}

/** What was read of each of these accounts, in their order, with the number that was taken for it. */
function numbered(
  refs: readonly AccountRef[],
  rows: readonly RawWanted[],
  taken: readonly Numbered[],
): (WantedAccount | null)[] {
  const numbers = new Map(taken.map((one) => [keyOf(one), one.number]));
  const found = new Map(rows.map((row) => [keyOf(row), row]));
  return refs.map((ref) => {
    const [row, number] = [found.get(keyOf(ref)), numbers.get(keyOf(ref))];
    return row && number !== undefined ? wantedOf(row, number) : null;
  });
}

function wantedOf({ endpoint, settings, grants, ...rest }: RawWanted, number: number): WantedAccount {
  return {
    ...rest,
    number,
    settings: { ...endpoint, ...settings },
    grants: grants.map(({ entitlement, scope, until, ...grant }) => ({
      ...grant,
      holding: { account: rest.account, entitlement, scope, until },
    })),
  };
}

function keyOf({ resourceId, account }: AccountRef): string {
  return `${resourceId} ${account}`;
}

function recordset(refs: readonly AccountRef[]) {
  const lines = JSON.stringify(refs.map(({ resourceId, account }) => ({ resourceId, account })));
  return sql`jsonb_to_recordset(${lines}::jsonb) as w ("resourceId" text, account text)`;
}

/** The number of the newest state that an account that grants share was wanted in; 0 when it never was. */
export async function newestNumber(db: Executor, { resourceId, account }: AccountRef): Promise<number> {
  const [row] = await db
    .select({ number: targetAccount.number })
    .from(targetAccount)
    .where(sql`${eq(targetAccount.resourceId, resourceId)} and ${eq(targetAccount.account, account)}`);
  return row?.number ?? 0;
}
