import { sql } from 'drizzle-orm';
import {
  type RequestKind,
  type RequestState,
  settle,
  type StageState,
  type Verb,
} from '../../domain/access-request.ts';
import { isId } from '../../domain/ids.ts';
import type { Assurance } from '../../domain/policy.ts';
import type { Executor } from '../client.ts';
import { type Given, keptByShape } from '../kept.ts';
import { entitlementJson, resourceJson } from './catalog.ts';
import { type GrantView, grantJson } from './grant.ts';
import { lapsesAt } from './stage-limit.ts';
import { iso } from './instant.ts';
import { type KeyedView, organizationJson } from './organization.ts';
import { decidersJson, type PersonView, personJson } from './person.ts';
import {
  decides,
  idsOf,
  seesRequest,
  type Sight,
  sightOf,
  type Viewer,
  viewerGiven,
  type ViewerIds,
} from './viewer.ts';
import { fixed } from './fixed.ts';

export interface StageView {
  id: string;
  name: string;
  state: StageState;
  needed: number;
  /** Whose people decide. */
  organization: KeyedView;
  /** Silence until then lets the whole request lapse. */
  lapsesAt: string;
  people: PersonView[];
  decisions: { id: string; person: PersonView; decision: Verb; comment: string | null; decidedAt: string }[];
}

/** An access request as the outside sees it. Instants are ISO 8601 UTC, periods ISO 8601. */
export interface AccessRequestView {
  id: string;
  reference: string;
  kind: RequestKind;
  extendsRequestId: string | null;
  replacesRequestId: string | null;
  state: RequestState;
  person: PersonView;
  requestedBy: PersonView;
  organization: KeyedView;
  holderOrganization: KeyedView;
  resource: KeyedView;
  entitlement: KeyedView;
  period: string;
  startsAt: string | null;
  justification: string;
  ticket: string | null;
  askedAt: string;
  lapsesAt: string;
  longest: string;
  policyVersion: string;
  policies: { id: string; title: string }[];
  /** Policy marks the access as reported; it stands in the records. */
  reported: boolean;
  /** What policy wants of whoever asks and of whoever approves: a second factor, and a sign-in so many seconds ago at most. */
  needsMfa: boolean;
  maxAge: number | null;
  digest: string;
  /** Closed code of what last kept it from becoming real; null when nothing does. */
  lastError: string | null;
  stages: StageView[];
  grant: GrantView | null;
}

const stagesJson =
  fixed(sql`(select coalesce(json_agg(json_build_object('id', s.id, 'name', s.name, 'needed', s.needed,
  'organization', ${organizationJson(sql`s.organization_id`)}, 'lapsesAt', ${iso(sql`s.lapses_at`)},
  'people', ${decidersJson({ roleId: sql`s.role_id`, organizationId: sql`s.organization_id`, without: sql`r.person_id, r.requested_by` })},
  'decisions', (select coalesce(json_agg(json_build_object('id', d.id, 'person', ${personJson(sql`d.person_id`)}, 'decision', d.decision,
    'comment', d.comment, 'decidedAt', ${iso(sql`d.decided_at`)}) order by d.id), '[]') from decision d where d.stage_id = s.id)
  ) order by s.position), '[]') from stage s where s.request_id = r.id)`);

// An extension shows the grant whose end it moves. `coalesce` would say the same, but row-level security lets no index answer it.
const requestOfGrant = sql`case when r.extends_request_id is null then r.id else r.extends_request_id end`;
export const requestJson =
  fixed(sql`json_build_object('id', r.id, 'reference', r.reference, 'kind', r.kind, 'extendsRequestId', r.extends_request_id,
  'replacesRequestId', r.replaces_request_id, 'state', r.state, 'person', ${personJson(sql`r.person_id`)},
  'requestedBy', ${personJson(sql`r.requested_by`)}, 'organization', ${organizationJson(sql`r.organization_id`)},
  'holderOrganization', ${organizationJson(sql`r.holder_organization_id`)}, 'resource', ${resourceJson(sql`r.resource_id`)},
  'entitlement', ${entitlementJson(sql`r.entitlement_id`)}, 'period', r.period, 'startsAt', ${iso(sql`r.starts_at`)},
  'justification', r.justification, 'ticket', r.ticket, 'askedAt', ${iso(sql`r.asked_at`)}, 'lapsesAt', ${iso(lapsesAt(sql`r`))},
  'longest', r.longest, 'policyVersion', r.policy_version, 'policies', r.policies, 'reported', r.reported, 'needsMfa', r.needs_mfa,
  'maxAge', r.fresh_ms / 1000, 'digest', r.digest,
  'lastError', r.last_error, 'stages', ${stagesJson},
  'grant', (select ${grantJson} from access_grant g where g.request_id = ${requestOfGrant}))`);

/** The condition that a request is the one that an id or a reference (`AR-2207`) names. */
export function requestIs(name: string) {
  const by = nameOf(name);
  return by === null ? sql`false` : sql`${named[by.as]} = ${by.value}`;
}

const named = { id: sql`r.id`, reference: sql`r.reference` } as const;

function nameOf(name: string): { as: keyof typeof named; value: string } | null {
  if (isId('req', name)) return { as: 'id', value: name };
  return /^AR-\d{1,18}$/i.test(name) ? { as: 'reference', value: name.toUpperCase() } : null;
}

/** One request as a view; null when there is none that the viewer may see. */
export async function readAccessRequest(
  tx: Executor,
  viewer: Viewer,
  name: string,
): Promise<AccessRequestView | null> {
  const by = nameOf(name);
  if (by === null) return null;
  const [row] = await oneRequest(tx, { ...sightOf(viewer), as: by.as }, { ...idsOf(viewer), name: by.value });
  return row ? withStageStates(row.request) : null;
}

const oneRequest = keptByShape<
  { request: AccessRequestView },
  keyof ViewerIds | 'name',
  Sight & { as: keyof typeof named }
>(
  (given, sight) => sql`
    select ${requestJson} as request from access_request r where ${named[sight.as]} = ${given('name')} and ${seesRequest(viewerGiven(sight, given), sql`r`)}`,
);

/** The condition that a request waits for this person’s decision. */
export function waitsFor(personId: Given) {
  return sql`r.state = 'waiting' and ${lapsesAt(sql`r`)} > tenure_now() and r.person_id <> ${personId} and r.requested_by <> ${personId}
    and ${decides(personId, sql`r.id`)}
    and not exists (select 1 from decision wd where wd.request_id = r.id and wd.person_id = ${personId})`;
}

/** What the decisions say of each stage is not in the ledger. */
export function withStageStates(request: AccessRequestView): AccessRequestView {
  const decisions = request.stages.flatMap((stage) =>
    stage.decisions.map(({ person, decision }) => ({ stageId: stage.id, personId: person.id, decision })),
  );
  const settled = new Map(settle(request.stages, decisions).stages.map(({ id, state }) => [id, state]));
  const stages = request.stages.map((stage) => ({ ...stage, state: settled.get(stage.id) ?? stage.state }));
  return { ...request, stages };
}

/** A request as an operation needs it to decide on it or to end it. */
export interface RequestStanding {
  id: string;
  reference: string;
  kind: RequestKind;
  state: RequestState;
  extendsRequestId: string | null;
  personId: string;
  requestedBy: string;
  organizationId: string;
  holderOrganizationId: string;
  resourceId: string;
  entitlementId: string;
  ticket: string | null;
  policyVersion: string;
  digest: string;
  /** Who asked had signed in with a second factor. */
  askedWithMfa: boolean;
  /** Policy wants one of whoever approves, too, and a sign-in no older than this, in milliseconds. */
  needsMfa: boolean;
  freshMs: number | null;
  /** The ledger's clock, milliseconds since the epoch. */
  nowMs: number;
  /** Which run of its workflow carries it. */
  engineRun: number;
  /** The viewer holds the role of one of its stages. */
  viewerDecides: boolean;
}

/** Reads a request that the viewer may see, and keeps it from changing until the transaction ends. */
export async function lockAccessRequest(
  tx: Executor,
  viewer: Viewer,
  name: string,
): Promise<RequestStanding | null> {
  const rows = await tx.execute<RequestStanding & Record<string, unknown>>(sql`
    select r.id, r.reference, r.kind, r.state, r.extends_request_id as "extendsRequestId", r.person_id as "personId",
      r.requested_by as "requestedBy", r.organization_id as "organizationId", r.holder_organization_id as "holderOrganizationId",
      r.resource_id as "resourceId", r.entitlement_id as "entitlementId", r.ticket, r.policy_version as "policyVersion", r.digest,
      r.assurance->'amr' @> '"mfa"' as "askedWithMfa", r.needs_mfa as "needsMfa", r.fresh_ms::float8 as "freshMs",
      (extract(epoch from tenure_now()) * 1000)::float8 as "nowMs", r.engine_run as "engineRun", ${decides(viewer.personId, sql`r.id`)} as "viewerDecides"
    from access_request r where ${requestIs(name)} and ${seesRequest(viewer, sql`r`)} for no key update`);
  return rows[0] ?? null;
}

/** The id of a request that the viewer has made, by its id or reference; null when it is somebody else's or none. */
export async function findOwnRequest(tx: Executor, viewer: Viewer, name: string): Promise<string | null> {
  const rows = await tx.execute<{ id: string }>(sql`
    select r.id from access_request r
    where ${requestIs(name)} and ${seesRequest(viewer, sql`r`)} and r.requested_by = ${viewer.personId}`);
  return rows[0]?.id ?? null;
}

/** The extensions of a request that are not settled or not applied yet; kept from changing until the transaction ends. */
export async function lockOpenExtensions(
  tx: Executor,
  requestId: string,
): Promise<{ id: string; engineRun: number }[]> {
  const rows = await tx.execute<{ id: string; engineRun: number }>(sql`
    select id, engine_run as "engineRun" from access_request
    where extends_request_id = ${requestId} and state in ('waiting', 'approved') order by id for no key update`);
  return [...rows];
}

/** Moves a request on. The guards of the ledger refuse a way that does not exist. */
export async function moveAccessRequest(
  tx: Executor,
  requestId: string,
  state: 'approved' | 'denied' | 'cancelled',
): Promise<void> {
  await tx.execute(
    sql`update access_request set state = ${state}, settled_at = tenure_now() where id = ${requestId}`,
  );
}

export interface NewStage {
  id: string;
  name: string;
  roleKey: string;
  organizationId: string;
  needed: number;
  text: string;
  /** How long its people have, in milliseconds; null: as long as any request waits. */
  withinMs: number | null;
}

export interface NewAccessRequest {
  id: string;
  kind: RequestKind;
  state: 'waiting' | 'approved';
  extendsRequestId: string | null;
  replacesRequestId: string | null;
  personId: string;
  requestedBy: string;
  organizationId: string;
  holderOrganizationId: string;
  resourceId: string;
  entitlementId: string;
  period: string;
  periodMs: number;
  startsAt: string | null;
  justification: string;
  ticket: string | null;
  assurance: Assurance;
  /** Silence for this long lets a stage lapse that has no limit of its own, and with it the request. */
  silenceMs: number;
  /** And it lapses at this instant at the latest (ISO 8601 UTC). */
  lapsesAtLatest: string | null;
  longest: string;
  policyVersion: string;
  policies: { id: string; title: string }[];
  /** Policy marks the access as reported; it stands in the records. */
  reported: boolean;
  /** What policy wants of whoever asks and of whoever approves: a second factor, and how fresh a sign-in, in milliseconds. */
  needsMfa: boolean;
  freshMs: number | null;
  /** The step-up in which its requester signed it. */
  signedBy: string | null;
  digest: string;
  stages: NewStage[];
}

/** Writes a request and its stages. The reference, the instants and the roles' ids are the ledger's. */
export async function insertAccessRequest(tx: Executor, asked: NewAccessRequest): Promise<void> {
  // One connection carries both in this order; sent together, they cost one wait.
  await Promise.all([insertRequest(tx, asked), asked.stages.length > 0 ? insertStages(tx, asked) : null]);
}

/** A request waits as long as the most patient of its stages; the first that lapses ends it. */
function lapsesAfterMs({ silenceMs, stages }: NewAccessRequest): number {
  return Math.max(...stages.map(({ withinMs }) => withinMs ?? silenceMs), stages.length > 0 ? 0 : silenceMs);
}

async function insertRequest(tx: Executor, asked: NewAccessRequest): Promise<void> {
  // The clock is read once: two readings in one row may differ.
  const now = sql`(select now from clock)`;
  const lapsesAt = sql`least(${now} + ${lapsesAfterMs(asked)} * interval '1 millisecond', ${asked.lapsesAtLatest}::timestamptz)`;
  await tx.execute(sql`
    with clock as materialized (select tenure_now() as now)
    insert into access_request (id, reference, kind, state, extends_request_id, replaces_request_id, person_id, requested_by,
      organization_id, holder_organization_id, resource_id, entitlement_id, period, period_ms, starts_at, justification, ticket,
      assurance, asked_at, lapses_at, settled_at, longest, policy_version, policies, reported, needs_mfa,
      fresh_ms, signed_by, digest)
    values (${asked.id}, 'AR-' || nextval('access_request_reference'), ${asked.kind}, ${asked.state}, ${asked.extendsRequestId},
      ${asked.replacesRequestId}, ${asked.personId}, ${asked.requestedBy}, ${asked.organizationId}, ${asked.holderOrganizationId},
      ${asked.resourceId}, ${asked.entitlementId}, ${asked.period}, ${asked.periodMs}, ${asked.startsAt}, ${asked.justification},
      ${asked.ticket}, ${JSON.stringify(asked.assurance)}::jsonb, ${now}, ${lapsesAt},
      case when ${asked.state} = 'approved' then ${now} end, ${asked.longest}, ${asked.policyVersion},
      ${JSON.stringify(asked.policies)}::jsonb, ${asked.reported}, ${asked.needsMfa}, ${asked.freshMs}, ${asked.signedBy}, ${asked.digest})`);
}

// A stage is let in by row-level security only when its request can be seen, hence a statement of its own.
async function insertStages(tx: Executor, asked: NewAccessRequest): Promise<void> {
  const rows = asked.stages.map((stage, position) => ({ ...stage, position }));
  const inserted = await tx.execute(sql`
    insert into stage (id, request_id, position, name, role_id, organization_id, needed, lapses_at, text)
    select n.id, r.id, n.position, n.name, role.id, n."organizationId", n.needed,
      least(r.lapses_at, r.asked_at + coalesce(n."withinMs", ${asked.silenceMs}) * interval '1 millisecond'), n.text
    from json_to_recordset(${JSON.stringify(rows)}::json) as n(id text, position int, name text, "roleKey" text,
      "organizationId" text, needed int, text text, "withinMs" float8)
    join role on role.key = n."roleKey" join access_request r on r.id = ${asked.id} returning id`);
  // A policy may name a role that the catalog does not have; without its stage the request must not exist either.
  if (inserted.length !== rows.length)
    throw new TypeError('A stage names a role that is not in the catalog.');
}

/** How long the extensions of a request would add that are not settled or not applied yet, in milliseconds. */
export async function pendingExtensionMs(tx: Executor, requestId: string): Promise<number> {
  const rows = await tx.execute<{ ms: number }>(sql`
    select coalesce(sum(period_ms), 0)::float8 as ms from access_request
    where extends_request_id = ${requestId} and state in ('waiting', 'approved')`);
  return rows[0]?.ms ?? 0;
}
