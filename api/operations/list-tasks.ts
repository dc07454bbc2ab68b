import type { Page, PageWish } from '../../db/queries/instant.ts';
import { listTasks, type TaskFilter, type TaskView } from '../../db/queries/task.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { type PersonPrincipal, viewerOf } from '../principal.ts';
import { reading } from '../transact.ts';

/** What only a person can finish: the caller's own, and for who reads records those of others; newest first. */
export function findTasks(
  deps: ApiDeps,
  caller: PersonPrincipal,
  filter: TaskFilter,
  page: PageWish,
): Promise<Outside<Page<TaskView>>> {
  return reading(deps, caller, (tx) => listTasks(tx, viewerOf(caller), filter, page));
}
