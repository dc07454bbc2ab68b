import {
  type AuditEventFilter,
  type AuditEventView,
  listAuditEvents,
  resolveAuditSubjects,
} from '../../db/queries/audit-event.ts';
import type { Executor } from '../../db/client.ts';
import type { Page, PageWish } from '../../db/queries/instant.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import type { PersonPrincipal } from '../principal.ts';
import { reading } from '../transact.ts';
import { refuseBackwards, refuseUnknown, resolveFilters } from './references.ts';

/**
 * Audit events, oldest first: all of them for who reads every record, else those of the caller's organization. What is named
 * may be an id, a request's reference or a customer's key.
 */
export function findAuditEvents(
  deps: ApiDeps,
  caller: PersonPrincipal,
  names: AuditEventFilter,
  page: PageWish,
): Promise<Outside<Page<AuditEventView>>> {
  return reading(deps, caller, async (tx) => {
    const { from, to } = names;
    if (from !== undefined && to !== undefined) refuseBackwards({ from, to });
    const { customer } = await resolveFilters(tx, { customer: names.customer });
    const { request, grant } = await resolveSubjects(tx, names);
    return listAuditEvents(tx, { ...names, request, grant, customer: customer ?? undefined }, page);
  });
}

async function resolveSubjects(
  tx: Executor,
  { request, grant }: Pick<AuditEventFilter, 'request' | 'grant'>,
): Promise<Pick<AuditEventFilter, 'request' | 'grant'>> {
  if (request === undefined && grant === undefined) return {};
  const found = await resolveAuditSubjects(tx, { request, grant });
  refuseUnknown({ request, grant }, found);
  return { request: found.request ?? undefined, grant: found.grant ?? undefined };
}
