import { within } from '../../db/client.ts';
import {
  listRevisions,
  readActiveCatalog,
  readCatalogAt,
  readCatalogOf,
  readRevision,
  type RevisionView,
} from '../../db/queries/catalog-revision.ts';
import type { Page } from '../../db/queries/instant.ts';
import { type CatalogDocument, catalogDocument } from '../../domain/catalog-document.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { type PersonPrincipal, scopeOf } from '../principal.ts';
import { reading } from '../transact.ts';
import { invalidPeriod } from './references.ts';
import { notFound } from './refusals.ts';

/** The catalog as the outside sees it. Its members are data: they keep their names as they are. */
export type CatalogView = Omit<Outside<RevisionView>, 'author' | 'created_at' | 'reason'> & {
  author: Outside<RevisionView>['author'] | null;
  reason: string | null;
  created_at: string | null;
  catalog: CatalogDocument;
};

/**
 * The catalog in force now or at an instant, or one revision of it. Before the first revision nothing is in it, and its number
 * is 0.
 */
export function getCatalog(
  deps: ApiDeps,
  caller: PersonPrincipal,
  wish: { at?: string | undefined; revision?: number | undefined },
): Promise<CatalogView> {
  const { at, revision } = wish;
  if (at !== undefined && revision !== undefined)
    throw invalidPeriod('Either `at` or `revision`.', ['at', 'revision']);
  return within(deps.ledger, scopeOf(caller), async (tx) => {
    const found =
      revision !== undefined
        ? await readCatalogOf(tx, revision)
        : at !== undefined
          ? await readCatalogAt(tx, at)
          : await readActiveCatalog(tx);
    if (!found) throw notFound();
    const written = await readRevision(tx, found.number);
    return {
      revision: found.number,
      author: written?.author ?? null,
      reason: written?.reason ?? null,
      created_at: written?.createdAt ?? null,
      catalog: catalogDocument(found.catalog),
    };
  });
}

/** Every change of the catalog, newest first. */
export function findRevisions(
  deps: ApiDeps,
  caller: PersonPrincipal,
  page: { limit: number; before: number | null },
): Promise<Outside<Page<RevisionView>>> {
  return reading(deps, caller, (tx) => listRevisions(tx, page));
}
