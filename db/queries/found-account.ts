import { sql } from 'drizzle-orm';
import { actors } from '../../domain/audit-event.ts';
import type { AccountHindrance } from '../../domain/found-account.ts';
import type { Holding } from '../../domain/plan.ts';
import { appendAudits } from '../audit.ts';
import type { Executor } from '../client.ts';
import { closeAccountTasks, openProcessTask } from './task.ts';
import { anyOf } from './texts.ts';

/** A resource on which accounts are looked for, and what reaching it takes. */
export interface SearchPlace {
  resourceId: string;
  resourceKey: string;
  /** Customers share it: what is held there is for one of them. */
  shared: boolean;
  /** Key of the organization whose it is. */
  organization: string;
  connector: string;
  settings: Record<string, unknown>;
  sealedSecret: string;
  targetKey: string;
}

/** The resources with these keys, as far as they are still in the catalog. */
export async function readSearchPlaces(db: Executor, keys: readonly string[]): Promise<SearchPlace[]> {
  type Row = Record<string, unknown> & SearchPlace & { endpoint: Record<string, unknown> };
  const rows = await db.execute<Row>(sql`
    select r.id as "resourceId", r.key as "resourceKey", r.shared, o.key as organization, t.connector, t.endpoint, r.settings,
      t.sealed_secret as "sealedSecret", t.key as "targetKey"
    from resource r join target t on t.key = r.target_key join organization o on o.id = r.organization_id where r.key = ${anyOf(keys)} and r.retired_at is null order by r.key`);
  return rows.map(({ endpoint, settings, ...rest }) => ({ ...rest, settings: { ...endpoint, ...settings } }));
}

/** Whose these accounts on a resource are already, by account: a person's id. */
export async function readAccountOwners(
  db: Executor,
  resourceId: string,
  accounts: readonly string[],
): Promise<Map<string, string>> {
  const rows = await db.execute<{ account: string; personId: string }>(sql`
    select account, person_id as "personId" from access_grant where resource_id = ${resourceId} and account = ${anyOf(accounts)}
      and ended_at is null
    union select account, person_id from found_account
    where resource_id = ${resourceId} and account = ${anyOf(accounts)} and hindrance is null`);
  return new Map(rows.map(({ account, personId }) => [account, personId]));
}

/** Whether a process is an import's and at work: only such a one takes accounts over. Since when, in milliseconds. */
export async function importAtWork(db: Executor, processId: string): Promise<{ sinceMs: number } | null> {
  const rows = await db.execute<{ sinceMs: number }>(sql`
    select (extract(epoch from tenure_now() - coalesce(started_at, created_at)) * 1000)::float8 as "sinceMs" from process
    where id = ${processId} and cause = 'roster' and source is null and kind <> 'offboarding' and state = 'running'`);
  return rows[0] ?? null;
}

/** Of people, what an account is looked for by. */
export interface SoughtNames {
  personId: string;
  /** In small letters. */
  email: string;
  account: string | null;
  /** Ids of resources where an account of theirs is known, or was looked for by this process. */
  known: string[];
}

/** What accounts of these people are looked for by, and where they need not be looked for any more. */
export async function readSoughtNames(
  db: Executor,
  processId: string,
  personIds: readonly string[],
): Promise<SoughtNames[]> {
  const rows = await db.execute<SoughtNames & Record<string, unknown>>(sql`
    select p.id as "personId", lower(p.email) as email, n.account, array(
      select f.resource_id from found_account f where f.person_id = p.id and (f.hindrance is null or f.process_id = ${processId})
      union select g.resource_id from access_grant g where g.person_id = p.id and g.ended_at is null) as known
    from person p left join account_name n on n.person_id = p.id where p.id = ${anyOf(personIds)} order by p.id`);
  return [...rows];
}

/** What was found of somebody on one resource. */
export interface NewFoundAccount {
  resourceId: string;
  resourceKey: string;
  personId: string;
  account: string | null;
  hindrance: AccountHindrance | null;
  entitlement: string | null;
  holdings: readonly Holding[];
  /** Of what it holds: names of what no role gives. */
  surplus: readonly string[];
}

/**
 * Writes down what was found: what is taken over, and what is left alone and why. Somebody is asked about the latter, and
 * about what an account holds beyond its person's roles. The people's rows must have been locked before.
 */
export async function writeFoundAccounts(
  tx: Executor,
  processId: string,
  found: readonly NewFoundAccount[],
): Promise<void> {
  if (found.length === 0) return;
  const lines = JSON.stringify(
    found.map(({ resourceId, personId, account, hindrance, entitlement, holdings }) => ({
      resourceId,
      personId,
      account,
      hindrance,
      entitlement,
      holdings,
    })),
  );
  const written = await tx.execute<{ resourceId: string; personId: string; organizationId: string }>(sql`
    insert into found_account as f (resource_id, person_id, organization_id, account, hindrance, entitlement, holdings, process_id)
    select w."resourceId", p.id, p.organization_id, w.account, w.hindrance, w.entitlement, w.holdings, ${processId}
    from jsonb_to_recordset(${lines}::jsonb) as w ("resourceId" text, "personId" text, account text, hindrance text,
      entitlement text, holdings jsonb) join person p on p.id = w."personId" order by 1, 2
    on conflict (resource_id, person_id) do update set account = excluded.account, hindrance = excluded.hindrance,
      entitlement = excluded.entitlement, holdings = excluded.holdings, process_id = excluded.process_id, found_at = tenure_now()
      where f.hindrance is not null
    returning f.resource_id as "resourceId", f.person_id as "personId", f.organization_id as "organizationId"`);
  const owners = new Map(written.map((one) => [`${one.resourceId} ${one.personId}`, one.organizationId]));
  const news = found.flatMap((one) => {
    const organizationId = owners.get(`${one.resourceId} ${one.personId}`);
    return organizationId === undefined ? [] : [{ ...one, organizationId }];
  });
  await appendAudits(
    tx,
    news.map(({ personId, organizationId, resourceKey, account, hindrance, surplus }) => ({
      type: hindrance === null ? ('account.adopted' as const) : ('account.left' as const),
      actor: actors.engine,
      subject: { kind: 'person', id: personId },
      organizationId,
      holderOrganizationId: organizationId,
      reason: [`${account ?? 'unknown'} on ${resourceKey}`, hindrance, surplus.join(', ')]
        .filter(Boolean)
        .join('; '),
    })),
  );
  await closeAccountTasks(tx, news, actors.engine);
  for (const { personId, resourceId, hindrance, surplus } of news)
    if (hindrance !== null || surplus.length > 0)
      await openProcessTask(tx, {
        kind: 'account',
        processId,
        personId,
        resourceId,
        cause: hindrance ?? 'surplus',
        actor: actors.engine,
      });
}

/**
 * People have left, and whatever was to be taken from them is gone. Nobody need decide any more about accounts that were taken
 * over; those that were left alone are still theirs in the target, which is residue of their leaving.
 */
export async function settleFoundAccounts(
  tx: Executor,
  processId: string,
  personIds: readonly string[],
): Promise<void> {
  const rows = await tx.execute<{
    personId: string;
    resourceId: string;
    hindrance: AccountHindrance | null;
  }>(sql`
    select person_id as "personId", resource_id as "resourceId", hindrance from found_account
    where person_id = ${anyOf(personIds)} and account is not null order by 1, 2`);
  await closeAccountTasks(tx, rows, actors.engine);
  for (const { hindrance, ...place } of rows)
    if (hindrance !== null)
      await openProcessTask(tx, {
        kind: 'residue',
        processId,
        ...place,
        cause: hindrance,
        actor: actors.engine,
      });
}

/** What is known of an account that somebody had on a resource before. */
export interface KnownAccount {
  personId: string;
  resourceId: string;
  resourceKey: string;
  account: string | null;
  hindrance: AccountHindrance | null;
  /** Of the one grant that uses it; null where all do. */
  entitlement: string | null;
  holdings: Holding[];
  /** A grant that used it has ended. */
  isUsedUp: boolean;
}

/** What these people had in targets before. */
export async function readKnownAccounts(db: Executor, personIds: readonly string[]): Promise<KnownAccount[]> {
  const rows = await db.execute<KnownAccount & Record<string, unknown>>(sql`
    select f.person_id as "personId", f.resource_id as "resourceId", r.key as "resourceKey", f.account, f.hindrance, f.entitlement,
      f.holdings, f.entitlement is not null and exists (select 1 from access_grant g where g.person_id = f.person_id
        and g.resource_id = f.resource_id and g.account = f.account and g.ended_at is not null and g.ended_by <> 'rollback') as "isUsedUp"
    from found_account f join resource r on r.id = f.resource_id where f.person_id = ${anyOf(personIds)}`);
  return [...rows];
}

/** What was found of somebody on a resource where all their grants share an account; null: nothing. */
export async function readFoundOn(
  db: Executor,
  { resourceId, personId }: { resourceId: string; personId: string },
): Promise<Pick<KnownAccount, 'account' | 'hindrance'> | null> {
  const rows = await db.execute<Pick<KnownAccount, 'account' | 'hindrance'>>(sql`
    select account, hindrance from found_account where resource_id = ${resourceId} and person_id = ${personId}`);
  return rows[0] ?? null;
}

/** Who of these people has an account on a resource that the ledger knows: nobody need look for it. */
export async function readSettledOn(
  db: Executor,
  resourceId: string,
  personIds: readonly string[],
): Promise<Set<string>> {
  const rows = await db.execute<{ id: string }>(sql`
    select person_id as id from access_grant
    where resource_id = ${resourceId} and person_id = ${anyOf(personIds)} and ended_at is null
    union select person_id from found_account
    where resource_id = ${resourceId} and person_id = ${anyOf(personIds)} and hindrance is null`);
  return new Set(rows.map(({ id }) => id));
}

/** The next number of a state that an account is wanted in. */
export async function takeAccountNumber(
  db: Executor,
  { resourceId, account }: { resourceId: string; account: string },
): Promise<number> {
  const rows = await db.execute<{ number: number }>(sql`
    insert into target_account as a (resource_id, account, number) values (${resourceId}, ${account}, 1)
    on conflict (resource_id, account) do update set number = a.number + 1 returning a.number`);
  return rows[0]?.number ?? 1;
}
