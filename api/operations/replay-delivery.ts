import type { Executor } from '../../db/client.ts';
import {
  type DeliveryView,
  insertTestDelivery,
  readDelivery,
  replayDead,
  replayDelivery,
} from '../../db/queries/webhook-delivery.ts';
import { TenureError } from '../../domain/errors.ts';
import { isId, newId } from '../../domain/ids.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import type { PersonPrincipal } from '../principal.ts';
import { type IdempotencyKey, transact } from '../transact.ts';
import { notFound } from './refusals.ts';
import { noteWebhook, webhookOf } from './webhook-of.ts';

/**
 * Sends a delivery again: the same id, and every try from the first step on.
 * @throws TenureError `not-found`; `no-longer-waiting` while it is still being tried
 */
export function resendDelivery(
  deps: ApiDeps,
  caller: PersonPrincipal,
  names: { id: string; delivery: string },
  idempotency: IdempotencyKey | null,
): Promise<Outside<DeliveryView>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const webhook = await webhookOf(tx, caller, names.id);
    const found = await deliveryOf(tx, webhook.id, names.delivery);
    if (!(await replayDelivery(tx, found.id)))
      throw new TenureError('no-longer-waiting', 'This delivery is still being tried.');
    await noteWebhook(tx, caller, webhook, { type: 'webhook.replayed', reason: found.id });
    return { answer: await deliveryOf(tx, webhook.id, found.id), lines: [] };
  });
}

/** The same for all of a webhook's that were given up and written since an instant. @throws TenureError `not-found` */
export function resendDead(
  deps: ApiDeps,
  caller: PersonPrincipal,
  id: string,
  since: string,
  idempotency: IdempotencyKey | null,
): Promise<{ replayed: number }> {
  return transact(deps, caller, idempotency, async (tx) => {
    const webhook = await webhookOf(tx, caller, id);
    const replayed = await replayDead(tx, webhook.id, since);
    if (replayed > 0)
      await noteWebhook(tx, caller, webhook, { type: 'webhook.replayed', reason: `since ${since}` });
    return { answer: { replayed }, lines: [] };
  });
}

/** Has an event of no other meaning sent to a webhook, whichever types it asked for. @throws TenureError `not-found` */
export function testWebhook(
  deps: ApiDeps,
  caller: PersonPrincipal,
  id: string,
  idempotency: IdempotencyKey | null,
): Promise<Outside<DeliveryView>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const webhook = await webhookOf(tx, caller, id);
    const eventId = newId('aud');
    await noteWebhook(tx, caller, webhook, { type: 'webhook.tested', eventId });
    const endpoint = { id: webhook.id, organizationId: webhook.organization.id };
    const delivery = await insertTestDelivery(tx, endpoint, eventId);
    return { answer: await deliveryOf(tx, webhook.id, delivery), lines: [] };
  });
}

async function deliveryOf(tx: Executor, endpointId: string, id: string): Promise<DeliveryView> {
  const found = isId('msg', id) ? await readDelivery(tx, endpointId, id) : null;
  if (!found) throw notFound();
  return found;
}
