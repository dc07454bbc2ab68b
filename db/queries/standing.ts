import { sql } from 'drizzle-orm';
import type { Contract } from '../../domain/contract.ts';
import type { DunningState } from '../../domain/dunning.ts';
import { limits } from '../../domain/limits.ts';
import type { PolicyOrganization, PolicyResource } from '../../domain/policy.ts';
import type { ProcessCause, ProcessKind, ProcessPersonState, ProcessState } from '../../domain/process.ts';
import type { LapsedStanding, Review } from '../../domain/standing.ts';
import type { Executor } from '../client.ts';
import { consentMembers } from './consent.ts';
import { iso } from './instant.ts';
import { openSignals } from './signal.ts';
import { heldNow } from './person.ts';
import { anyOf, textArray } from './texts.ts';

/** A process at work, and the organization whose people it is about. Instants are ISO 8601 UTC with milliseconds. */
export interface StandingScene {
  processId: string;
  kind: ProcessKind;
  state: ProcessState;
  cause: ProcessCause;
  source: string | null;
  /** The contract has said something: an event of it, or an import of what it says. */
  isContractEvent: boolean;
  /** A person has asked for it by a review. */
  isReview: boolean;
  organization: PolicyOrganization & { region: string | null; customerType: string | null };
  contract: { content: Contract; until: string | null; dunning: DunningState } | null;
  /** The ledger's clock. */
  now: string;
}

/** One of its people, as far as what they shall hold depends on it. */
export interface StandingRow {
  personId: string;
  /** How far the process is with them. */
  state: ProcessPersonState;
  /** Closed code of what giving failed of last. */
  lastError: string | null;
  /** Their change has failed, which a task says (`giveUp`): they are brought back to what they had. */
  isTakenBack: boolean;
  employment: string;
  department: string | null;
  region: string | null;
  startsAt: string | null;
  endsAt: string | null;
  suspended: boolean;
  offboarded: boolean;
  /** Open risk signals by name. */
  signals: string[];
  /** Null for who is no member now. */
  membership: { contractRole: string | null; givenRoles: string[]; from: string } | null;
  /** Roles that count now, with the place of their rows and since when they are held. */
  roles: { seq: number; key: string; from: string }[];
  /** The last review of them, and the last of each of their roles. */
  reviews: Review[];
}

/** Standing grants of some people. */
export interface StandingGrants {
  /** Those that are not gone. */
  open: StandingGrantRow[];
  /** Of those that are gone the ones whose time ran out. */
  lapsed: (LapsedStanding & { personId: string })[];
}

/** A standing grant that is not gone. */
export interface StandingGrantRow {
  id: string;
  personId: string;
  processId: string;
  state: 'provisioning' | 'held';
  resource: string;
  entitlement: string;
  /** Key of the organization whose data it reaches. */
  organization: string;
  until: string;
  /** When it was given, or last renewed. */
  since: string;
  ending: boolean;
  /** Its time has come, ordered or not. */
  isDue: boolean;
  resourceId: string;
  account: string;
  targetKey: string;
  connector: string;
}

/** A grant that a process has given, and where it is. */
export interface GivenGrant {
  id: string;
  personId: string;
  resourceId: string;
  account: string;
  targetKey: string;
  connector: string;
  /** Its end was ordered so long ago that people see to it as well. */
  isLate: boolean;
}

/** What the rows say of an entitlement that the catalog names. */
export interface EntitlementFacts {
  entitlementId: string;
  entitlement: string;
  resource: PolicyResource;
  organization: PolicyOrganization;
  targetKey: string;
  connector: string;
}

/**
 * The ids of a page's people: those in the first states, and when these are fewer, those in the next ones who were tried
 * least often. Nothing is locked.
 */
export async function choosePage(
  db: Executor,
  processId: string,
  states: { first: readonly ProcessPersonState[]; next: readonly ProcessPersonState[] },
  limit: number,
): Promise<string[]> {
  const rows = await db.execute<{ id: string }>(sql`
    with first as (
      select w.person_id as id from unnest(${textArray(states.first)}) s (state) cross join lateral (
        select person_id from process_person where process_id = ${processId} and state = s.state order by person_id limit ${limit}) w
      limit ${limit}),
    others as (
      select person_id as id from process_person where process_id = ${processId} and state = ${anyOf(states.next)}
      order by tries, person_id limit ${limit})
    select id from first union all select id from others limit ${limit}`);
  return rows.map((row) => row.id);
}

/** Keeps whatever else gives or takes from these people waiting until the transaction ends. Always in the order of their ids. */
export async function lockPeople(tx: Executor, personIds: readonly string[]): Promise<void> {
  await tx.execute(sql`select id from person where id = ${anyOf(personIds)} order by id for no key update`);
}

/** Reads a process and its organization; null when there is no such process. */
export async function readScene(tx: Executor, processId: string): Promise<StandingScene | null> {
  const rows = await tx.execute<StandingScene & Record<string, unknown>>(sql`
    select s.id as "processId", s.kind, s.state, s.cause, s.source, ${iso(sql`tenure_now()`)} as now,
      s.cause = 'contract' or (s.cause = 'roster' and coalesce(s.wish->>'what', '') = 'contract') as "isContractEvent",
      s.requested_by is not null and coalesce(s.wish->>'what', '') = 'review' as "isReview",
      json_build_object('id', o.id, 'key', o.key, 'kind', o.kind, 'tier', o.tier_key, 'region', o.region,
        'customerType', o.customer_type, ${consentMembers(sql`o`)},
        'suspended', o.suspended_at is not null or o.offboarded_at is not null) as organization,
      case when c.organization_id is not null then json_build_object('content', c.content, 'until', ${iso(sql`c.until`)},
        'dunning', c.dunning_state) end as contract
    from process s join organization o on o.id = s.organization_id left join contract c on c.organization_id = o.id
    where s.id = ${processId}`);
  return rows[0] ?? null;
}

/** Of these people those with whom the process has still to do, in the order of their ids. */
export async function readPeople(
  tx: Executor,
  processId: string,
  personIds: readonly string[],
): Promise<StandingRow[]> {
  const rows = await tx.execute<StandingRow & Record<string, unknown>>(sql`
    select p.id as "personId", w.state, w.last_error as "lastError", exists (select 1 from task t
        where t.process_id = w.process_id and t.person_id = p.id and t.kind = 'role-change' and t.resource_id is null) as "isTakenBack",
      p.employment, p.department, p.region, ${iso(sql`p.starts_at`)} as "startsAt",
      ${iso(sql`p.ends_at`)} as "endsAt", p.suspended_at is not null as suspended, p.offboarded_at is not null as offboarded,
      ${openSignals(sql`p.id`)} as signals,
      case when m.seq is not null then json_build_object('contractRole', m.contract_role, 'givenRoles', m.given_roles,
        'from', ${iso(sql`m."from"`)}) end as membership,
      coalesce(h.roles, '[]') as roles, coalesce(l.reviews, '[]') as reviews
    from process_person w join person p on p.id = w.person_id and p.organization_id = w.organization_id
      left join membership m on m.person_id = p.id and m.until is null and m.organization_id = p.organization_id
      left join lateral (select json_agg(json_build_object('seq', h.seq, 'key', r.key, 'from', ${iso(sql`h."from"`)}) order by h.seq) as roles
        from person_role h join role r on r.id = h.role_id
        where h.person_id = p.id and h.organization_id = p.organization_id and ${heldNow(sql`h`)}) h on true
      left join lateral (select json_agg(json_build_object('id', l.id, 'role', l.role, 'at', ${iso(sql`l.at`)})) as reviews
        from (select distinct on (role) id, role, at from review_line where person_id = p.id order by role, at desc) l) l on true
    where w.process_id = ${processId} and w.state in ('waiting', 'applying') and w.person_id = ${anyOf(personIds)}
    order by p.id`);
  return [...rows];
}

/**
 * When a row `g` of access_grant was given, or last renewed, as `tenure_standing_since` has it. A renewal that its process took
 * back, because it failed, is none.
 */
export const standingSince = sql`greatest(g."from", (select max(n.recorded_at) from renewal n
  where n.grant_id = g.id and n.cause <> 'shortening' and not exists (select 1 from renewal b where b.grant_id = n.grant_id
    and b.process_id = n.process_id and b.cause = 'shortening' and b.until = n.former_until)))`;

/** Their standing grants that are not gone, and what of those that are ran out. */
export async function readStandingGrants(
  tx: Executor,
  personIds: readonly string[],
): Promise<StandingGrants> {
  const rows = await tx.execute<StandingGrantRow & { isGone: boolean } & Record<string, unknown>>(sql`
    select g.id, g.person_id as "personId", g.process_id as "processId", g.state, r.key as resource, e.key as entitlement,
      o.key as organization, ${iso(sql`g.until`)} as until, g.end_at is not null as ending, g.ended_at is not null as "isGone",
      ${iso(standingSince)} as since,
      g.due_at <= (select tenure_now()) as "isDue", g.resource_id as "resourceId", g.account, r.target_key as "targetKey", t.connector
    from access_grant g join resource r on r.id = g.resource_id join entitlement e on e.id = g.entitlement_id
      join organization o on o.id = g.organization_id join target t on t.key = r.target_key
    where g.person_id = ${anyOf(personIds)} and g.request_id is null and (g.ended_at is null or g.until <= least(g.ended_at, g.end_at))
    order by g.id`);
  return {
    open: rows.flatMap(({ isGone, ...row }) => (isGone ? [] : [row])),
    lapsed: rows.flatMap(({ isGone, personId, resource, entitlement, organization, since }) =>
      isGone ? [{ personId, resource, entitlement, organization, since }] : [],
    ),
  };
}

/** What the rows say of everything that can be held on these resources, by their keys. */
export async function readFacts(tx: Executor, resources: readonly string[]): Promise<EntitlementFacts[]> {
  const rows = await tx.execute<EntitlementFacts & Record<string, unknown>>(sql`
    select e.id as "entitlementId", e.key as entitlement, r.target_key as "targetKey", t.connector,
      json_build_object('id', r.id, 'key', r.key, 'kind', r.kind, 'region', r.region, 'classification', r.classification) as resource,
      json_build_object('id', o.id, 'key', o.key, 'kind', o.kind, 'tier', o.tier_key,
        ${consentMembers(sql`o`)}, 'suspended', o.suspended_at is not null) as organization
    from resource r join entitlement e on e.resource_id = r.id join target t on t.key = r.target_key
      join organization o on o.id = r.organization_id
    where r.key = ${anyOf(resources)} and r.retired_at is null and e.retired_at is null`);
  return [...rows];
}

/** What a process has given these people and what is not gone. */
export async function readGiven(
  tx: Executor,
  processId: string,
  personIds: readonly string[],
): Promise<GivenGrant[]> {
  const rows = await tx.execute<GivenGrant & Record<string, unknown>>(sql`
    select g.id, g.person_id as "personId", g.resource_id as "resourceId", g.account, r.target_key as "targetKey", t.connector,
      coalesce(g.end_at + ${limits.residueAfterMs} * interval '1 millisecond' <= (select tenure_now()), false) as "isLate"
    from access_grant g join resource r on r.id = g.resource_id join target t on t.key = r.target_key
    where g.process_id = ${processId} and g.person_id = ${anyOf(personIds)} and g.ended_at is null order by g.id`);
  return [...rows];
}
