import { sql } from 'drizzle-orm';
import { type Actor, actors, type AuditEventType } from '../../domain/audit-event.ts';
import type { ContractEffect } from '../../domain/contract-effects.ts';
import { newId } from '../../domain/ids.ts';
import type { ProcessCause, ProcessKind, ProcessState } from '../../domain/process.ts';
import { appendAudit, appendAudits } from '../audit.ts';
import { type Executor, together } from '../client.ts';
import { enqueue, enqueueEngine, type OutboxLine } from '../outbox.ts';
import { closeFencesOf } from './fence-close.ts';
import { iso } from './instant.ts';
import { anyOf } from './texts.ts';
import { fixed } from './fixed.ts';

/** What a contract agrees on, as far as draw-up makes facts of it. The people it names are read from the contract itself. */
export interface WishedTerms {
  /** The tier's key. */
  tier: string | null;
  region: string | null;
  /** Null: the contract names no number. */
  seats: number | null;
  /** ISO 8601 UTC; null: it names no end. */
  until: string | null;
  state: string;
}

/** What a process is for, as far as the rows do not say it: ids, keys, numbers and closed codes; no names and no free text. */
export interface ProcessWish {
  /** Which contract effects it stands for. */
  effects?: ContractEffect['kind'][];
  /** Facts that are applied when it begins. */
  terms?: WishedTerms;
  /** Of an onboarding: the customer was one before. */
  again?: boolean;
  /** Of an onboarding: false where nobody is written to, e.g. people who were adopted by an import. */
  welcome?: boolean;
  /** Of an onboarding by an import: these people would decide or do something in Tenure itself, which a fence counts. */
  counts?: true;
  /** Ids of users to whom the contract gives another role than before. */
  newRoles?: string[];
  /** Of a role change; `invitation`: an onboarding that only sends a user who is there another welcome. */
  what?:
    | 'contract'
    | 'roles'
    | 'department'
    | 'region'
    | 'catalog'
    | 'dunning'
    | 'seats'
    | 'review'
    | 'invitation';
  /** Of an offboarding. */
  why?: 'churn' | 'removal' | 'leaving' | 'dunning' | 'end-date';
  /** Of an offboarding by an end that was written down for somebody: that end, ISO 8601 UTC. */
  endsAt?: string;
  /**
   * Of an offboarding by a directory that came beyond what the fence of people lets through: that limit, and whether it was this word
   * that suspended the person.
   */
  beyond?: { limit: number; suspended: boolean };
  /** Of a role change by an edit of the catalog: the revision. */
  revision?: number;
  /** `affected`: those whose rows whoever made the process has written beside it, and nobody else. */
  people?: 'affected';
}

/** Whether it is about a user who is there already, and only sends them another welcome. */
export function isInvitation({ kind, wish }: { kind: ProcessKind; wish: ProcessWish }): boolean {
  return kind === 'onboarding' && wish.what === 'invitation';
}

export interface NewProcess {
  kind: ProcessKind;
  organizationId: string;
  /** Null or absent: it is about the whole organization, or about those who are written beside it. */
  personId?: string | null;
  cause: ProcessCause;
  /** The source's key, where an event or a feed set it off. */
  source?: string | null;
  wish: ProcessWish;
  /** The person who asked for it; null when nobody did. */
  requestedBy?: string | null;
  /** Free text; kept where it can be forgotten. */
  reason?: string | null;
  /** Not before this instant: a grace. Absent: at once. */
  dueAt?: Date | null;
  actor: Actor;
  /** W3C trace context of what caused it. */
  traceparent: string | null;
}

/** A process that was written, and the line that has it carried. */
export interface CreatedProcess {
  id: string;
  line: OutboxLine;
}

/**
 * Writes a process, its audit event and the outbox line that has it carried, in the caller's transaction. Tell the line to
 * the starter after the commit where there is one; else the relay is soon enough.
 */
export async function createProcess(tx: Executor, wish: NewProcess): Promise<CreatedProcess> {
  const [created] = await createProcesses(tx, [wish]);
  if (!created) throw new RangeError('A process was not written.');
  return created;
}

/** The same for many at once, in their order: three statements, however many they are. */
export async function createProcesses(
  tx: Executor,
  wishes: readonly NewProcess[],
): Promise<CreatedProcess[]> {
  if (wishes.length === 0) return [];
  const made = await writeProcesses(tx, wishes);
  const lines = await enqueueEngine(
    tx,
    made.map(({ id, kind, organizationId, traceparent }) => {
      const message = { signal: null, id, organization: organizationId, run: 1, kind };
      return { subjectId: id, message, traceparent };
    }),
  );
  return lines.map((line) => ({ id: line.subjectId, line }));
}

/**
 * The same without a line, for a customer's workflow, which has the process carried as soon as this is committed. Should it not
 * hear of that, the relay's repair finds the process. Returns its id.
 */
export async function createCarriedProcess(tx: Executor, wish: NewProcess): Promise<string> {
  const [made] = await writeProcesses(tx, [wish]);
  if (!made) throw new RangeError('A process was not written.');
  return made.id;
}

async function writeProcesses(
  tx: Executor,
  wishes: readonly NewProcess[],
): Promise<(NewProcess & { id: string })[]> {
  const made = wishes.map((wish) => ({ ...wish, id: newId('proc') }));
  const events = made.map(({ id, actor, organizationId, reason = null }) => ({
    type: 'process.asked' as const,
    actor,
    subject: { kind: 'process', id },
    organizationId,
    holderOrganizationId: organizationId,
    reason,
  }));
  await together([insertProcesses(tx, made), appendAudits(tx, events)]);
  return made;
}

async function insertProcesses(tx: Executor, made: readonly (NewProcess & { id: string })[]): Promise<void> {
  const rows = made.map(({ id, kind, cause, source, wish, reason, ...more }) => {
    const { organizationId: organization, personId: person, requestedBy: by, dueAt: due } = more;
    return { id, kind, organization, person, cause, source, wish, by, reason, due };
  });
  await tx.execute(sql`
    insert into process (id, kind, organization_id, person_id, cause, source, wish, requested_by, reason, due_at)
    select id, kind, organization, person, cause, source, wish, by, reason, coalesce(due, tenure_now())
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (id text, kind text, organization text, person text,
      cause text, source text, wish jsonb, by text, reason text, due timestamptz)`);
}

/** A process as its activities need it. Instants are ISO 8601 UTC. */
export interface ProcessView {
  id: string;
  kind: ProcessKind;
  state: ProcessState;
  organizationId: string;
  personId: string | null;
  cause: ProcessCause;
  source: string | null;
  wish: ProcessWish;
  requestedBy: string | null;
  /** Its time has come, by the ledger's clock. */
  isDue: boolean;
  dueAt: string;
  catalogRevision: number | null;
  isDrawnUp: boolean;
  run: number;
  now: string;
}

/** Columns of `ProcessView`, of rows of `process`. */
export const processColumns =
  fixed(sql`id, kind, state, organization_id as "organizationId", person_id as "personId", cause, source, wish,
  requested_by as "requestedBy", due_at <= tenure_now() as "isDue", ${iso(sql`due_at`)} as "dueAt",
  catalog_revision as "catalogRevision", drawn_up_at is not null as "isDrawnUp", engine_run as run,
  ${iso(sql`tenure_now()`)} as now`);

/** Reads a process; null when there is none of that id. */
export async function readProcess(db: Executor, processId: string): Promise<ProcessView | null> {
  const rows = await db.execute<ProcessView & Record<string, unknown>>(
    sql`select ${processColumns} from process where id = ${processId}`,
  );
  return rows[0] ?? null;
}

/** The same under its lock, which comes before every lock on a person or a grant. */
export async function lockProcess(tx: Executor, processId: string): Promise<ProcessView | null> {
  const rows = await tx.execute<ProcessView & Record<string, unknown>>(
    sql`select ${processColumns} from process where id = ${processId} for no key update`,
  );
  return rows[0] ?? null;
}

/** Which event tells of a state; `confirming` and `undoing` are on the way to another. */
const eventOf: Partial<Record<ProcessState, AuditEventType>> = {
  fenced: 'process.fenced',
  running: 'process.started',
  done: 'process.completed',
  residue: 'process.completed',
  failed: 'process.failed',
  discarded: 'process.discarded',
};

export interface Move {
  /** Closed code. */
  lastError?: string | null;
  /** Id of the process that takes its place. */
  replacedBy?: string | null;
  /** Who moves it; the engine unless said. */
  actor?: Actor;
}

/**
 * Moves a process on, with its audit event, if it is in one of these states; false when it is in none of them. What it may
 * become is the ledger's own rule.
 */
export async function moveProcess(
  tx: Executor,
  processId: string,
  from: readonly ProcessState[],
  to: ProcessState,
  { lastError = null, replacedBy = null, actor = actors.engine }: Move = {},
): Promise<boolean> {
  const isOver = to === 'done' || to === 'residue' || to === 'failed' || to === 'discarded';
  const rows = await tx.execute<{ organizationId: string; policyVersion: string | null; first: boolean }>(sql`
    with before as (select id, started_at from process where id = ${processId} for no key update)
    update process set state = ${to}, last_error = coalesce(${lastError}::text, last_error),
      replaced_by = coalesce(${replacedBy}::text, replaced_by),
      started_at = case when ${to} = 'running' then coalesce(process.started_at, tenure_now()) else process.started_at end,
      settled_at = case when ${isOver}::boolean then tenure_now() end
    from before where process.id = before.id and state = ${anyOf(from)}
    returning organization_id as "organizationId", policy_version as "policyVersion", before.started_at is null as first`);
  const moved = rows[0];
  if (!moved) return false;
  if (to === 'discarded') await closeFencesOf(tx, processId);
  const type = eventOf[to];
  // A fence that opened, or a failure that was mended, has a process run on: it started once.
  if (!type || (to === 'running' && !moved.first)) return true;
  await appendAudit(tx, {
    type,
    actor,
    subject: { kind: 'process', id: processId },
    organizationId: moved.organizationId,
    holderOrganizationId: moved.organizationId,
    policyVersion: moved.policyVersion,
    reason: to === 'residue' ? 'residue' : lastError,
  });
  return true;
}

/** Wakes the workflow of a process: something new is in its rows. Returns the line, or null when there is no such process. */
export async function nudgeProcess(
  tx: Executor,
  processId: string,
  signal: 'nudge' | 'confirm' | 'release' | 'discard',
  traceparent: string | null,
): Promise<OutboxLine | null> {
  const rows = await tx.execute<{ organization: string; run: number; kind: ProcessKind }>(
    sql`select organization_id as organization, engine_run as run, kind from process where id = ${processId}`,
  );
  const [known] = rows;
  if (!known) return null;
  const message = { signal, id: processId, ...known };
  return enqueue(tx, { kind: 'engine', subjectId: processId, message, traceparent });
}
