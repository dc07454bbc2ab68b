import { sql } from 'drizzle-orm';
import type { ContractFact } from '../../domain/contract-fact.ts';
import { newId } from '../../domain/ids.ts';
import type { Executor } from '../client.ts';

/** A customer's key is ours, whichever source says it. */
const ours = '';

/** An organization that one of a fact's names leads to. */
interface Candidate {
  id: string;
  isOnboarded: boolean;
}

/** Whose a fact is, and which prospects turn out to be that same customer. */
export interface Resolved {
  organizationId: string;
  prospects: string[];
  /** Nobody had said any of the names. */
  isNew: boolean;
  /** Names that nobody had said before. */
  linked: string[];
}

/**
 * Whose these facts are, which must all speak of one object: that of the object if it is known, else of the source's
 * customer, else of the key; else a new prospect. Null when they name the object alone and nobody knows it.
 * What was said once stays: only prospects, of whom nothing has come yet, become one with the customer that they turn out
 * to be. All who read about the same names take turns, so that each is said once.
 */
export async function resolveCustomer(
  tx: Executor,
  facts: readonly ContractFact[],
): Promise<Resolved | null> {
  const names = namesOf(facts);
  const [, candidates] = await Promise.all([takeTurns(tx, names), findCandidates(tx, names)]);
  const known =
    candidates.find((one) => one.isOnboarded) ?? candidates.toSorted((a, b) => (a.id < b.id ? -1 : 1))[0];
  if (!known && !names.some(({ name }) => !name.startsWith('object:'))) return null;
  const organizationId = known?.id ?? (await insertProspect(tx));
  const prospects = candidates
    .filter((one) => !one.isOnboarded && one.id !== organizationId)
    .map(({ id }) => id);
  const linked = await linkNames(tx, names, organizationId);
  return { organizationId, prospects, isNew: !known, linked };
}

interface Name {
  source: string;
  /** `object:`, `customer:` or `key:` and the id. */
  name: string;
}

/** In the order in which they count. */
function namesOf(facts: readonly ContractFact[]): Name[] {
  const named = (
    of: (fact: ContractFact) => string | null,
    prefix: string,
    source: (fact: ContractFact) => string,
  ) =>
    facts.flatMap((fact) => {
      const id = of(fact);
      return id === null ? [] : [{ source: source(fact), name: `${prefix}:${id}` }];
    });
  return [
    ...named(
      (fact) => fact.objectId,
      'object',
      (fact) => fact.source,
    ),
    ...named(
      (fact) => fact.customer.id,
      'customer',
      (fact) => fact.source,
    ),
    ...named(
      (fact) => fact.customer.key,
      'key',
      () => ours,
    ),
  ];
}

/** Until the transaction ends nobody else resolves one of these names. In one order, so that nobody blocks anybody. */
async function takeTurns(tx: Executor, names: readonly Name[]): Promise<void> {
  const texts = JSON.stringify(names.map(({ source, name }) => `${source} ${name}`));
  await tx.execute(sql`
    select pg_advisory_xact_lock(h) from (
      select distinct hashtextextended(t, 4) as h from jsonb_array_elements_text(${texts}::jsonb) t order by 1) ordered`);
}

async function findCandidates(tx: Executor, names: readonly Name[]): Promise<Candidate[]> {
  const rows = await tx.execute<{ id: string; isOnboarded: boolean; place: number }>(sql`
    with named as (select * from jsonb_to_recordset(${JSON.stringify(names.map((one, place) => ({ ...one, place })))}::jsonb)
      as n(source text, name text, place int)),
    found as (
      select l.organization_id as id, n.place from named n
        join contract_link l on l.source = n.source and l.external_id = n.name
      union all
      select o.id, n.place from named n join organization o on n.source = ${ours} and o.key = substr(n.name, 5)
        and o.kind = 'customer' and o.onboarded_at is not null)
    select o.id, o.onboarded_at is not null as "isOnboarded", min(f.place) as place
    from found f join organization o on o.id = f.id group by o.id order by 3, 1`);
  return rows.map(({ id, isOnboarded }) => ({ id, isOnboarded }));
}

/** A customer of whom is heard for the first time: no more than an id until a contract stands. */
async function insertProspect(tx: Executor): Promise<string> {
  const id = newId('org');
  await tx.execute(
    sql`insert into organization (id, key, kind, name) values (${id}, ${id}, 'customer', ${id})`,
  );
  return id;
}

/**
 * Whether an object is still that customer's. Asked under the lock on its contract: until then it may have turned out to be
 * another's.
 */
export async function isLinked(
  tx: Executor,
  { source, objectId }: Pick<ContractFact, 'source' | 'objectId'>,
  organizationId: string,
): Promise<boolean> {
  const rows = await tx.execute(sql`
    select 1 from contract_link where source = ${source} and external_id = ${`object:${objectId}`}
      and organization_id = ${organizationId}`);
  return rows.length > 0;
}

/**
 * Moves all that was said about a prospect to the customer that it is; false when it has become a customer itself. Under the
 * locks on both contracts.
 */
export async function mergeProspect(tx: Executor, from: string, into: string): Promise<boolean> {
  const rows = await tx.execute(
    sql`select 1 from organization where id = ${from} and onboarded_at is null for update`,
  );
  if (rows.length === 0) return false;
  await tx.execute(sql`update contract_link set organization_id = ${into} where organization_id = ${from}`);
  await tx.execute(sql`update inbound_event set organization_id = ${into} where organization_id = ${from}`);
  await tx.execute(sql`update contract_fact set organization_id = ${into} where organization_id = ${from}`);
  return true;
}

/** Says whose the names are that nobody has said it of; returns those. */
async function linkNames(tx: Executor, names: readonly Name[], organizationId: string): Promise<string[]> {
  const rows = await tx.execute<{ name: string }>(sql`
    insert into contract_link (source, external_id, organization_id)
    select n.source, n.name, ${organizationId} from jsonb_to_recordset(${JSON.stringify(names)}::jsonb) as n(source text, name text)
    on conflict (source, external_id) do nothing returning external_id as name`);
  return rows.map((row) => row.name);
}
