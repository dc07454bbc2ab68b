import { type AuditEventFilter, type AuditEventView, listAuditEvents } from '../../db/queries/audit-event.ts';
import type { Page, PageWish } from '../../db/queries/instant.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import type { PersonPrincipal } from '../principal.ts';
import { reading } from '../transact.ts';
import { invalidPeriod, resolveFilters } from './references.ts';

/** Audit events, oldest first: all of them for who reads every record, else those of the caller's organization. */
export function findAuditEvents(
  deps: ApiDeps,
  caller: PersonPrincipal,
  names: AuditEventFilter,
  page: PageWish,
): Promise<Outside<Page<AuditEventView>>> {
  return reading(deps, caller, async (tx) => {
    const { from, to } = names;
    if (from !== undefined && to !== undefined && from >= to)
      throw invalidPeriod('`to` must be later than `from`.');
    const { customer } = await resolveFilters(tx, { customer: names.customer });
    return listAuditEvents(tx, { ...names, customer: customer ?? undefined }, page);
  });
}
