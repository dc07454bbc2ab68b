import type { Executor } from '../../db/client.ts';
import type { Page, PageWish } from '../../db/queries/instant.ts';
import { listProcessPeople, type ProcessPersonView } from '../../db/queries/process-people.ts';
import { listProcesses, type ProcessSummary, showProcess } from '../../db/queries/process-view.ts';
import { isId } from '../../domain/ids.ts';
import type { ProcessKind, ProcessPersonState, ProcessState } from '../../domain/process.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { hasDuty, type PersonPrincipal, recordsOf } from '../principal.ts';
import { reading } from '../transact.ts';
import { resolveFilters } from './references.ts';
import { notFound } from './refusals.ts';

/** Who manages access or reads records sees processes of others, too; everybody those about themselves and nobody else. */
export function seesOthers(caller: PersonPrincipal): boolean {
  const duties = ['manage-access', 'release-fences'] as const;
  return recordsOf(caller) !== 'none' || duties.some((duty) => hasDuty(caller, duty));
}

/** Processes, newest first. */
export function findProcesses(
  deps: ApiDeps,
  caller: PersonPrincipal,
  filter: {
    customer?: string | undefined;
    person?: string | undefined;
    state?: ProcessState | 'open' | 'stuck' | undefined;
    kind?: ProcessKind | undefined;
  },
  page: PageWish,
): Promise<Outside<Page<ProcessSummary>>> {
  return reading(deps, caller, async (tx) => {
    const { customer, person } = await resolveFilters(tx, {
      customer: filter.customer,
      person: filter.person,
    });
    const onlyAbout = seesOthers(caller) ? null : caller.personId;
    const { state, kind } = filter;
    const narrowed = { organizationId: customer, personId: person, onlyAbout, state, kind };
    return listProcesses(tx, narrowed, page);
  });
}

/** One process with how far it is. */
export function getProcess(
  deps: ApiDeps,
  caller: PersonPrincipal,
  id: string,
): Promise<Outside<ProcessSummary>> {
  return reading(deps, caller, (tx) => find(tx, caller, id));
}

async function find(tx: Executor, caller: PersonPrincipal, id: string): Promise<ProcessSummary> {
  const found = isId('proc', id) ? await showProcess(tx, id) : null;
  if (!found || !(seesOthers(caller) || found.person?.id === caller.personId)) throw notFound();
  return found;
}

/** Its people, for whoever sees it. */
export function findProcessPeople(
  deps: ApiDeps,
  caller: PersonPrincipal,
  id: string,
  filter: { state?: ProcessPersonState | undefined },
  page: PageWish,
): Promise<Outside<Page<ProcessPersonView>>> {
  return reading(deps, caller, async (tx) => {
    const process = await find(tx, caller, id);
    return listProcessPeople(tx, process.id, filter, page);
  });
}
