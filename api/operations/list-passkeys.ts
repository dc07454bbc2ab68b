import type { Page, PageWish } from '../../db/queries/instant.ts';
import {
  enrolmentFacts,
  listPasskeys,
  type PasskeyView,
  readPasskey,
  renamePasskey,
  revokePasskeys,
} from '../../db/queries/passkey.ts';
import { endSessions } from '../../db/queries/session.ts';
import { TenureError } from '../../domain/errors.ts';
import { limits } from '../../domain/limits.ts';
import { texts } from '../console/texts/passkeys.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { actorOf, type PersonPrincipal } from '../principal.ts';
import { type IdempotencyKey, reading, transact } from '../transact.ts';
import { endablePerson, mayEndOthers } from './end-session.ts';
import { isStale } from './enrol-passkey.ts';
import { stepUpRequired } from './policy-gate.ts';
import { notFound } from './refusals.ts';

/** A person's live passkeys: one's own, or those of somebody whose sessions one may end. */
export function findPasskeys(
  deps: ApiDeps,
  caller: PersonPrincipal,
  wish: { person?: string | undefined; page: PageWish },
): Promise<Outside<Page<PasskeyView>>> {
  return reading(deps, caller, async (tx) => {
    const { person: named, page } = wish;
    if (named === undefined) return listPasskeys(tx, { personId: caller.personId, page });
    const person = await endablePerson(tx, caller, named);
    if (person === null)
      throw new TenureError('unknown-reference', 'Something named is not known.', [
        { pointer: 'person', detail: 'There is nobody of this name whose passkeys you may see.' },
      ]);
    return listPasskeys(tx, { personId: person, page });
  });
}

/**
 * Removes a passkey for good, one's own as freshly signed in as for making one, or that of somebody whose sessions one may end. What was signed in with it is signed out, but
 * for the session that asks for it.
 */
export function revokePasskey(
  deps: ApiDeps,
  caller: PersonPrincipal,
  id: string,
  reason: string | undefined,
  idempotency: IdempotencyKey | null,
): Promise<Outside<PasskeyView>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const found = await readPasskey(tx, id);
    const isOwn = found?.personId === caller.personId;
    if (!found || (!isOwn && !mayEndOthers(caller))) throw notFound();
    // Else whoever finds a browser open could make room for a first passkey of their own.
    if (isOwn && isStale(caller, await enrolmentFacts(tx, caller.personId)))
      throw stepUpRequired(texts.removeNeeds, limits.freshMs);
    const end = { actor: actorOf(caller), reason: reason ?? null } as const;
    const revoked = await revokePasskeys(tx, { id }, { ...end, by: isOwn ? 'removal' : 'revocation' });
    if (revoked.length === 0) throw new TenureError('already-ended', 'This passkey was removed already.');
    await endSessions(tx, { passkeyId: id, but: caller.session?.id ?? null }, { ...end, by: 'revocation' });
    const after = await readPasskey(tx, id);
    if (!after) throw notFound();
    const { personId: _personId, ...answer } = after;
    return { answer, lines: [] };
  });
}

/** Calls a passkey of one's own otherwise: a name says where it is, and lets nobody in. Those of others are not there. */
export function namePasskey(
  deps: ApiDeps,
  caller: PersonPrincipal,
  { id, name }: { id: string; name: string },
  idempotency: IdempotencyKey | null,
): Promise<Outside<PasskeyView>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const found = await readPasskey(tx, id);
    if (found?.personId !== caller.personId) throw notFound();
    const wish = { id, personId: caller.personId, name, actor: actorOf(caller) };
    if (!(await renamePasskey(tx, wish)))
      throw new TenureError('already-ended', 'This passkey was removed already.');
    const { personId: _personId, ...before } = found;
    return { answer: { ...before, name }, lines: [] };
  });
}
