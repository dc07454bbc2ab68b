import { findUsers, type UnbegunProcess } from '../../db/queries/contract.ts';
import { readSigningSource } from '../../db/queries/event-source.ts';
import { createProcess } from '../../db/queries/process.ts';
import { actors } from '../../domain/audit-event.ts';
import { sourceMappingSchemas } from '../../domain/source-mapping.schema.ts';
import type { Made, Step } from './customer-scene.ts';

/**
 * Users to whom the contract gives another role than it did, or did before what would have made a fact of it came to be
 * replaced. Nobody else's role is touched, whatever the contract goes on saying: an administrator may have changed it since.
 */
export async function usersOfNewRoles(
  { tx, was, effects }: Step,
  unbegun: readonly UnbegunProcess[],
): Promise<string[]> {
  const changed = effects.flatMap((effect) => (effect.kind === 'people-changed' ? effect.changed : []));
  const users = changed.length > 0 ? await findUsers(tx, was.organizationId, changed) : [];
  return [...new Set([...unbegun.flatMap(({ newRoles }) => newRoles), ...users])].sort();
}

/**
 * Users whom the contract does not name any more leave, each by a process of their own, which the fence of feeds may hold.
 * Only where the source names all of a customer's users, which its mapping says: who buys (Stripe) or signs (HubSpot) next
 * takes nobody's place.
 */
export async function removeNamedUsers(the: Step): Promise<Made[]> {
  const { tx, was, effects, contract } = the;
  const removed = effects.flatMap((effect) => (effect.kind === 'people-changed' ? effect.removed : []));
  const source = contract.terms.carrier?.source ?? null;
  if (removed.length === 0 || source === null || was.standing !== 'customer') return [];
  if (!(await namesUsers(the, source))) return [];
  const made: Made[] = [];
  for (const personId of await findUsers(tx, was.organizationId, removed)) {
    const { id } = await createProcess(tx, {
      kind: 'offboarding',
      organizationId: was.organizationId,
      personId,
      cause: 'roster',
      source,
      wish: { why: 'removal', effects: ['people-changed'] },
      actor: actors.engine,
      traceparent: null,
    });
    made.push({ id, kind: 'offboarding', isReady: true });
  }
  return made;
}

async function namesUsers({ tx }: Step, key: string): Promise<boolean> {
  const source = await readSigningSource(tx, key);
  if (source?.scheme !== 'standard') return false;
  return sourceMappingSchemas.standard.safeParse(source.mapping).data?.people !== undefined;
}
