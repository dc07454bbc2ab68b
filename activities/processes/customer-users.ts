import { closeContractTasks, lastOnboarding } from '../../db/queries/contract-task.ts';
import { openProcessTask } from '../../db/queries/task.ts';
import { actors } from '../../domain/audit-event.ts';
import { stands } from '../../domain/contract-effects.ts';
import { limits } from '../../domain/limits.ts';
import type { Step } from './customer-scene.ts';

/**
 * A contract may name nobody, such as a subscription that no checkout began: its customer is there, and nobody can sign in. The vendor is told
 * by a task when that lasts, since what names them may be on its way. Says when that will be, ISO 8601 UTC; null: never, or it has been.
 */
export async function stepUsers({ tx, was, contract, effects }: Step): Promise<string | null> {
  const { terms } = contract;
  if (terms.people.length > 0 && effects.some(({ kind }) => kind === 'people-changed'))
    await closeContractTasks(tx, was.organizationId, 'users', actors.engine);
  if (!stands(terms) || terms.people.length > 0 || was.used > 0) return null;
  const onboarding = await lastOnboarding(tx, was.organizationId);
  // Of one that has failed people are told by another task.
  if (!onboarding || onboarding.isTold || onboarding.state === 'failed') return null;
  const { processId, state, since } = onboarding;
  const isDone = state === 'done' || state === 'residue';
  const dueAt = new Date(Date.parse(isDone ? since : was.now) + limits.firstUserMs).toISOString();
  if (dueAt > was.now) return dueAt;
  await openProcessTask(tx, { kind: 'users', processId, cause: 'names-nobody', actor: actors.engine });
  return null;
}
