import {
  type AuditEventFilter,
  type AuditEventView,
  type AuditNames,
  listAuditEvents,
  readAuditNames,
  resolveAuditSubjects,
} from '../../db/queries/audit-event.ts';
import { type Executor, readingWithin } from '../../db/client.ts';
import type { Page, PageWish } from '../../db/queries/instant.ts';
import type { ApiDeps } from '../deps.ts';
import { type Outside, outside } from '../outside.ts';
import { type PersonPrincipal, scopeOf } from '../principal.ts';
import { reading } from '../transact.ts';
import { refuseBackwards, refuseUnknown, resolveFilters } from './references.ts';

/**
 * Audit events, oldest first unless asked otherwise: all of them for who reads every record, else those of the caller's
 * organization. What is named may be an id, a request's reference, a customer's key or a person's address.
 */
export function findAuditEvents(
  deps: ApiDeps,
  caller: PersonPrincipal,
  names: AuditEventFilter,
  page: PageWish,
): Promise<Outside<Page<AuditEventView>>> {
  return reading(deps, caller, (tx) => find(tx, names, page));
}

/** A page of them with what their ids stand for, so that each can be told in a sentence. Ids keep their names as they are. */
export interface AuditStory {
  events: Page<Outside<AuditEventView>>;
  known: AuditNames;
}

/** The same with names, the newest first. */
export function findAuditStory(
  deps: ApiDeps,
  caller: PersonPrincipal,
  names: AuditEventFilter,
  page: PageWish,
): Promise<AuditStory> {
  return readingWithin(deps.ledger, scopeOf(caller), async (tx) => {
    const events = await find(tx, { ...names, order: 'newest' }, page);
    return { events: outside(events), known: await readAuditNames(tx, events.items) };
  });
}

async function find(tx: Executor, names: AuditEventFilter, page: PageWish): Promise<Page<AuditEventView>> {
  const { from, to } = names;
  if (from !== undefined && to !== undefined) refuseBackwards({ from, to });
  const found = await resolveFilters(tx, { customer: names.customer, person: names.person });
  const { request, grant } = await resolveSubjects(tx, names);
  const [customer, person] = [found.customer ?? undefined, found.person ?? undefined];
  return listAuditEvents(tx, { ...names, request, grant, customer, person }, page);
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
