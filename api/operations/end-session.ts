import { endSessions, listSessions, readSession, type SessionView } from '../../db/queries/session.ts';
import { TenureError } from '../../domain/errors.ts';
import type { Executor } from '../../db/client.ts';
import { readProfile } from '../../db/queries/people.ts';
import { findOrganization } from '../../db/queries/organization.ts';
import type { PageWish, Page } from '../../db/queries/instant.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { actorOf, hasDuty, type PersonPrincipal } from '../principal.ts';
import { type IdempotencyKey, reading, transact } from '../transact.ts';
import { managesPeopleOf } from './managed-organization.ts';
import { notFound } from './refusals.ts';

/** Open sessions: one's own, or those of somebody, or of all people of an organization, whose sessions one may end. */
export function findSessions(
  deps: ApiDeps,
  caller: PersonPrincipal,
  wish: { person?: string | undefined; organization?: string | undefined; page: PageWish },
): Promise<Outside<Page<SessionView>>> {
  return reading(deps, caller, async (tx) => {
    const current = caller.session?.id ?? null;
    if (wish.organization !== undefined) {
      const found = mayEndOthers(caller) ? await findOrganization(tx, wish.organization) : null;
      const isTheirs =
        found !== null &&
        (hasDuty(caller, 'end-any-access') || managesPeopleOf(caller, found.id)) &&
        wish.person === undefined;
      if (!isTheirs) throw unknownOrganization();
      return listSessions(tx, { organizationId: found.id, current, page: wish.page });
    }
    if (wish.person === undefined)
      return listSessions(tx, { personId: caller.personId, current, page: wish.page });
    const person = await endablePerson(tx, caller, wish.person);
    if (person === null) throw unknownPerson();
    return listSessions(tx, { personId: person, current, page: wish.page });
  });
}

function unknownOrganization(): TenureError {
  return new TenureError('unknown-reference', 'Something named is not known.', [
    {
      pointer: 'organization',
      detail: 'Name one whose people’s sessions you may see, and no person beside it.',
    },
  ]);
}

function unknownPerson(): TenureError {
  return new TenureError('unknown-reference', 'Something named is not known.', [
    { pointer: 'person', detail: 'There is nobody of this name whose sessions you may see.' },
  ]);
}

/** Whoever manages people's access, or ends any: within row security, which shows a customer's administrators their own people. */
export function mayEndOthers(caller: PersonPrincipal): boolean {
  return (
    hasDuty(caller, 'end-any-access') ||
    hasDuty(caller, 'manage-access') ||
    hasDuty(caller, 'administer-customer')
  );
}

/** Ends a session now, one's own or that of somebody whose sessions one may end. */
export function revokeSession(
  deps: ApiDeps,
  caller: PersonPrincipal,
  id: string,
  reason: string | undefined,
  idempotency: IdempotencyKey | null,
  /** Only one of that organization's people, by its id; anybody else's is not there. */
  organization?: string,
): Promise<Outside<SessionView>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const current = caller.session?.id ?? null;
    const found = await readSession(tx, id, current);
    if (!found || (found.personId !== caller.personId && !mayEndOthers(caller))) throw notFound();
    if (organization !== undefined && found.organizationId !== organization) throw notFound();
    const end = { by: 'revocation', actor: actorOf(caller), reason: reason ?? null } as const;
    const ended = await endSessions(tx, { id }, end);
    if (ended.length === 0) throw new TenureError('already-ended', 'This session has ended already.');
    const after = await readSession(tx, id, current);
    if (!after) throw notFound();
    const { personId: _personId, organizationId: _organizationId, ...answer } = after;
    return { answer, lines: [] };
  });
}

/** The id of who is named, if it is the caller or one whose sessions they may end: a customer knows the vendor's people, too. */
export async function endablePerson(
  tx: Executor,
  caller: PersonPrincipal,
  name: string,
): Promise<string | null> {
  const found = await readProfile(tx, name);
  if (found === null || found.id === caller.personId) return found?.id ?? null;
  const isReached = caller.organization.kind === 'vendor' || found.organization.id === caller.organization.id;
  return isReached && mayEndOthers(caller) ? found.id : null;
}

/** Ends all of one's own sessions but the one that the call is made with; how many these were. */
export function endOtherSessions(
  deps: ApiDeps,
  caller: PersonPrincipal,
  reason: string | undefined,
  idempotency: IdempotencyKey | null,
): Promise<Outside<{ ended: number }>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const others = { personId: caller.personId, but: caller.session?.id ?? null };
    const end = { by: 'revocation', actor: actorOf(caller), reason: reason ?? null } as const;
    const ended = await endSessions(tx, others, end);
    return { answer: { ended: ended.length }, lines: [] };
  });
}

/** Signs out. */
export async function endOwnSession(deps: ApiDeps, caller: PersonPrincipal, id: string): Promise<void> {
  await transact(deps, caller, null, async (tx) => {
    await endSessions(tx, { id }, { by: 'sign-out', actor: actorOf(caller) });
    return { answer: null, lines: [] };
  });
}
