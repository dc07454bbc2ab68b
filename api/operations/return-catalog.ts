import { type ActiveCatalog, readCatalogOf } from '../../db/queries/catalog-revision.ts';
import type { Executor } from '../../db/client.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import type { PersonPrincipal } from '../principal.ts';
import { type IdempotencyKey, transact } from '../transact.ts';
import { type AppliedCatalog, type CatalogEdit, changeCatalog } from './apply-catalog.ts';
import { notFound } from './refusals.ts';

/**
 * Puts the catalog into force again as a revision says it, as the next revision. It is an edit like any other: what does not fit
 * any more is refused, its effect on people follows, fences hold, and nobody gives themselves anything by it.
 * @throws TenureError `not-found` when there is no such revision
 */
export function returnCatalog(
  deps: ApiDeps,
  caller: PersonPrincipal,
  { revision, ...edit }: CatalogEdit & { revision: number },
  idempotency: IdempotencyKey | null,
): Promise<Outside<AppliedCatalog>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const { catalog } = await existing(tx, revision);
    return changeCatalog(deps, tx, caller, { ...edit, make: () => catalog });
  });
}

async function existing(tx: Executor, revision: number): Promise<ActiveCatalog> {
  const found = revision > 0 ? await readCatalogOf(tx, revision) : null;
  if (!found) throw notFound();
  return found;
}
