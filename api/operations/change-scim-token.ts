import { scimTokens } from '../../crypto/scim-token.ts';
import { appendAudit } from '../../db/audit.ts';
import type { Executor } from '../../db/client.ts';
import { readNamed } from '../../db/queries/organization.ts';
import {
  endScimToken,
  insertScimToken,
  listScimTokens,
  readScimToken,
  type ScimTokenView,
} from '../../db/queries/scim-token.ts';
import type { AuditEventType } from '../../domain/audit-event.ts';
import { newId } from '../../domain/ids.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { actorOf, type PersonPrincipal } from '../principal.ts';
import { type IdempotencyKey, reading, transact } from '../transact.ts';
import { managedOrganization, managesPeopleOf } from './managed-organization.ts';
import { notFound } from './refusals.ts';

/** A customer's tokens, and the address that its directory is given beside one. */
export interface ScimTokens {
  baseUrl: string;
  items: ScimTokenView[];
}

/** A token as it is shown, once, to whoever has made it. */
export type MadeScimToken = ScimTokenView & { token: string; baseUrl: string };

/** A customer's tokens for its directory, of now and before. @throws TenureError `not-found` */
export function findScimTokens(
  deps: ApiDeps,
  caller: PersonPrincipal,
  organization: string,
): Promise<Outside<ScimTokens>> {
  return reading(deps, caller, async (tx) => {
    const { id } = await managedOrganization(tx, caller, organization);
    return { baseUrl: await baseOf(deps, tx, id), items: await listScimTokens(tx, id) };
  });
}

/**
 * Makes a token for the directory of the caller's own customer. It is in this answer and nowhere else afterwards, which is why no
 * Idempotency-Key keeps the answer.
 * @throws TenureError `not-found`; `token-limit` while two are good
 */
export function makeScimToken(
  deps: ApiDeps,
  caller: PersonPrincipal,
  organization: string,
  wish: { label: string; forDays: number },
): Promise<Outside<MadeScimToken>> {
  return transact(deps, caller, null, async (tx) => {
    const { id: organizationId } = await managedOrganization(tx, caller, organization);
    const [id, token] = [newId('stk'), scimTokens.make()];
    const tokenHash = scimTokens.hashOf(token);
    if (tokenHash === null) throw new RangeError('A token was made that is none.');
    await insertScimToken(tx, { id, organizationId, ...wish, tokenHash, madeBy: caller.personId });
    await note(tx, caller, { id, organizationId }, 'scim_token.made', wish.label);
    const made = await viewOf(tx, caller, id);
    return { answer: { ...made, token, baseUrl: await baseOf(deps, tx, organizationId) }, lines: [] };
  });
}

/** Revokes a token: the next call with it is refused. @throws TenureError `not-found`; `already-ended` */
export function revokeScimToken(
  deps: ApiDeps,
  caller: PersonPrincipal,
  id: string,
  idempotency: IdempotencyKey | null,
): Promise<Outside<ScimTokenView>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const { organization, label } = await viewOf(tx, caller, id);
    await endScimToken(tx, id, caller.personId);
    await note(tx, caller, { id, organizationId: organization.id }, 'scim_token.revoked', label);
    return { answer: await viewOf(tx, caller, id), lines: [] };
  });
}

async function viewOf(tx: Executor, caller: PersonPrincipal, id: string): Promise<ScimTokenView> {
  const found = await readScimToken(tx, id);
  if (!found || !managesPeopleOf(caller, found.organization.id)) throw notFound();
  return found;
}

async function baseOf({ publicUrl }: ApiDeps, tx: Executor, organizationId: string): Promise<string> {
  const { key } = await readNamed(tx, organizationId);
  return `${publicUrl}/scim/v2/${key}`;
}

function note(
  tx: Executor,
  caller: PersonPrincipal,
  { id, organizationId }: { id: string; organizationId: string },
  type: AuditEventType,
  reason: string,
): Promise<void> {
  const subject = { kind: 'scim_token', id };
  const owners = { organizationId, holderOrganizationId: organizationId };
  return appendAudit(tx, { type, actor: actorOf(caller), subject, ...owners, reason });
}
