import { z } from '@hono/zod-openapi';
import type { CatalogList } from '../../../domain/catalog.ts';
import { answer, frameOf, html, type PageContext } from '../../console/answer.tsx';
import { lists, placeOf } from '../../console/catalog/forms.ts';
import { exceptionWords, rowsOf, titlesOf } from '../../console/catalog/rows.ts';
import { textIn } from '../../console/catalog/typed.ts';
import { CatalogListPage, CatalogPage } from '../../console/pages/catalog.tsx';
import { RevisionPage, RevisionsPage } from '../../console/pages/catalog-revisions.tsx';
import { catalogTexts as texts } from '../../console/texts/catalog.ts';
import { rules } from '../../guards/rule.ts';
import {
  type CatalogView,
  findRevisionStories,
  getCatalog,
  showRevision,
} from '../../operations/read-catalog.ts';
import { notFound } from '../../operations/refusals.ts';
import { type Api, declare, problemsOf } from '../../route.ts';
import { pageToRead } from './common.ts';

const page = { 200: html('The page'), ...problemsOf('unauthenticated', 'forbidden') };
const found = { ...page, ...problemsOf('unauthenticated', 'forbidden', 'not-found') };
const revisionParams = z.object({ revision: z.string().max(20) });

const overview = declare({
  ...pageToRead,
  path: '/catalog',
  operationId: 'catalogPage',
  summary: 'The access catalog in force',
  rule: 'catalog-reader',
  responses: page,
});

const list = declare({
  ...pageToRead,
  path: '/catalog/{part}',
  operationId: 'catalogListPage',
  summary: 'All things of one part of the catalog',
  rule: 'catalog-reader',
  request: {
    params: z.object({ part: z.string().max(40) }),
    query: z.object({ find: z.string().max(320).default(''), after: z.string().max(200).optional() }),
  },
  responses: found,
});

const revisions = declare({
  ...pageToRead,
  path: '/catalog/revisions',
  operationId: 'catalogRevisionsPage',
  summary: 'Who changed the catalog, when, why, and what',
  rule: 'catalog-reader',
  request: { query: z.object({ after: z.string().max(20).optional() }) },
  responses: page,
});

const revision = declare({
  ...pageToRead,
  path: '/catalog/revisions/{revision}',
  operationId: 'catalogRevisionPage',
  summary: 'One revision, and what it changed',
  rule: 'catalog-reader',
  request: { params: revisionParams, query: z.object({ saved: z.string().max(5).optional() }) },
  responses: found,
});

/** So many things of a part stand on one page, and so many revisions. */
const rowsAtOnce = 100;
const revisionsAtOnce = 20;

/** The part that an address names. @throws TenureError `not-found` */
export function listNamed(part: string): CatalogList {
  const named = lists.find((one) => one === part);
  if (named === undefined) throw notFound();
  return named;
}

/** The revision that an address names. @throws TenureError `not-found` */
export function revisionNamed(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw notFound();
  return Number(text);
}

/** What a thing of the catalog is called. */
export function titleOf({ catalog }: CatalogView, part: CatalogList, key: string): string {
  const entry = catalog[part][placeOf(catalog, part, key)];
  if (!entry) throw notFound();
  if (part !== 'overrides') return textIn(entry.name);
  return texts.entry.overrideTitle(
    textIn(entry.customer),
    exceptionWords(entry.what, titlesOf(catalog, 'roles')),
  );
}

export const mayEdit = (c: PageContext) => rules['manage-access'].admits(c.get('principal'));

/** Before the forms, whose addresses are wider. */
export function catalogPages(app: Api): void {
  app.openapi(overview, async (c) => {
    const [frame, view] = await Promise.all([frameOf(c), getCatalog(c.get('deps'), c.get('principal'), {})]);
    return answer(c, <CatalogPage frame={frame} view={view} mayEdit={mayEdit(c)} />);
  });
  app.openapi(revisions, async (c) => {
    const { after } = c.req.valid('query');
    const before = after !== undefined && /^\d{1,9}$/.test(after) ? Number(after) : null;
    const [frame, stories] = await Promise.all([
      frameOf(c),
      findRevisionStories(c.get('deps'), c.get('principal'), { limit: revisionsAtOnce, before }),
    ]);
    return answer(
      c,
      <RevisionsPage frame={frame} revisions={stories} newest={before === null} mayEdit={mayEdit(c)} />,
    );
  });
  app.openapi(revision, async (c) => {
    const [deps, caller] = [c.get('deps'), c.get('principal')];
    const number = revisionNamed(c.req.valid('param').revision);
    const [frame, story, view] = await Promise.all([
      frameOf(c),
      showRevision(deps, caller, { revision: number }),
      getCatalog(deps, caller, {}),
    ]);
    return answer(
      c,
      <RevisionPage
        frame={frame}
        story={story}
        newest={view.revision}
        isSaved={c.req.valid('query').saved === 'yes'}
        rights={{ edits: mayEdit(c) }}
      />,
    );
  });
}

export function catalogListPages(app: Api): void {
  app.openapi(list, async (c) => {
    const part = listNamed(c.req.valid('param').part);
    const { find, after } = c.req.valid('query');
    const [frame, view] = await Promise.all([frameOf(c), getCatalog(c.get('deps'), c.get('principal'), {})]);
    const sought = find.trim().toLowerCase();
    // The catalog is one document, and it is read whole: there is nothing to narrow in the ledger.
    const rows = rowsOf(view.catalog, part).filter(({ key, name }) =>
      `${key} ${name}`.toLowerCase().includes(sought),
    );
    const begin = after === undefined ? 0 : rows.findIndex(({ key }) => key === after) + 1;
    const shown = rows.slice(begin, begin + rowsAtOnce);
    const next = begin + rowsAtOnce < rows.length ? (shown.at(-1)?.key ?? null) : null;
    return answer(
      c,
      <CatalogListPage
        frame={frame}
        view={view}
        mayEdit={mayEdit(c)}
        part={part}
        find={find}
        rows={shown}
        all={rows.length}
        next={next}
      />,
    );
  });
}
