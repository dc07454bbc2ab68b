import { appendAudit } from '../../db/audit.ts';
import type { Executor } from '../../db/client.ts';
import { guardProblem, isDuplicate } from '../../db/errors.ts';
import { enqueue } from '../../db/outbox.ts';
import {
  lockAccessRequest,
  moveAccessRequest,
  type RequestStanding,
} from '../../db/queries/access-request.ts';
import {
  type DecisionView,
  insertDecision,
  type NewDecision,
  readDecisions,
  readStages,
  type StageForPerson,
} from '../../db/queries/decision.ts';
import { readProvenFrom } from '../../db/queries/signal.ts';
import { settle, type Verb } from '../../domain/access-request.ts';
import type { AuditEventType } from '../../domain/audit-event.ts';
import { TenureError } from '../../domain/errors.ts';
import { newId } from '../../domain/ids.ts';
import { texts } from '../console/texts/passkeys.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { actorOf, type PersonPrincipal, viewerOf } from '../principal.ts';
import { type IdempotencyKey, transact } from '../transact.ts';
import { stepUpRequired } from './policy-gate.ts';
import { notFound, refusedAct } from './refusals.ts';
import { signatureFor, signedDecision, signedReason } from './signed.ts';
import { ageOf, isOutdated, outdatedText } from './wish.ts';

export interface DecisionWish {
  decision: Verb;
  comment?: string | undefined;
  /** A stage's id or name; needed only by who may decide more than one. */
  stage?: string | undefined;
  /** The step-up in which they signed this with a passkey. */
  signed?: string | undefined;
}

/**
 * Records one person's decision on one stage and, in the same transaction, what it makes of the request. Who may decide,
 * and until when, is checked by the ledger's own guard, so that no other way of writing can differ.
 */
export function decideAccessRequest(
  deps: ApiDeps,
  caller: PersonPrincipal,
  name: string,
  wish: DecisionWish,
  idempotency: IdempotencyKey | null,
): Promise<Outside<DecisionView>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const asked = await lockAccessRequest(tx, viewerOf(caller), name);
    if (!asked) throw notFound();
    const stages = await readStages(tx, asked.id, caller.personId);
    const stage = chooseStage(caller, asked, stages, wish.stage);
    if (wish.decision === 'approve') refuseWeakApproval(caller, asked);
    await refuseOutdated(tx, caller, asked);
    const signature = await signatureFor(tx, caller, wish.signed, signedDecision(asked, wish.decision));
    const answer = await insertGuarded(tx, caller, asked, stage, { ...wish, signature });
    await audit(tx, caller, asked, 'decision.recorded', answer);
    await settleRequest(tx, caller, asked, stages, answer);
    const signal = wish.decision;
    const line = await enqueue(tx, {
      kind: 'engine',
      subjectId: asked.id,
      message: { signal, id: answer.id, organization: asked.organizationId, run: asked.engineRun },
      traceparent: deps.trace?.() ?? null,
    });
    return { answer, lines: [line] };
  });
}

/** The stage that was named, or the only one that is the caller's; when none is, any: the guard says what is wrong. */
function chooseStage(
  caller: PersonPrincipal,
  asked: RequestStanding,
  stages: readonly StageForPerson[],
  named: string | undefined,
): StageForPerson {
  if (named !== undefined) {
    const stage = stages.find(({ id, name }) => id === named || name === named);
    if (stage) return stage;
    throw new TenureError('unknown-reference', 'Something named is not known.', [
      { pointer: '/stage', detail: 'The request has no such stage.' },
    ]);
  }
  const theirs = stages.filter((stage) => stage.isTheirs);
  if (theirs.length > 1) {
    const names = theirs.map((stage) => stage.name).join(', ');
    throw new TenureError('invalid-input', 'Some fields are wrong.', [
      { pointer: '/stage', detail: `You may decide several: ${names}. Name one.` },
    ]);
  }
  const stage = theirs[0] ?? stages[0];
  if (stage) return stage;
  const isOwn = [asked.personId, asked.requestedBy].includes(caller.personId);
  const problem = isOwn
    ? new TenureError('self-approval', 'Nobody decides on a request that is theirs or that they made.')
    : new TenureError('not-your-stage', 'This request needs nobody’s decision.');
  throw refusedAct(caller, asked, 'decision', problem);
}

/**
 * What policy wants of whoever asks it wants of whoever approves: else a stolen password would do for half of it. Denying asks for
 * nothing: whatever is denied stays closed.
 */
function refuseWeakApproval(caller: PersonPrincipal, asked: RequestStanding): void {
  const lacking = lackingForApproval(caller, asked);
  if (lacking)
    throw refusedAct(caller, asked, 'decision', stepUpRequired(texts.approvalNeeds[lacking], asked.freshMs));
}

/** Whose credentials have changed since they signed in decides nothing before they have shown again who they are. */
async function refuseOutdated(tx: Executor, caller: PersonPrincipal, asked: RequestStanding): Promise<void> {
  const provenFromMs = await readProvenFrom(tx, caller.personId);
  if (provenFromMs === null || !isOutdated(caller, provenFromMs)) return;
  const problem = stepUpRequired(outdatedText, Math.max(0, asked.nowMs - provenFromMs));
  throw refusedAct(caller, asked, 'decision', problem);
}

/** What an approval of theirs would lack; null when nothing. */
export function lackingForApproval(
  caller: PersonPrincipal,
  asked: Pick<RequestStanding, 'needsMfa' | 'freshMs' | 'nowMs'>,
): 'mfa' | 'fresh' | null {
  if (asked.needsMfa && !caller.amr.includes('mfa')) return 'mfa';
  return asked.freshMs !== null && ageOf(caller, asked.nowMs) > asked.freshMs ? 'fresh' : null;
}

async function insertGuarded(
  tx: Executor,
  caller: PersonPrincipal,
  asked: RequestStanding,
  stage: StageForPerson,
  wish: DecisionWish & Pick<NewDecision, 'signature'>,
): Promise<DecisionView> {
  try {
    return await insertDecision(tx, {
      id: newId('dec'),
      requestId: asked.id,
      stageId: stage.id,
      personId: caller.personId,
      decision: wish.decision,
      comment: wish.comment ?? null,
      policyVersion: asked.policyVersion,
      requestDigest: asked.digest,
      signature: wish.signature,
    });
  } catch (error) {
    const problem = isDuplicate(error)
      ? new TenureError('already-decided', 'This has been decided already.')
      : guardProblem(error);
    throw problem ? refusedAct(caller, asked, 'decision', problem) : error;
  }
}

async function settleRequest(
  tx: Executor,
  caller: PersonPrincipal,
  asked: RequestStanding,
  stages: readonly StageForPerson[],
  made: DecisionView,
): Promise<void> {
  const { state } = settle(stages, await readDecisions(tx, asked.id));
  if (state === 'waiting') return;
  await moveAccessRequest(tx, asked.id, state);
  await audit(tx, caller, asked, `access_request.${state}`, made);
}

function audit(
  tx: Executor,
  caller: PersonPrincipal,
  asked: RequestStanding,
  type: AuditEventType,
  made: DecisionView,
): Promise<void> {
  const isDecision = type === 'decision.recorded';
  const subject = isDecision ? { kind: 'decision', id: made.id } : { kind: 'access_request', id: asked.id };
  const signature = isDecision && made.signedBy !== null ? { passkeyId: made.signedBy } : null;
  return appendAudit(tx, {
    type,
    actor: actorOf(caller),
    subject,
    organizationId: asked.organizationId,
    holderOrganizationId: asked.holderOrganizationId,
    requestId: asked.id,
    policyVersion: asked.policyVersion,
    reason: signedReason(made.comment, signature),
  });
}
