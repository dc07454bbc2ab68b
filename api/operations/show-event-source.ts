import { type EventSourceView, listSources, readSourceView } from '../../db/queries/event-source.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import type { PersonPrincipal } from '../principal.ts';
import { reading } from '../transact.ts';
import { notFound } from './refusals.ts';

/** Every system that may send events. */
export function findEventSources(
  deps: ApiDeps,
  caller: PersonPrincipal,
): Promise<Outside<EventSourceView[]>> {
  return reading(deps, caller, listSources);
}

export function showEventSource(
  deps: ApiDeps,
  caller: PersonPrincipal,
  key: string,
): Promise<Outside<EventSourceView>> {
  return reading(deps, caller, async (tx) => {
    const found = await readSourceView(tx, key);
    if (!found) throw notFound();
    return found;
  });
}
