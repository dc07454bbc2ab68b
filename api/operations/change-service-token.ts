import { serviceTokens } from '../../crypto/service-token.ts';
import { appendAudit } from '../../db/audit.ts';
import type { Executor } from '../../db/client.ts';
import {
  endServiceToken,
  insertServiceToken,
  listServiceTokens,
  readServiceToken,
  type ServiceTokenView,
} from '../../db/queries/service-token.ts';
import type { AuditEventType } from '../../domain/audit-event.ts';
import { newId } from '../../domain/ids.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { actorOf, type PersonPrincipal } from '../principal.ts';
import { type IdempotencyKey, reading, transact } from '../transact.ts';
import { notFound } from './refusals.ts';

/** A token as it is shown, once, to whoever has made it. */
export type MadeServiceToken = ServiceTokenView & { token: string };

/** The tokens of the vendor's applications, of now and before. */
export function findServiceTokens(
  deps: ApiDeps,
  caller: PersonPrincipal,
): Promise<Outside<{ items: ServiceTokenView[] }>> {
  return reading(deps, caller, async (tx) => ({ items: await listServiceTokens(tx) }));
}

/**
 * Makes a token for an application that asks what people may do. It is in this answer and nowhere else afterwards, which is why no
 * Idempotency-Key keeps the answer.
 */
export function makeServiceToken(
  deps: ApiDeps,
  caller: PersonPrincipal,
  wish: { label: string; forDays: number },
): Promise<Outside<MadeServiceToken>> {
  return transact(deps, caller, null, async (tx) => {
    const [id, token] = [newId('svt'), serviceTokens.make()];
    const tokenHash = serviceTokens.hashOf(token);
    if (tokenHash === null) throw new RangeError('A token was made that is none.');
    await insertServiceToken(tx, { id, ...wish, tokenHash, madeBy: caller.personId });
    await note(tx, caller, id, 'service_token.made', wish.label);
    return { answer: { ...(await viewOf(tx, id)), token }, lines: [] };
  });
}

/** Revokes a token: within a second nothing is answered to it any more. @throws TenureError `not-found`; `already-ended` */
export function revokeServiceToken(
  deps: ApiDeps,
  caller: PersonPrincipal,
  id: string,
  idempotency: IdempotencyKey | null,
): Promise<Outside<ServiceTokenView>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const { label } = await viewOf(tx, id);
    await endServiceToken(tx, id, caller.personId);
    await note(tx, caller, id, 'service_token.revoked', label);
    return { answer: await viewOf(tx, id), lines: [] };
  });
}

async function viewOf(tx: Executor, id: string): Promise<ServiceTokenView> {
  const found = await readServiceToken(tx, id);
  if (!found) throw notFound();
  return found;
}

function note(
  tx: Executor,
  caller: PersonPrincipal,
  id: string,
  type: AuditEventType,
  reason: string,
): Promise<void> {
  const subject = { kind: 'service_token', id };
  const { id: organizationId } = caller.organization;
  const owners = { organizationId, holderOrganizationId: organizationId };
  return appendAudit(tx, { type, actor: actorOf(caller), subject, ...owners, reason });
}
