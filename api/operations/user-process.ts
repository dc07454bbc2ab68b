import type { Executor } from '../../db/client.ts';
import { type CustomerView, readUser, type UserView } from '../../db/queries/customer.ts';
import type { OutboxLine } from '../../db/outbox.ts';
import { createProcess } from '../../db/queries/process.ts';
import { type ProcessSummary, showProcess } from '../../db/queries/process-view.ts';
import type { ApiDeps } from '../deps.ts';
import { actorOf, type PersonPrincipal } from '../principal.ts';
import type { Recorded } from '../transact.ts';
import { notFound } from './refusals.ts';

/** A user of a customer and the process that is about them. */
export interface UserProcess {
  user: UserView;
  process: ProcessSummary;
}

/** What is asked for about one user. */
export interface UserStory {
  customer: CustomerView;
  personId: string;
  kind: 'onboarding' | 'role-change';
  /** What it is for: nothing more is said of the onboarding of somebody who is new. */
  what?: 'roles' | 'invitation';
  reason: string;
}

/** Writes the process about a user. */
export function beginUserProcess(
  deps: ApiDeps,
  tx: Executor,
  caller: PersonPrincipal,
  { customer, personId, kind, what, reason }: UserStory,
): Promise<{ id: string; line: OutboxLine }> {
  return createProcess(tx, {
    kind,
    organizationId: customer.id,
    personId,
    cause: causeOf(caller),
    wish: what ? { what } : {},
    requestedBy: caller.personId,
    reason,
    actor: actorOf(caller),
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
  { customer, personId, processId }: { customer: CustomerView; personId: string; processId: string },
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
