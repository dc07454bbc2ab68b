import type { Page, PageWish } from '../../db/queries/instant.ts';
import { listTasks, readTask, type TaskFilter, type TaskView } from '../../db/queries/task.ts';
import { isId } from '../../domain/ids.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { type PersonPrincipal, viewerOf } from '../principal.ts';
import { reading } from '../transact.ts';
import { resolveFilters } from './references.ts';
import { notFound } from './refusals.ts';

/** What only a person can finish: the caller's own, and for who reads records those of others; newest first. */
export function findTasks(
  deps: ApiDeps,
  caller: PersonPrincipal,
  { owner, ...filter }: Omit<TaskFilter, 'owner'> & { owner?: string | undefined },
  page: PageWish,
): Promise<Outside<Page<TaskView>>> {
  return reading(deps, caller, async (tx) => {
    const { person } = await resolveFilters(tx, { person: owner });
    return listTasks(tx, viewerOf(caller), { ...filter, owner: person }, page);
  });
}

/** One of them. */
export function getTask(deps: ApiDeps, caller: PersonPrincipal, id: string): Promise<Outside<TaskView>> {
  return reading(deps, caller, async (tx) => {
    const task = isId('task', id) ? await readTask(tx, viewerOf(caller), id) : null;
    if (!task) throw notFound();
    return task;
  });
}
