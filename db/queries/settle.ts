import { eq, sql } from 'drizzle-orm';
import { type RequestState, settle, type Settlement } from '../../domain/access-request.ts';
import { actors } from '../../domain/audit-event.ts';
import type { StoredGrantState } from '../../domain/grant.ts';
import { appendAudit } from '../audit.ts';
import type { Executor } from '../client.ts';
import { accessRequest, stage } from '../schema/access-request.ts';
import { decision } from '../schema/decision.ts';
import { accessGrant } from '../schema/grant.ts';
import { lapsesAt } from './stage-limit.ts';
import { isUnrestored } from './restore.ts';

/** What the rows say about one request and its grant. Instants of the ledger's clock. */
export interface Standing {
  requestId: string;
  kind: 'access' | 'extension';
  state: RequestState;
  askedAt: Date;
  startsAt: Date | null;
  lapsesAt: Date;
  organizationId: string;
  holderOrganizationId: string;
  policyVersion: string;
  grant: { id: string; state: StoredGrantState; dueAt: Date } | null;
  /** An extension that came to nothing, and the target has not got the former end back yet. */
  unrestored: boolean;
  now: Date;
}

/** Reads where a request stands, in one statement; null when there is no such request. */
export async function readStanding(db: Executor, requestId: string): Promise<Standing | null> {
  const [row] = await db
    .select({
      requestId: accessRequest.id,
      kind: accessRequest.kind,
      state: accessRequest.state,
      askedAt: accessRequest.askedAt,
      startsAt: accessRequest.startsAt,
      lapsesAt: sql<string>`(extract(epoch from ${lapsesAt(sql`${accessRequest}`)}) * 1000)::bigint`,
      organizationId: accessRequest.organizationId,
      holderOrganizationId: accessRequest.holderOrganizationId,
      policyVersion: accessRequest.policyVersion,
      grantId: accessGrant.id,
      grantState: accessGrant.state,
      dueAt: accessGrant.dueAt,
      unrestored: isUnrestored(sql`${accessRequest.id}`, sql`${accessRequest.state}`),
      now: sql<string>`(extract(epoch from tenure_now()) * 1000)::bigint`,
    })
    .from(accessRequest)
    .leftJoin(accessGrant, eq(accessGrant.requestId, accessRequest.id))
    .where(eq(accessRequest.id, requestId));
  if (!row) return null;
  const { grantId, grantState, dueAt, now, lapsesAt: lapse, ...rest } = row;
  const grant = grantId && grantState && dueAt ? { id: grantId, state: grantState, dueAt } : null;
  return { ...rest, grant, lapsesAt: new Date(Number(lapse)), now: new Date(Number(now)) };
}

/**
 * Brings a waiting request in line with its decisions and the clock: approved, denied or lapsed. A second caller finds
 * nothing to do. Returns the state it has afterwards.
 */
export function settleWaiting(db: Executor, requestId: string): Promise<RequestState> {
  return db.transaction(async (tx) => {
    const [asked] = await tx
      .select({
        state: accessRequest.state,
        silent: sql<boolean>`${lapsesAt(sql`${accessRequest}`)} <= tenure_now()`,
        organizationId: accessRequest.organizationId,
        holderOrganizationId: accessRequest.holderOrganizationId,
        policyVersion: accessRequest.policyVersion,
      })
      .from(accessRequest)
      .where(eq(accessRequest.id, requestId))
      .for('no key update');
    if (!asked || asked.state !== 'waiting') return asked?.state ?? 'lapsed';
    const stages = await tx
      .select({
        id: stage.id,
        needed: stage.needed,
        name: stage.name,
        isSilent: sql<boolean>`${stage.lapsesAt} <= tenure_now()`,
      })
      .from(stage)
      .where(eq(stage.requestId, requestId));
    const decisions = await tx
      .select({ stageId: decision.stageId, personId: decision.personId, decision: decision.decision })
      .from(decision)
      .where(eq(decision.requestId, requestId))
      .orderBy(decision.id);
    const settled = settle(stages, decisions);
    const state = settled.state === 'waiting' && asked.silent ? 'lapsed' : settled.state;
    if (state === 'waiting') return state;
    await tx
      .update(accessRequest)
      .set({ state, settledAt: sql`tenure_now()` })
      .where(eq(accessRequest.id, requestId));
    await appendAudit(tx, {
      type: `access_request.${state}`,
      actor: actors.engine,
      subject: { kind: 'access_request', id: requestId },
      organizationId: asked.organizationId,
      holderOrganizationId: asked.holderOrganizationId,
      requestId,
      policyVersion: asked.policyVersion,
      reason: state === 'lapsed' ? silenceOf(stages, settled) : null,
    });
    return state;
  });
}

/** Whose silence it was, in words. */
function silenceOf(
  stages: readonly { id: string; name: string; isSilent: boolean }[],
  settled: Settlement,
): string | null {
  const open = new Set(settled.stages.flatMap(({ id, state }) => (state === 'waiting' ? [id] : [])));
  const silent = stages.filter(({ id, isSilent }) => isSilent && open.has(id)).map(({ name }) => name);
  return silent.length > 0 ? `not decided in time: ${silent.join(', ')}` : null;
}

/** Ids of requests that nobody decided on in time and that no workflow has closed; the reaper's share of promise 4. */
export async function silentRequests(db: Executor, limit: number): Promise<string[]> {
  const rows = await db.execute<{ id: string }>(sql`
    select r.id from access_request r where r.state = 'waiting' and ${lapsesAt(sql`r`)} <= tenure_now() - interval '2 seconds'
    order by r.lapses_at limit ${limit}`);
  return rows.map((row) => row.id);
}
