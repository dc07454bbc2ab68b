import {
  type FenceItemState,
  type FenceItemView,
  type FenceState,
  type FenceView,
  listFenceItems,
  listFences,
  readFence,
} from '../../db/queries/fence-view.ts';
import type { Page, PageWish } from '../../db/queries/instant.ts';
import { isId } from '../../domain/ids.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import type { PersonPrincipal } from '../principal.ts';
import { reading } from '../transact.ts';
import { notFound } from './refusals.ts';

/** Fences, newest first. */
export function findFences(
  deps: ApiDeps,
  caller: PersonPrincipal,
  filter: { state?: FenceState | undefined },
  page: PageWish,
): Promise<Outside<Page<FenceView>>> {
  return reading(deps, caller, (tx) => listFences(tx, filter, page));
}

/** A fence with the first of what it holds or has held. */
export interface FenceWithItems extends FenceView {
  items: FenceItemView[];
  /** Id after which they go on; null when these are all. */
  next: string | null;
}

/** How many items come with a fence. */
const firstItems = 50;

/** One fence. */
export function getFence(
  deps: ApiDeps,
  caller: PersonPrincipal,
  id: string,
): Promise<Outside<FenceWithItems>> {
  return reading(deps, caller, async (tx) => {
    const fence = isId('fence', id) ? await readFence(tx, id) : null;
    if (!fence) throw notFound();
    return { ...fence, ...(await listFenceItems(tx, id, {}, { limit: firstItems, after: null })) };
  });
}

/** What a fence holds or has held, in the order in which it came. */
export function findFenceItems(
  deps: ApiDeps,
  caller: PersonPrincipal,
  id: string,
  filter: { state?: FenceItemState | undefined },
  page: PageWish,
): Promise<Outside<Page<FenceItemView>>> {
  return reading(deps, caller, async (tx) => {
    const fence = isId('fence', id) ? await readFence(tx, id) : null;
    if (!fence) throw notFound();
    return listFenceItems(tx, id, filter, page);
  });
}
