import { appendAudit } from '../../db/audit.ts';
import type { Executor } from '../../db/client.ts';
import { lockWebhook, readWebhook, type WebhookView } from '../../db/queries/webhook.ts';
import type { AuditEventType } from '../../domain/audit-event.ts';
import { isId } from '../../domain/ids.ts';
import { actorOf, type PersonPrincipal } from '../principal.ts';
import { managesPeopleOf } from './managed-organization.ts';
import { notFound } from './refusals.ts';

/** A webhook that the caller manages. @throws TenureError `not-found` for one of others */
export async function webhookOf(tx: Executor, caller: PersonPrincipal, id: string): Promise<WebhookView> {
  return managed(caller, isId('hook', id) ? await readWebhook(tx, id) : null);
}

/** The same, locked against whoever changes it at once. */
export async function lockedWebhookOf(
  tx: Executor,
  caller: PersonPrincipal,
  id: string,
): Promise<WebhookView> {
  return managed(caller, isId('hook', id) ? await lockWebhook(tx, id) : null);
}

function managed(caller: PersonPrincipal, found: WebhookView | null): WebhookView {
  if (!found || !managesPeopleOf(caller, found.organization.id)) throw notFound();
  return found;
}

/** Records what was done to it. */
export function noteWebhook(
  tx: Executor,
  caller: PersonPrincipal,
  { id, organization }: { id: string; organization: { id: string } },
  { type, reason = null, eventId }: { type: AuditEventType; reason?: string | null; eventId?: string },
): Promise<void> {
  const owners = { organizationId: organization.id, holderOrganizationId: organization.id };
  const subject = { kind: 'webhook', id };
  return appendAudit(tx, { type, actor: actorOf(caller), subject, ...owners, reason }, eventId);
}
