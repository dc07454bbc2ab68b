import type { Child, FC } from 'hono/jsx';
import type { CatalogList } from '../../../domain/catalog.ts';
import type { CatalogView } from '../../operations/read-catalog.ts';
import { lists } from '../catalog/forms.ts';
import { type CatalogRow, rowsOf, settingFacts } from '../catalog/rows.ts';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { Facts } from '../components/facts.tsx';
import { TextField } from '../components/form.tsx';
import { once } from '../components/once.ts';
import { Onward } from '../components/onward.tsx';
import { Empty, Section } from '../components/row.tsx';
import { Time } from '../components/time.tsx';
import { catalogEntryPage } from '../links.ts';
import { catalogTexts as texts } from '../texts/catalog.ts';

/** Of each part so many stand on the first page; the others behind a link. */
const shownAtMost = 20;

type Props = { frame: Frame; view: CatalogView; mayEdit: boolean };

/** Whoever wrote a revision. */
export function authorOf(author: CatalogView['author']): string {
  return author?.name ?? author?.email ?? texts.unknownAuthor;
}

/** The catalog in force, part by part. */
export const CatalogPage: FC<Props> = ({ frame, view, mayEdit }) => (
  <ConsolePage
    frame={frame}
    title={texts.title(view.revision)}
    lead={<Lead view={view} />}
    current="/catalog"
  >
    {lists.map((part) =>
      part === 'overrides' ? partOf(view, part, mayEdit) : drawnPart(view, part, mayEdit),
    )}
    {drawnPart(view, 'settings', mayEdit)}
  </ConsolePage>
);

const Lead: FC<{ view: CatalogView }> = ({ view }) => {
  if (view.revision === 0) return <>{texts.emptyLead}</>;
  return (
    <>
      {texts.changedBy(authorOf(view.author))} {view.created_at && <Time at={view.created_at} />}
      {view.reason && `: ${texts.because(view.reason)}`}.{' '}
      {texts.much(lists.map((part) => [view.catalog[part].length, part]))}{' '}
      <a href="/catalog/revisions">{texts.allRevisions}</a>
    </>
  );
};

type Part = CatalogList | 'settings';

/** By the document, which is one for each revision. Overrides say days in the viewer's zone, and are drawn with each page. */
const drawn = new WeakMap<CatalogView['catalog'], Map<string, Child>>();

function drawnPart(view: CatalogView, part: Part, mayEdit: boolean): Child {
  const parts = drawn.get(view.catalog) ?? new Map<string, Child>();
  drawn.set(view.catalog, parts);
  const name = `${part} ${mayEdit}`;
  const found = parts.get(name) ?? once(partOf(view, part, mayEdit));
  parts.set(name, found);
  return found;
}

function partOf(view: CatalogView, part: Part, mayEdit: boolean) {
  if (part === 'settings') return <SettingsSection view={view} mayEdit={mayEdit} />;
  return <PartSection view={view} part={part} mayEdit={mayEdit} />;
}

const SettingsSection: FC<{ view: CatalogView; mayEdit: boolean }> = ({ view, mayEdit }) => (
  <Section
    id="settings"
    title={texts.settings}
    aside={mayEdit && <a href="/catalog/settings">{texts.settingWords.change}</a>}
  >
    <div class="more">
      <Facts facts={settingFacts(view.catalog)} />
    </div>
  </Section>
);

const PartSection: FC<{ view: CatalogView; part: CatalogList; mayEdit: boolean }> = ({
  view,
  part,
  mayEdit,
}) => {
  const rows = rowsOf(view.catalog, part);
  const words = texts.parts[part];
  return (
    <Section id={part} title={words.all} aside={mayEdit && <a href={`/catalog/new/${part}`}>{words.add}</a>}>
      {rows.length === 0 ? (
        <Empty fact={words.none}>{words.noneMore}</Empty>
      ) : (
        <RowTable part={part} rows={rows.slice(0, shownAtMost)} />
      )}
      {rows.length > shownAtMost && (
        <p class="more meta">
          <a href={`/catalog/${part}`}>{texts.seeAll(rows.length)}</a>
        </p>
      )}
    </Section>
  );
};

/** Things of one part, each with what matters of it; on a phone stacked. */
const RowTable: FC<{ part: CatalogList; rows: readonly CatalogRow[] }> = ({ part, rows }) => {
  const labels = texts.parts[part].columns;
  return (
    <table class="stacks" aria-labelledby={part}>
      <thead>
        <tr>
          <th>{texts.name}</th>
          {labels.map((label) => (
            <th>{label}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ key, name, cells }) => (
          <tr>
            <td data-label={texts.name}>
              <div>
                <a href={catalogEntryPage(part, key)}>
                  <b>{name}</b>
                </a>
                <small>{key}</small>
              </div>
            </td>
            {cells.map((cell, at) => (
              <td data-label={labels[at]}>
                <div>{cellWords(cell)}</div>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
};

function cellWords(cell: CatalogRow['cells'][number]): Child {
  if (typeof cell === 'string') return cell;
  if ('instant' in cell) return <Time at={cell.instant} as="day" />;
  return (
    <>
      {cell.quote}
      <small>{cell.more}</small>
    </>
  );
}

/** All of one part, by key. */
export const CatalogListPage: FC<
  Props & { part: CatalogList; find: string; rows: readonly CatalogRow[]; all: number; next: string | null }
> = ({ frame, mayEdit, part, find, rows, all, next }) => {
  const words = texts.parts[part];
  const path = `/catalog/${part}`;
  return (
    <ConsolePage
      frame={frame}
      title={texts.list.title(part, all, find !== '')}
      crumb={<a href="/catalog">{texts.way}</a>}
      current="/catalog"
    >
      <form method="get" action={path} role="search" class="filters">
        <TextField name="find" label={texts.list.find} type="search" value={find} />
        <button type="submit">{texts.list.act}</button>
      </form>
      <Section
        id={part}
        title={words.all}
        aside={mayEdit && <a href={`/catalog/new/${part}`}>{words.add}</a>}
      >
        {rows.length === 0 ? (
          <Empty fact={find ? texts.list.nothing : words.none}>
            {find ? texts.list.nothingMore : words.noneMore}
          </Empty>
        ) : (
          <RowTable part={part} rows={rows} />
        )}
        <Onward count={rows.length} path={path} query={{ find }} next={next} />
      </Section>
    </ConsolePage>
  );
};
