import {
  readEventWhole,
  type EventFilter,
  listEvents,
  type InboundEventWhole,
  type InboundEventView,
} from '../../db/queries/inbound-event.ts';
import type { Page, PageWish } from '../../db/queries/instant.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import type { PersonPrincipal } from '../principal.ts';
import { reading } from '../transact.ts';
import { resolveFilters } from './references.ts';
import { notFound } from './refusals.ts';

/** The events that were delivered, newest first, without what they say. */
export function findEvents(
  deps: ApiDeps,
  caller: PersonPrincipal,
  filter: Omit<EventFilter, 'customer'> & { customer?: string | undefined },
  page: PageWish,
): Promise<Outside<Page<InboundEventView>>> {
  return reading(deps, caller, async (tx) => {
    const { customer } = await resolveFilters(tx, { customer: filter.customer });
    return listEvents(tx, { ...filter, customer }, page);
  });
}

/** One event with what it says, as it was delivered. */
export function showEvent(
  deps: ApiDeps,
  caller: PersonPrincipal,
  id: string,
): Promise<Outside<InboundEventWhole>> {
  return reading(deps, caller, async (tx) => {
    const found = await readEventWhole(tx, id);
    if (!found) throw notFound();
    return found;
  });
}
