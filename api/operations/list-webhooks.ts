import type { Page, PageWish } from '../../db/queries/instant.ts';
import { type DeliveryView, listDeliveries } from '../../db/queries/webhook-delivery.ts';
import { listWebhooks, type WebhookView } from '../../db/queries/webhook.ts';
import type { DeliveryState } from '../../domain/webhook.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { hasDuty, type PersonPrincipal } from '../principal.ts';
import { reading } from '../transact.ts';
import { webhookOf } from './webhook-of.ts';

/** Every webhook for the vendor's people who manage access, else the caller's organization's. */
export function findWebhooks(deps: ApiDeps, caller: PersonPrincipal): Promise<Outside<WebhookView[]>> {
  const whose = hasDuty(caller, 'manage-access') ? null : caller.organization.id;
  return reading(deps, caller, (tx) => listWebhooks(tx, whose));
}

/** @throws TenureError `not-found` */
export function showWebhook(
  deps: ApiDeps,
  caller: PersonPrincipal,
  id: string,
): Promise<Outside<WebhookView>> {
  return reading(deps, caller, (tx) => webhookOf(tx, caller, id));
}

/** What was sent, waits to be, or was given up, newest first. @throws TenureError `not-found` */
export function findDeliveries(
  deps: ApiDeps,
  caller: PersonPrincipal,
  id: string,
  filter: { state?: DeliveryState | undefined },
  page: PageWish,
): Promise<Outside<Page<DeliveryView>>> {
  return reading(deps, caller, async (tx) => {
    const webhook = await webhookOf(tx, caller, id);
    return listDeliveries(tx, webhook.id, filter, page);
  });
}
