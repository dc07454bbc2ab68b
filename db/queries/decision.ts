import { sql } from 'drizzle-orm';
import type { StageDecision, StageRule, Verb } from '../../domain/access-request.ts';
import type { Executor } from '../client.ts';
import { iso } from './instant.ts';
import { heldNow, type PersonView, personJson } from './person.ts';

/** A decision as the outside sees it. */
export interface DecisionView {
  id: string;
  requestId: string;
  stageId: string;
  person: PersonView;
  decision: Verb;
  comment: string | null;
  decidedAt: string;
  policyVersion: string;
  requestDigest: string;
  /** The passkey with which they signed it; null where they did not. */
  signedBy: string | null;
}

/** A stage, and whether one person holds its role in its organization now. */
export interface StageForPerson extends StageRule {
  name: string;
  isTheirs: boolean;
}

/** The stages of a request in their order, with whose they are. */
export async function readStages(
  tx: Executor,
  requestId: string,
  personId: string,
): Promise<StageForPerson[]> {
  const rows = await tx.execute<{ id: string; name: string; needed: number; isTheirs: boolean }>(sql`
    select s.id, s.name, s.needed, exists (select 1 from person_role h where h.role_id = s.role_id
      and h.organization_id = s.organization_id and h.person_id = ${personId} and ${heldNow(sql`h`)}) as "isTheirs"
    from stage s where s.request_id = ${requestId} order by s.position`);
  return [...rows];
}

/** Every decision on a request, in the order they were made. */
export async function readDecisions(tx: Executor, requestId: string): Promise<StageDecision[]> {
  const rows = await tx.execute<{ stageId: string; personId: string; decision: Verb }>(sql`
    select stage_id as "stageId", person_id as "personId", decision from decision where request_id = ${requestId} order by id`);
  return [...rows];
}

export interface NewDecision {
  id: string;
  requestId: string;
  stageId: string;
  personId: string;
  decision: Verb;
  comment: string | null;
  policyVersion: string;
  requestDigest: string;
  /** With what they signed it. */
  signature: { id: string; passkeyId: string } | null;
}

/** Writes a decision. The ledger's guard checks who, when and where, and fails with its SQLSTATE. */
export async function insertDecision(tx: Executor, made: NewDecision): Promise<DecisionView> {
  const rows = await tx.execute<DecisionView & Record<string, unknown>>(sql`
    insert into decision as d (id, request_id, stage_id, person_id, decision, comment, policy_version, request_digest, signed_by)
    values (${made.id}, ${made.requestId}, ${made.stageId}, ${made.personId}, ${made.decision}, ${made.comment},
      ${made.policyVersion}, ${made.requestDigest}, ${made.signature?.id ?? null})
    returning d.id, d.request_id as "requestId", d.stage_id as "stageId", ${personJson(sql`d.person_id`)} as person, d.decision,
      d.comment, ${iso(sql`d.decided_at`)} as "decidedAt", d.policy_version as "policyVersion", d.request_digest as "requestDigest",
      ${made.signature?.passkeyId ?? null}::text as "signedBy"`);
  const [row] = rows;
  if (!row) throw new TypeError('A decision without a row.');
  return row;
}
