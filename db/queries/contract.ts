import { type SQL, sql } from 'drizzle-orm';
import { type Contract, emptyContract } from '../../domain/contract.ts';
import type { ContractFact } from '../../domain/contract-fact.ts';
import type { CustomerStanding } from '../../domain/contract-follow-up.ts';
import type { DunningState } from '../../domain/dunning.ts';
import { paymentVerdict } from '../../domain/payment-verdict.ts';
import type { PolicyOrganization } from '../../domain/policy.ts';
import type { ProcessCause, ProcessKind, ProcessState } from '../../domain/process.ts';
import type { SeatHolder } from '../../domain/seats.ts';
import type { Executor } from '../client.ts';
import { iso } from './instant.ts';
import { heldNow } from './person.ts';
import { anyOf } from './texts.ts';

/** A customer's contract with what became facts of it, under its lock. Instants are ISO 8601 UTC. */
export interface ContractStanding {
  organizationId: string;
  content: Contract;
  foldedSeq: number;
  refold: boolean;
  /** What became known since, in its order; of a contract that is folded anew everything. */
  facts: KnownFact[];
  endedAt: string | null;
  dunningSince: string | null;
  dunningState: DunningState;
  overSeatsSince: string | null;
  seatNotices: number;
  now: string;
  standing: CustomerStanding;
  mayReturn: boolean;
  isSuspended: boolean;
  /** What holds now, beside what was agreed meanwhile. */
  applied: {
    key: string;
    tier: string | null;
    region: string | null;
    seats: number | null;
    until: string | null;
  };
  /** Users with an open membership. */
  used: number;
}

/** Makes the row of an organization's contract and locks it: facts become known, and are folded, one transaction at a time. */
export async function takeContract(tx: Executor, organizationId: string): Promise<void> {
  const empty = JSON.stringify(emptyContract());
  const made = await tx.execute(sql`
    insert into contract (organization_id, content) values (${organizationId}, ${empty}::jsonb) on conflict do nothing returning 1`);
  // A row that is new is locked.
  if (made.length > 0) return;
  await tx.execute(sql`select 1 from contract where organization_id = ${organizationId} for no key update`);
}

/** Reads a customer's contract under its lock; null when nothing was ever said about one. */
export async function lockContract(tx: Executor, organizationId: string): Promise<ContractStanding | null> {
  const [, , rows] = await Promise.all([
    // Processes before the contract, as whoever draws one up does.
    tx.execute(sql`
    select 1 from process where organization_id = ${organizationId} and person_id is null
      and state in ('waiting', 'fenced') order by id for no key update`),
    tx.execute(sql`select 1 from contract where organization_id = ${organizationId} for no key update`),
    tx.execute<ContractStanding & Record<string, unknown>>(sql`
    select c.organization_id as "organizationId", c.content, c.folded_seq::int as "foldedSeq", c.refold,
      (select coalesce(json_agg(json_build_object('seq', f.seq, 'fact', f.fact) order by f.seq), '[]') from contract_fact f
        where f.organization_id = c.organization_id and f.seq > case when c.refold then 0 else c.folded_seq end) as facts,
      ${iso(sql`c.ended_at`)} as "endedAt", ${iso(sql`c.dunning_since`)} as "dunningSince", c.dunning_state as "dunningState",
      ${iso(sql`c.over_seats_since`)} as "overSeatsSince", c.seat_notices as "seatNotices", ${iso(sql`tenure_now()`)} as now,
      case when o.offboarded_at is not null then 'former'
        when exists (select 1 from process p where p.organization_id = o.id and p.kind = 'offboarding' and p.person_id is null
          and p.state in ('running', 'confirming', 'undoing') and (p.drawn_up_at is not null or p.due_at <= tenure_now())) then 'leaving'
        when o.onboarded_at is not null then 'customer'
        when exists (select 1 from process p where p.organization_id = o.id and p.kind = 'onboarding' and p.person_id is null
          and p.state in ('running', 'confirming')) then 'customer'
        else 'prospect' end as standing,
      coalesce((select l.cause in ('contract', 'dunning') and not exists (
          select 1 from process b where b.organization_id = o.id and b.kind = 'onboarding' and b.person_id is null and b.id > l.id)
        from process l where l.organization_id = o.id and l.kind = 'offboarding' and l.person_id is null
          and l.state <> 'discarded' order by l.id desc limit 1), false) as "mayReturn",
      o.suspended_at is not null as "isSuspended",
      json_build_object('key', o.key, 'tier', o.tier_key, 'region', o.region, 'seats', c.seats,
        'until', ${iso(sql`c.until`)}) as applied,
      (select count(*)::int from membership m where m.organization_id = o.id and m.until is null) as used
    from contract c join organization o on o.id = c.organization_id where c.organization_id = ${organizationId}`),
  ]);
  return rows[0] ?? null;
}

/** A customer as policy sees it while nothing keeps its people out. */
export async function readPolicyCustomer(
  tx: Executor,
  organizationId: string,
): Promise<PolicyOrganization | null> {
  const rows = await tx.execute<PolicyOrganization & Record<string, unknown>>(sql`
    select id, key, kind, tier_key as tier, approves_vendor_access as "approvesVendorAccess", tenure_consent(id) as consent, false as suspended
    from organization where id = ${organizationId}`);
  return rows[0] ?? null;
}

/** A process about a whole customer that its contract set off and that has not begun. */
export interface UnbegunProcess {
  id: string;
  kind: ProcessKind;
  state: ProcessState;
  cause: ProcessCause;
  dueAt: string;
  isDue: boolean;
  /** Ids of users to whom it would give another role. */
  newRoles: string[];
}

/** One that a fence has let go begins only when its time comes; until then it can be dropped. Locked, oldest first. */
export async function lockUnbegun(tx: Executor, organizationId: string): Promise<UnbegunProcess[]> {
  const rows = await tx.execute<UnbegunProcess & Record<string, unknown>>(sql`
    select id, kind, state, cause, ${iso(sql`due_at`)} as "dueAt", due_at <= tenure_now() as "isDue",
      coalesce(wish->'newRoles', '[]') as "newRoles" from process
    where organization_id = ${organizationId} and person_id is null and cause in ('contract', 'dunning') and drawn_up_at is null
      and (state in ('waiting', 'fenced') or state = 'running' and catalog_revision is null and due_at > tenure_now())
    order by id for no key update`);
  return [...rows];
}

/** A customer's users who can administer it. */
export async function listAdministrators(tx: Executor, organizationId: string): Promise<string[]> {
  const rows = await tx.execute<{ id: string }>(sql`
    select p.id from person p where p.organization_id = ${organizationId} and p.offboarded_at is null and exists (
      select 1 from person_role h join role r on r.id = h.role_id where h.person_id = p.id and ${heldNow(sql`h`)}
        and 'administer-customer' = any (r.duties)) order by p.id`);
  return rows.map(({ id }) => id);
}

/** Users of a customer by their addresses. */
export async function findUsers(
  tx: Executor,
  organizationId: string,
  emails: readonly string[],
): Promise<string[]> {
  const rows = await tx.execute<{ id: string }>(sql`
    select p.id from person p join membership m on m.person_id = p.id and m.organization_id = p.organization_id and m.until is null
    where p.organization_id = ${organizationId} and lower(p.email) = ${anyOf(emails)} order by p.id`);
  return rows.map(({ id }) => id);
}

/** Whom seats go by, as far as it matters who keeps one (`domain/seats.ts`). */
export async function listSeatHolders(tx: Executor, organizationId: string): Promise<SeatHolder[]> {
  const rows = await tx.execute<SeatHolder & Record<string, unknown>>(sql`
    select p.id, exists (select 1 from person_role h join role r on r.id = h.role_id where h.person_id = p.id
        and ${heldNow(sql`h`)} and 'administer-customer' = any (r.duties)) as "isAdministrator",
      case when w.person_id is null then ${iso(sql`m."from"`)} else ${iso(sql`w.confirmed_at`)} end as "confirmedAt",
      ${iso(sql`m."from"`)} as "addedAt"
    from membership m join person p on p.id = m.person_id left join lateral (
      select v.person_id, max(v.confirmed_at) as confirmed_at from welcome v where v.person_id = p.id and v.organization_id = m.organization_id
      group by v.person_id) w on true
    where m.organization_id = ${organizationId} and m.until is null`);
  return [...rows];
}

/** Whether users lost their seats since an instant, ISO 8601 UTC. */
export async function haveLostSeats(tx: Executor, organizationId: string, since: string): Promise<boolean> {
  const rows = await tx.execute(sql`
    select 1 from process where organization_id = ${organizationId} and cause = 'seats' and created_at >= ${since}::timestamptz limit 1`);
  return rows.length > 0;
}

/** What a step leaves behind. */
export interface ContractProgress {
  content: Contract;
  foldedSeq: number;
  endedAt: string | null;
  dunningSince: string | null;
  dunningState: DunningState;
  overSeatsSince: string | null;
  seatNotices: number;
  wakeAt: string | null;
}

export async function writeContract(
  tx: Executor,
  organizationId: string,
  { content, ...now }: ContractProgress,
): Promise<void> {
  await tx.execute(sql`
    update contract set content = ${JSON.stringify(content)}::jsonb, state = ${content.terms.state}, folded_seq = ${now.foldedSeq},
      refold = false, ended_at = ${now.endedAt}::timestamptz, dunning_since = ${now.dunningSince}::timestamptz,
      dunning_state = ${now.dunningState}, over_seats_since = ${now.overSeatsSince}::timestamptz,
      seat_notices = ${now.seatNotices}, wake_at = ${now.wakeAt}::timestamptz, changed_at = tenure_now()
    where organization_id = ${organizationId}`);
}

/** A fact with its place in the order in which facts became known. */
export interface KnownFact {
  seq: number;
  fact: ContractFact;
}

/**
 * Writes down what an event says, which makes a step of the customer due. The caller has the lock on the contract, so that
 * facts commit in their order.
 */
export async function addFacts(
  tx: Executor,
  organizationId: string,
  inboundEventId: string,
  facts: readonly ContractFact[],
): Promise<void> {
  const rows = facts.map((fact) => {
    const verdict = paymentVerdict(fact);
    return { fact, ...(verdict === null ? {} : { verdict, on: objectName(fact), at: fact.occurredAt }) };
  });
  await tx.execute(sql`
    with said as (
      insert into contract_fact (organization_id, inbound_event_id, fact, verdict, verdict_on, verdict_at)
      select ${organizationId}, ${inboundEventId}, f.fact, f.verdict, f."on", f.at
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as f (fact jsonb, verdict text, "on" text, at timestamptz))
    update contract set wake_at = least(wake_at, tenure_now()) where organization_id = ${organizationId}`);
}

function objectName({ source, objectId }: Pick<ContractFact, 'source' | 'objectId'>): string {
  return `${source} ${objectId}`;
}

/**
 * Since when payment has failed without a good word after it: the first bad word about the contract's carrier after the last
 * good one. Null when the last word is good, or none was said. ISO 8601 UTC. Independent of the order in which facts became
 * known, and looked up however many there are.
 */
export async function failedSince(
  tx: Executor,
  organizationId: string,
  carrier: { source: string; objectId: string } | null,
): Promise<string | null> {
  if (!carrier) return null;
  const said = (verdict: SQL) => sql`from contract_fact where organization_id = ${organizationId}
    and verdict_on = ${objectName(carrier)} and verdict = ${verdict}`;
  const rows = await tx.execute<{ at: string }>(sql`
    select ${iso(sql`verdict_at`)} as at ${said(sql`'bad'`)} and verdict_at > coalesce(
      (select verdict_at ${said(sql`'good'`)} order by verdict_at desc limit 1), '-infinity')
    order by verdict_at limit 1`);
  return rows[0]?.at ?? null;
}

export async function forgetFacts(tx: Executor, inboundEventId: string): Promise<void> {
  await tx.execute(sql`delete from contract_fact where inbound_event_id = ${inboundEventId}`);
}

/** What these customers' contracts say is put together anew at the next step. */
export async function markRefold(tx: Executor, organizationIds: readonly string[]): Promise<void> {
  if (organizationIds.length === 0) return;
  await tx.execute(sql`
    update contract set refold = true, wake_at = least(wake_at, tenure_now()) where organization_id = ${anyOf(organizationIds)}`);
}

/** Has the workflows of customers look at what is new about their contracts, as soon as the relay comes by. */
export async function wakeCustomers(tx: Executor, organizationIds: readonly string[]): Promise<void> {
  if (organizationIds.length === 0) return;
  await tx.execute(sql`
    insert into outbox (kind, subject_id, message, due_at)
    select 'engine', c.organization_id, jsonb_build_object('signal', 'nudge', 'id', c.organization_id,
      'organization', c.organization_id, 'run', c.engine_run), tenure_now()
    from contract c where c.organization_id = ${anyOf(organizationIds)} order by c.organization_id`);
}

/** Whether a source has said otherwise about an object at that very instant: then events alone do not tell what holds. */
export async function hasTie(db: Executor, fact: ContractFact): Promise<boolean> {
  const rows = await db.execute(sql`
    select 1 from contract_link l join contract_fact f on f.organization_id = l.organization_id
    where l.source = ${fact.source} and l.external_id = ${`object:${fact.objectId}`} and f.fact->>'source' = ${fact.source}
      and f.fact->>'objectId' = ${fact.objectId} and f.fact->>'occurredAt' = ${fact.occurredAt}
      and f.fact->>'eventId' <> ${fact.eventId} limit 1`);
  return rows.length > 0;
}
