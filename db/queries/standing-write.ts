import { sql } from 'drizzle-orm';
import { actors } from '../../domain/audit-event.ts';
import type { Ending, GrantOrigin, RenewalCause } from '../../domain/grant.ts';
import { newId } from '../../domain/ids.ts';
import type { Holding } from '../../domain/plan.ts';
import type { ProcessPersonState } from '../../domain/process.ts';
import { appendAudits, type NewAuditEvent } from '../audit.ts';
import { type Executor, together } from '../client.ts';
import { type GivenUp, giveUp, noteNotGivenBack, type NotGivenBack } from './give-back.ts';
import { eventOf, type Written, written } from './standing-event.ts';

/** What a page of people gains and loses, as it is written before any target is touched. Instants are ISO 8601 UTC. */
export interface StandingWrites {
  processId: string;
  holderOrganizationId: string;
  origin: GrantOrigin;
  catalogRevision: number;
  /** When what begins begins. */
  now: string;
  take: { seq: number; personId: string; role: string }[];
  give: { personId: string; role: string }[];
  end: StandingEnding[];
  renew: {
    grantId: string;
    formerUntil: string;
    until: string;
    cause: RenewalCause;
    reviewId: string | null;
  }[];
  begin: NewStandingGrant[];
  /** What of it is given back where it fails: a role change's; an onboarding is taken back as a whole. */
  givesBack: boolean;
  /** For whom it comes to nothing: they stand among the people as failed. */
  refused: GivenUp[];
  /** What could not be given back to people whose change has failed before. */
  lost: NotGivenBack[];
  people: { personId: string; state: ProcessPersonState; error: string | null }[];
}

export interface StandingEnding {
  grantId: string;
  by: Ending;
  /** Only so that what excludes it can begin: if that fails, it is given back. */
  makesRoom: boolean;
}

export interface NewStandingGrant {
  id: string;
  personId: string;
  organizationId: string;
  resourceId: string;
  entitlementId: string;
  until: string;
  policyVersion: string;
  policies: { id: string; title: string }[];
  account: string;
  /** What the account held of it before, where one was taken over. */
  prior: readonly Holding[] | null;
  sealedPassword: string | null;
  /** The way from a role that is held to the one that gives it; of what is given back, the id of the grant that it was. */
  because: readonly string[];
}

// Rows are locked in the order of their ids before they are changed: two who change several would else wait for each other.

/**
 * Writes it all, each fact with its audit event, in as many statements for one person as for hundreds. What ends is ordered
 * first, so that what takes its place can begin in the same transaction. The people's rows must have been locked before.
 */
export async function writeStanding(tx: Executor, wish: StandingWrites): Promise<void> {
  // Sent together, they are done in this order; each of them sends all of its statements at once.
  const [roles, ends, renewals, beginnings] = await together([
    changeRoles(tx, wish),
    orderEnds(tx, wish),
    renewGrants(tx, wish),
    beginGrants(tx, wish),
    notePeople(tx, wish.processId, wish.people),
  ]);
  await appendAudits(tx, [...roles, ...ends, ...renewals, ...beginnings]);
  await appendAudits(tx, await giveUp(tx, wish, wish.refused));
  await noteNotGivenBack(tx, wish.processId, wish.lost);
}

async function changeRoles(
  tx: Executor,
  { take, give, holderOrganizationId }: StandingWrites,
): Promise<NewAuditEvent[]> {
  const taking =
    take.length > 0 &&
    tx.execute(sql`
      update person_role h set until = tenure_now() from jsonb_to_recordset(${JSON.stringify(take)}::jsonb) as w (seq bigint)
      where h.seq = w.seq`);
  const giving =
    give.length > 0 &&
    tx.execute(sql`
      insert into person_role (person_id, role_id, organization_id)
      select w."personId", r.id, ${holderOrganizationId}
      from jsonb_to_recordset(${JSON.stringify(give)}::jsonb) as w ("personId" text, role text) join role r on r.key = w.role`);
  await together([taking, giving]);
  const told = (type: 'role.taken' | 'role.given', list: readonly { personId: string; role: string }[]) =>
    list.map(({ personId, role }) => ({
      type,
      actor: actors.engine,
      subject: { kind: 'person', id: personId },
      organizationId: holderOrganizationId,
      holderOrganizationId,
      reason: role,
    }));
  return [...told('role.taken', take), ...told('role.given', give)];
}

async function orderEnds(tx: Executor, { end, processId }: StandingWrites): Promise<NewAuditEvent[]> {
  if (end.length === 0) return [];
  const rows = await tx.execute<Written & { by: Ending }>(sql`
    with chosen as materialized (select g.id, w.by from access_grant g
      join jsonb_to_recordset(${JSON.stringify(end)}::jsonb) as w ("grantId" text, by text) on w."grantId" = g.id
      where g.ended_at is null and g.end_at is null order by g.id for no key update of g)
    update access_grant g set end_at = tenure_now(), end_order = w.by from chosen w where g.id = w.id returning ${written}, w.by`);
  const makesRoom = new Set(end.filter((one) => one.makesRoom).map((one) => one.grantId));
  return rows.map((row) => {
    const event = eventOf('grant.end_intended', row, actors.engine, row.by);
    // By the subject `readFormer` finds what is to be given back.
    return makesRoom.has(row.id) ? { ...event, subject: { kind: 'process', id: processId } } : event;
  });
}

async function renewGrants(tx: Executor, { renew, processId }: StandingWrites): Promise<NewAuditEvent[]> {
  if (renew.length === 0) return [];
  const lines = JSON.stringify(renew.map((one) => ({ ...one, id: newId('renewal') })));
  const wishes = sql`jsonb_to_recordset(${lines}::jsonb)
    as w (id text, "grantId" text, "formerUntil" timestamptz, until timestamptz, cause text, "reviewId" text)`;
  const noted = tx.execute(sql`
    insert into renewal (id, grant_id, process_id, organization_id, holder_organization_id, former_until, until, cause, review_id)
    select w.id, g.id, ${processId}, g.organization_id, g.holder_organization_id, w."formerUntil", w.until, w.cause, w."reviewId"
    from ${wishes} join access_grant g on g.id = w."grantId"`);
  const renewed = tx.execute<Written & { why: string }>(sql`
    update access_grant g set until = w.until from ${wishes}
    where g.id = w."grantId" and g.until = w."formerUntil" and g.end_at is null
    returning ${written}, concat_ws(' ', w.cause, w."reviewId") as why`);
  const [, rows] = await together([noted, renewed]);
  return rows.map(({ why, ...row }) => eventOf('grant.renewed', row, actors.engine, `${why} ${processId}`));
}

async function beginGrants(tx: Executor, wish: StandingWrites): Promise<NewAuditEvent[]> {
  const { begin, processId, catalogRevision, origin, now, holderOrganizationId } = wish;
  if (begin.length === 0) return [];
  const rows = await tx.execute<Written>(sql`
    insert into access_grant as g (id, process_id, catalog_revision, origin, state, person_id, organization_id,
      holder_organization_id, resource_id, entitlement_id, "from", until, policy_version, policies, because, account, prior, sealed_password)
    select w.id, ${processId}, ${catalogRevision}, ${origin}, 'provisioning', w."personId", w."organizationId",
      ${holderOrganizationId}, w."resourceId", w."entitlementId", ${now}, w.until, w."policyVersion", w.policies,
      coalesce((select f.because from access_grant f where f.id = w.because->>0), array(select jsonb_array_elements_text(w.because))), w.account, w.prior, w."sealedPassword"
    from jsonb_to_recordset(${JSON.stringify(begin)}::jsonb) as w (id text, "personId" text, "organizationId" text,
      "resourceId" text, "entitlementId" text, until timestamptz, "policyVersion" text, policies jsonb, because jsonb,
      account text, prior jsonb, "sealedPassword" text)
    returning ${written}`);
  const reasons = new Map(begin.map((one) => [one.id, one.because.join(' > ')]));
  return rows.map((row) => eventOf('grant.intended', row, actors.engine, reasons.get(row.id) ?? null));
}

async function notePeople(tx: Executor, processId: string, people: StandingWrites['people']): Promise<void> {
  if (people.length === 0) return;
  await tx.execute(sql`
    update process_person w set state = x.state, last_error = x.error, changed_at = tenure_now()
    from jsonb_to_recordset(${JSON.stringify(people)}::jsonb) as x ("personId" text, state text, error text)
    where w.process_id = ${processId} and w.person_id = x."personId" and w.state in ('waiting', 'applying')`);
}
