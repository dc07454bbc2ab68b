import type { Executor } from '../../db/client.ts';
import { type CustomerFacts, readUser, type UserView } from '../../db/queries/customer.ts';
import type { OutboxLine } from '../../db/outbox.ts';
import { createProcess } from '../../db/queries/process.ts';
import { type ProcessSummary, showProcess } from '../../db/queries/process-view.ts';
import type { ApiDeps } from '../deps.ts';
import type { ProcessCause } from '../../domain/process.ts';
import type { Actor } from '../../domain/audit-event.ts';
import { actorOf, type PersonPrincipal } from '../principal.ts';
import type { Recorded } from '../transact.ts';
import { notFound } from './refusals.ts';

/** A user of a customer and the process that is about them. */
export interface UserProcess {
  user: UserView;
  process: ProcessSummary;
}

/** On whose word a customer's users are added, changed and removed: a person's, or their directory's. */
export interface UserKeeper {
  actor: Actor;
  cause: Extract<ProcessCause, 'administrator' | 'operations'>;
  /** Of what changes roles or has somebody leave: a fence counts a directory's, as those of any feed, so that it can't turn everybody's. */
  changeCause: Extract<ProcessCause, 'administrator' | 'operations' | 'roster'>;
  /** Id of the directory's token; null for a person. */
  source: string | null;
  /** The person's id; null for a directory. */
  requestedBy: string | null;
}

export function keeperOf(caller: PersonPrincipal): UserKeeper {
  const cause = causeOf(caller);
  return { actor: actorOf(caller), cause, changeCause: cause, source: null, requestedBy: caller.personId };
}

/** What is asked for about one user. */
export interface UserStory {
  customer: CustomerFacts;
  personId: string;
  kind: 'onboarding' | 'role-change';
  /** What it is for: nothing more is said of the onboarding of somebody who is new. */
  what?: 'roles' | 'invitation';
  /** Who signs in with the accounts of their organization needs no link to do so. */
  needsNoWelcome?: boolean;
  reason: string;
}

/** Writes the process about a user. */
export function beginUserProcess(
  deps: ApiDeps,
  tx: Executor,
  { actor, cause, changeCause, source, requestedBy }: UserKeeper,
  { customer, personId, kind, what, needsNoWelcome = false, reason }: UserStory,
): Promise<{ id: string; line: OutboxLine }> {
  return createProcess(tx, {
    kind,
    organizationId: customer.id,
    personId,
    cause: kind === 'role-change' ? changeCause : cause,
    source,
    wish: { ...(what ? { what } : {}), ...(needsNoWelcome ? { welcome: false } : {}) },
    requestedBy,
    reason,
    actor,
    traceparent: deps.trace?.() ?? null,
  });
}

/** Who sets off what they ask for: a customer's administrator, or the vendor's operations. */
export function causeOf(caller: PersonPrincipal): 'administrator' | 'operations' {
  return caller.organization.kind === 'vendor' ? 'operations' : 'administrator';
}

/** How a user and the process about them stand now, as the answer to who asked. */
export async function userAnswer(
  tx: Executor,
  { customer, personId, processId }: { customer: CustomerFacts; personId: string; processId: string },
  lines: OutboxLine[],
): Promise<Recorded<UserProcess>> {
  const user = await readUser(tx, customer.id, personId);
  if (!user) throw notFound();
  const { answer: process } = await processAnswer(tx, processId, lines);
  return { answer: { user, process }, lines };
}

/** How a process stands now, as the answer to who asked for it. */
export async function processAnswer(
  tx: Executor,
  processId: string,
  lines: OutboxLine[],
): Promise<Recorded<ProcessSummary>> {
  const process = await showProcess(tx, processId);
  if (!process) throw notFound();
  return { answer: process, lines };
}
