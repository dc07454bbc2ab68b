import type { FC } from 'hono/jsx';
import type { Page } from '../../../db/queries/instant.ts';
import type { ChangeView } from '../../operations/catalog-change.ts';
import type { RevisionStory } from '../../operations/read-catalog.ts';
import type { Outside } from '../../outside.ts';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { Facts } from '../components/facts.tsx';
import { Note } from '../components/note.tsx';
import { Onward } from '../components/onward.tsx';
import { Empty, Row, Section, Timetable } from '../components/row.tsx';
import { Time } from '../components/time.tsx';
import { catalogTexts } from '../texts/catalog.ts';
import { authorOf } from './catalog.tsx';

const texts = catalogTexts.revision;
const path = '/catalog/revisions';

type Story = Outside<RevisionStory>;
type Change = Outside<ChangeView>;

/** So many changes of a revision stand in a list, and so many fields of each. */
const changesInList = 4;
const fieldsAtMost = 40;

/** Who changed the catalog, when, why, and what. */
export const RevisionsPage: FC<{
  frame: Frame;
  revisions: Outside<Page<RevisionStory>>;
  newest: boolean;
  mayEdit: boolean;
}> = ({ frame, revisions: { items, next }, newest, mayEdit }) => (
  <ConsolePage
    frame={frame}
    title={newest ? texts.listTitle(items.length, next !== null) : texts.older}
    lead={texts.listLead}
    crumb={<a href="/catalog">{catalogTexts.way}</a>}
    current="/catalog"
  >
    <Section id="revisions" title={catalogTexts.revisions}>
      {items.length === 0 ? (
        <Empty fact={texts.none}>{texts.noneMore}</Empty>
      ) : (
        <Timetable>
          {items.map((story, at) => (
            <RevisionRow story={story} isCurrent={newest && at === 0} mayEdit={mayEdit} />
          ))}
        </Timetable>
      )}
      <Onward count={items.length} path={path} query={{}} next={next} />
    </Section>
  </ConsolePage>
);

const RevisionRow: FC<{ story: Story; isCurrent: boolean; mayEdit: boolean }> = ({
  story,
  isCurrent,
  mayEdit,
}) => {
  const { revision, author, reason, created_at: at, changes } = story;
  return (
    <Row
      at={String(revision)}
      caption={<Time at={at} />}
      title={reason}
      actions={
        <>
          <a class="button" href={`${path}/${revision}`}>
            {texts.see}
            <span class="unseen"> ({texts.number(revision)})</span>
          </a>
          {mayEdit && !isCurrent && (
            <a class="button" href={`${path}/${revision}/return`}>
              {texts.goBack}
              <span class="unseen"> ({texts.number(revision)})</span>
            </a>
          )}
        </>
      }
    >
      <p class="meta">
        {authorOf(author)}
        {isCurrent && `, ${texts.current.toLowerCase()}`}
      </p>
      <ul class="meta">
        {changes.slice(0, changesInList).map((change) => (
          <li>{changeTitle(change)}</li>
        ))}
        {changes.length > changesInList && <li>{texts.moreChanges(changes.length - changesInList)}</li>}
      </ul>
    </Row>
  );
};

function changeTitle({ kind, noun, key }: Change): string {
  const name = noun === 'settings' ? catalogTexts.noun.settings : `${catalogTexts.noun[noun]} ${key}`;
  return `${name}: ${catalogTexts.change[kind]}`;
}

/** Changes of a catalog, each with what it was and what it is. */
export const ChangeList: FC<{ changes: readonly Change[] }> = ({ changes }) => (
  <ul>
    {changes.map((change) => (
      <li class="more">
        <h3>{changeTitle(change)}</h3>
        {change.kind === 'changed' ? (
          <dl class="facts">
            {change.fields.slice(0, fieldsAtMost).map(({ field, before, after }) => (
              <>
                <dt>{fieldWords(field)}</dt>
                <dd>
                  <del class="late">
                    <span class="unseen">{texts.from} </span>
                    {valueWords(before)}
                  </del>{' '}
                  <ins class="live">
                    <span class="unseen">{texts.to} </span>
                    {valueWords(after)}
                  </ins>
                </dd>
              </>
            ))}
          </dl>
        ) : (
          <Whole change={change} />
        )}
      </li>
    ))}
  </ul>
);

const Whole: FC<{ change: Change }> = ({ change: { kind, fields } }) =>
  kind === 'removed' ? (
    <p class="meta">{texts.whole}</p>
  ) : (
    <dl class="facts">
      {fields.slice(0, fieldsAtMost).map(({ field, after }) => (
        <>
          <dt>{fieldWords(field)}</dt>
          <dd>{valueWords(after)}</dd>
        </>
      ))}
    </dl>
  );

/** `default_roles.member` as it is read. */
function fieldWords(field: string): string {
  return field.replaceAll('_', ' ').replaceAll('.', ', ');
}

/** A text as it is; a list of texts with commas between. */
function valueWords(value: string | null): string {
  if (value === null) return texts.nothing;
  const inner = /^\[("[^"\\]*"(?:,"[^"\\]*")*)\]$/.exec(value)?.[1];
  return inner === undefined ? value : inner.slice(1, -1).split('","').join(', ');
}

/** One revision, and what makes it another than the one before it. */
export const RevisionPage: FC<{
  frame: Frame;
  story: Story;
  newest: number;
  isSaved: boolean;
  rights: { edits: boolean };
}> = ({ frame, story, newest, isSaved, rights }) => {
  const { revision, author, reason, created_at: at, changes } = story;
  const isCurrent = revision === newest;
  return (
    <ConsolePage
      frame={frame}
      title={texts.title(revision, authorOf(author))}
      crumb={<a href={path}>{catalogTexts.revisions}</a>}
      current="/catalog"
    >
      <div class="beside">
        <div class="stack">
          {isSaved && (
            <Note
              tone="live"
              glyph="held"
              fact={texts.saved(revision)}
              isNews
              action={
                <a class="button" href="/operations/processes">
                  {texts.processes}
                </a>
              }
            >
              {texts.savedMore}
            </Note>
          )}
          <Section id="changes" title={texts.changes}>
            {changes.length === 0 ? (
              <p class="more meta">{texts.noChanges}</p>
            ) : (
              <ChangeList changes={changes} />
            )}
          </Section>
        </div>
        <div class="panel stack">
          <Facts
            facts={[
              [texts.why, reason],
              [texts.by, authorOf(author)],
              [texts.when, <Time at={at} />],
              isCurrent ? [texts.current, texts.number(revision)] : null,
            ]}
          />
          {rights.edits && !isCurrent && (
            <p>
              <a class="button main-action" href={`${path}/${revision}/return`}>
                {texts.goBack}
              </a>
            </p>
          )}
          {isCurrent && (
            <p>
              <a class="button" href="/catalog">
                {catalogTexts.way}
              </a>
            </p>
          )}
        </div>
      </div>
    </ConsolePage>
  );
};
