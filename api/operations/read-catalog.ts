import { readingWithin } from '../../db/client.ts';
import {
  emptyCatalog,
  listRevisions,
  readActiveCatalog,
  readCatalogAt,
  readCatalogOf,
  readCatalogsOf,
  readRevision,
  type RevisionView,
} from '../../db/queries/catalog-revision.ts';
import type { Page } from '../../db/queries/instant.ts';
import type { Catalog } from '../../domain/catalog.ts';
import { catalogChanges } from '../../domain/catalog-changes.ts';
import { type CatalogDocument, catalogDocument } from '../../domain/catalog-document.ts';
import { deepFrozen } from '../../domain/deep-frozen.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { type PersonPrincipal, scopeOf } from '../principal.ts';
import { reading } from '../transact.ts';
import { type ChangeView, changeView } from './catalog-change.ts';
import { invalidPeriod } from './references.ts';
import { notFound } from './refusals.ts';

/** The catalog as the outside sees it, not to be changed. Its members are data: they keep their names as they are. */
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
  return readingWithin(deps.ledger, scopeOf(caller), async (tx) => {
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
      catalog: documentOf(found.catalog),
    };
  });
}

const documents = new WeakMap<Catalog, CatalogDocument>();

/** As long as a revision is kept, so is its outside form; it is shared between its readers. */
function documentOf(catalog: Catalog): CatalogDocument {
  const kept = documents.get(catalog) ?? deepFrozen(catalogDocument(catalog));
  documents.set(catalog, kept);
  return kept;
}

/** One revision, and what makes it another than the one that it is compared with. */
export interface RevisionStory extends RevisionView {
  since: number;
  changes: ChangeView[];
}

/** One revision with what changed in it, or since an earlier or a later one; that is the one before it unless it is named. */
export function showRevision(
  deps: ApiDeps,
  caller: PersonPrincipal,
  { revision, since = revision - 1 }: { revision: number; since?: number | undefined },
): Promise<Outside<RevisionStory>> {
  return reading(deps, caller, async (tx) => {
    const [written, before, after] = [
      await readRevision(tx, revision),
      since <= 0 ? emptyCatalog : (await readCatalogOf(tx, since))?.catalog,
      (await readCatalogOf(tx, revision))?.catalog,
    ];
    if (!written || !before || !after) throw notFound();
    return { ...written, since: Math.max(since, 0), changes: catalogChanges(before, after).map(changeView) };
  });
}

/** The same of several, newest first, each compared with the one before it. */
export function findRevisionStories(
  deps: ApiDeps,
  caller: PersonPrincipal,
  page: { limit: number; before: number | null },
): Promise<Outside<Page<RevisionStory>>> {
  return reading(deps, caller, async (tx) => {
    const { items, next } = await listRevisions(tx, page);
    const numbers = new Set(items.flatMap(({ revision }) => [revision - 1, revision]));
    const catalogs = await readCatalogsOf(tx, [...numbers]);
    const stories = items.map((one) => {
      const since = one.revision - 1;
      const before = since === 0 ? emptyCatalog : catalogs.get(since);
      const after = catalogs.get(one.revision);
      const changes = before && after ? catalogChanges(before, after).map(changeView) : [];
      return { ...one, since, changes };
    });
    return { items: stories, next };
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
