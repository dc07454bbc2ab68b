import { appendAudit, type NewAuditEvent } from '../db/audit.ts';
import { type Executor, readingWithin, within } from '../db/client.ts';
import type { OutboxLine } from '../db/outbox.ts';
import { recallAnswer, rememberAnswer, takeIdempotencyKey } from '../db/queries/idempotency.ts';
import { TenureError } from '../domain/errors.ts';
import { limits } from '../domain/limits.ts';
import type { ApiDeps } from './deps.ts';
import { type Outside, outside } from './outside.ts';
import { type PersonPrincipal, scopeOf } from './principal.ts';

/** A caller's key for one request, and the hash of what it asked. */
export interface IdempotencyKey {
  key: string;
  requestHash: string;
}

/** What a use case wrote: the answer, and whom to tell. */
export interface Recorded<T> {
  answer: T;
  lines: OutboxLine[];
}

/** A refusal by policy or authority. Nothing of the request stays but one audit event. */
export class AuditedRefusal extends Error {
  override readonly name = 'AuditedRefusal';
  constructor(
    readonly problem: TenureError,
    readonly event: NewAuditEvent,
  ) {
    super(problem.code);
  }
}

/**
 * Runs a use case that writes, in one transaction with the caller's eyes: the fact, its audit events, its outbox lines and
 * the answer kept under the caller's Idempotency-Key are committed together or not at all. Afterwards the lines are tried
 * at once, and nobody waits for that.
 */
export async function transact<T>(
  deps: ApiDeps,
  caller: PersonPrincipal,
  idempotency: IdempotencyKey | null,
  work: (tx: Executor) => Promise<Recorded<T>>,
): Promise<Outside<T>> {
  const { answer, lines } = await auditingRefusals(deps, caller, () =>
    within(deps.ledger, scopeOf(caller), (tx) => once(tx, caller, idempotency, work)),
  );
  for (const line of lines) deps.starter.hurry(line);
  return answer;
}

/** Runs a use case that only reads, in one transaction with the caller's eyes. */
export async function reading<T>(
  deps: ApiDeps,
  caller: PersonPrincipal,
  work: (tx: Executor) => Promise<T>,
): Promise<Outside<T>> {
  return outside(await readingWithin(deps.ledger, scopeOf(caller), work));
}

async function once<T>(
  tx: Executor,
  caller: PersonPrincipal,
  idempotency: IdempotencyKey | null,
  work: (tx: Executor) => Promise<Recorded<T>>,
): Promise<Recorded<Outside<T>>> {
  if (!idempotency) {
    const { answer, lines } = await work(tx);
    return { answer: outside(answer), lines };
  }
  const { key, requestHash } = idempotency;
  const remembered = await recall(tx, caller.personId, idempotency);
  // The same hash was answered by this same use case, so the body has its shape.
  if (remembered) return { answer: remembered.body as Outside<T>, lines: [] };
  const recorded = await work(tx);
  const answer = outside(recorded.answer);
  const status = 201;
  await rememberAnswer(tx, {
    caller: caller.personId,
    key,
    requestHash,
    status,
    body: answer,
    forMs: limits.idempotencyMs,
  });
  return { answer, lines: recorded.lines };
}

async function recall(tx: Executor, caller: string, { key, requestHash }: IdempotencyKey) {
  if (!(await takeIdempotencyKey(tx, caller, key))) {
    throw new TenureError('idempotency-in-progress', 'The first request with this key has no answer yet.');
  }
  const remembered = await recallAnswer(tx, caller, key);
  if (remembered && remembered.requestHash !== requestHash) {
    throw new TenureError('idempotency-key-reused', 'Use a new key for a new request.', [
      { pointer: 'idempotency-key', detail: 'It belongs to another request.' },
    ]);
  }
  return remembered;
}

/** A refused transaction is rolled back whole; the event about it has one of its own. */
async function auditingRefusals<T>(
  deps: ApiDeps,
  caller: PersonPrincipal,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AuditedRefusal)) throw error;
    await within(deps.ledger, scopeOf(caller), (tx) => appendAudit(tx, error.event));
    throw error.problem;
  }
}
