import type { Executor } from '../../db/client.ts';
import { createProcess } from '../../db/queries/process.ts';
import type { ProcessSummary } from '../../db/queries/process-view.ts';
import { changePlace, changeStaffRoles, type KnownPerson, lockPerson } from '../../db/queries/user.ts';
import { TenureError } from '../../domain/errors.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { actorOf, type PersonPrincipal } from '../principal.ts';
import { type IdempotencyKey, transact } from '../transact.ts';
import { refuseUnknownRoles } from './allowed-roles.ts';
import { refuseOwn } from './refuse-own.ts';
import { notFound } from './refusals.ts';
import { causeOf, processAnswer } from './user-process.ts';

export interface StaffWish {
  /** Undefined: as they are. */
  roles?: readonly string[] | undefined;
  department?: string | undefined;
  region?: string | undefined;
  reason: string;
}

/** Changes the roles, the department or the region of one of the vendor's people; their standing access follows by a process. */
export function changeStaff(
  deps: ApiDeps,
  caller: PersonPrincipal,
  name: string,
  wish: StaffWish,
  idempotency: IdempotencyKey | null,
): Promise<Outside<ProcessSummary>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const { id: personId, organizationId } = await colleagueOf(tx, caller, name);
    refuseOwn(caller, personId, 'role-change');
    const { reason } = wish;
    const what = await change(tx, { personId, organizationId, actor: actorOf(caller), ...wish });
    if (!what) throw new TenureError('nothing-to-change', 'It is so already.');
    const { id, line } = await createProcess(tx, {
      kind: 'role-change',
      organizationId,
      personId,
      cause: causeOf(caller),
      wish: { what },
      requestedBy: caller.personId,
      reason,
      actor: actorOf(caller),
      traceparent: deps.trace?.() ?? null,
    });
    return processAnswer(tx, id, [line]);
  });
}

/**
 * One of the vendor's people that a path names, locked.
 * @throws TenureError `not-found` for who is none; `already-ended` for who has left
 */
export async function colleagueOf(tx: Executor, caller: PersonPrincipal, name: string): Promise<KnownPerson> {
  const person = await lockPerson(tx, name);
  if (!person || person.organizationId !== caller.organization.id) throw notFound();
  if (person.hasLeft) throw new TenureError('already-ended', 'They have left already.');
  return person;
}

/** Writes what changes. The most telling of it, for the process; null when it is so already. */
async function change(
  tx: Executor,
  wish: StaffWish & Pick<Parameters<typeof changePlace>[1], 'personId' | 'organizationId' | 'actor'>,
): Promise<'roles' | 'department' | 'region' | null> {
  const { roles, region, ...person } = wish;
  if (roles) await refuseUnknownRoles(tx, roles);
  const isMoved = await changePlace(tx, { ...person, region });
  const isGiven = roles ? await changeStaffRoles(tx, { ...person, roles }) : false;
  if (isGiven) return 'roles';
  if (!isMoved) return null;
  return region === undefined ? 'department' : 'region';
}
