import { type HeldAccess, listHeldAccess } from '../../db/queries/held-access.ts';
import type { Page } from '../../db/queries/instant.ts';
import type { ResourceView } from '../../db/queries/resource.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { type PersonPrincipal, viewerOf } from '../principal.ts';
import { reading } from '../transact.ts';
import { resourceOf } from './list-resources.ts';
import type { Stretch } from './references.ts';

/** A resource with who holds what on it, as far as the caller may see it. */
export interface ResourceScene {
  resource: ResourceView;
  /** What was asked for and is held now. */
  elevated: Page<HeldAccess>;
  /** What is held by roles now. */
  standing: Page<HeldAccess>;
  /** What was asked for and held in the stretch that is asked for. */
  lately: Page<HeldAccess>;
}

/** As many as one takes in at once; each list leads to the whole of it. */
const shown = { limit: 10, after: null };

/** Reads it in one go, so that the parts agree. Instants are ISO 8601 UTC. @throws TenureError `not-found` */
export function readResourceScene(
  deps: ApiDeps,
  caller: PersonPrincipal,
  name: string,
  during: Stretch,
): Promise<Outside<ResourceScene>> {
  const viewer = viewerOf(caller);
  return reading(deps, caller, async (tx): Promise<ResourceScene> => {
    const found = await resourceOf(tx, name);
    // What one customer alone has is found by whose data it is, which has an index for the past.
    const organization = found.shared ? undefined : found.organization.id;
    const resource = found.id;
    const [elevated, standing, lately] = await Promise.all([
      listHeldAccess(tx, viewer, { resource, organization, by: 'request' }, shown),
      listHeldAccess(tx, viewer, { resource, organization, by: 'role' }, shown),
      listHeldAccess(tx, viewer, { resource, organization, by: 'request', during }, shown),
    ]);
    return { resource: found, elevated, standing, lately };
  });
}
