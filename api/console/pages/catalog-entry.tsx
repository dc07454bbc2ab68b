import type { Child, FC } from 'hono/jsx';
import type { CatalogSection } from '../../../domain/catalog.ts';
import type { CatalogDocument } from '../../../domain/catalog-document.ts';
import type { CatalogView, RevisionStory } from '../../operations/read-catalog.ts';
import type { Outside } from '../../outside.ts';
import { namesIn } from '../catalog/rows.ts';
import type { Typed } from '../catalog/typed.ts';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { type Doing, Effect, type Plan } from '../components/effect.tsx';
import { Facts } from '../components/facts.tsx';
import { type Faults, Form, TextArea } from '../components/form.tsx';
import { Note, Refused } from '../components/note.tsx';
import { Section } from '../components/row.tsx';
import { catalogTexts as texts } from '../texts/catalog.ts';
import { partFields } from './catalog-fields.tsx';
import { ChangeList } from './catalog-revisions.tsx';

/** What a form has said, and what came of it. */
export interface Said {
  typed: Typed;
  faults: Faults;
  refusal: string | null;
  plan: Plan | null;
  /** The catalog with the edit in it, for how things in it are called. */
  planned: Partial<Record<CatalogSection, unknown>> | null;
  elsewhere: readonly string[];
  lines: Readonly<Record<string, number>>;
  /** Saving would do something else than was seen. */
  isOther: boolean;
  /** What somebody else has saved since the form was made. */
  stale: Outside<RevisionStory> | null;
}

type Props = {
  frame: Frame;
  view: CatalogView;
  part: CatalogSection;
  title: string;
  lead: string;
  action: string;
  crumb: Child;
  before: Typed | null;
  said: Said;
  /** Where it is taken out of the catalog. */
  removal: string | null;
  aside?: Child;
};

/** The form of one thing of the catalog; beside it what saving does. */
export const CatalogFormPage: FC<Props> = ({ frame, view, part, said, before, ...page }) => {
  const Fields = partFields[part];
  const { typed, faults, lines } = said;
  return (
    <ConsolePage
      frame={frame}
      title={page.title}
      lead={page.lead}
      crumb={page.crumb}
      current="/catalog"
      scripts={['catalog.js']}
    >
      <Form action={page.action} csrf={frame.csrf} class="beside" id="catalog">
        <DefaultButton />
        <input type="hidden" name="base" value={String(view.revision)} />
        <div class="stack fields">
          <Stale stale={said.stale} newest={view.revision} />
          <Refused fact={texts.effect.lost} refusal={said.refusal} />
          <Fields
            document={view.catalog}
            typed={typed}
            before={before}
            faults={faults}
            lines={lines}
            zone={frame.when.zone}
          />
          <Reason typed={typed} faults={faults} />
        </div>
        <div>
          <EffectOf doing={{ kind: 'save' }} said={said} document={view.catalog} />
          {page.aside}
          {page.removal && (
            <p class="more">
              <a href={page.removal}>{part === 'settings' ? '' : texts.entry.remove(part)}</a>
            </p>
          )}
        </div>
      </Form>
    </ConsolePage>
  );
};

/** Whoever presses Enter in a field sees the effect first. */
const DefaultButton: FC = () => <button type="submit" name="do" value="look" formnovalidate hidden />;

const Reason: FC<{ typed: Typed; faults: Faults }> = ({ typed, faults }) => (
  <TextArea
    name="reason"
    label={texts.field.reason}
    hint={texts.field.reasonHint}
    value={typed.reason}
    isRequired
    maxLength={2_000}
    fault={faults.reason}
  />
);

const EffectOf: FC<{ doing: Doing; said: Said; document: CatalogDocument }> = ({ doing, said, document }) => (
  <Effect
    doing={doing}
    plan={said.plan}
    elsewhere={said.elsewhere}
    names={namesIn(document, said.planned)}
    isOther={said.isOther}
  />
);

const Stale: FC<{ stale: Said['stale']; newest: number }> = ({ stale, newest }) =>
  stale ? (
    <>
      <Note tone="soon" glyph="waiting" fact={texts.stale.fact(newest)} isNews>
        {texts.stale.more}
      </Note>
      <Section id="since" title={texts.stale.changed(stale.since)}>
        {stale.changes.length === 0 ? (
          <p class="more meta">{texts.stale.nothing}</p>
        ) : (
          <ChangeList changes={stale.changes} />
        )}
      </Section>
    </>
  ) : (
    <></>
  );

/** A thing of the catalog for who may read it and not change it. */
export const CatalogReadPage: FC<{
  frame: Frame;
  title: string;
  lead: string;
  crumb: Child;
  facts: readonly (readonly [string, Child])[];
}> = ({ frame, title, lead, crumb, facts }) => (
  <ConsolePage frame={frame} title={title} lead={lead} crumb={crumb} current="/catalog">
    <div class="narrow stack">
      <Facts facts={facts} />
      <p class="meta">{texts.entry.readOnly}</p>
    </div>
  </ConsolePage>
);

/** A question with nothing to type but why: what it does stands beside it. */
export const CatalogReasonPage: FC<{
  frame: Frame;
  view: CatalogView;
  title: string;
  lead: string;
  crumb: Child;
  action: string;
  doing: Doing;
  said: Said;
  children?: Child;
}> = ({ frame, view, title, lead, crumb, action, doing, said, children }) => (
  <ConsolePage frame={frame} title={title} lead={lead} crumb={crumb} current="/catalog">
    <Form action={action} csrf={frame.csrf} class="beside" id="catalog">
      <input type="hidden" name="base" value={String(view.revision)} />
      <div class="stack fields">
        <Stale stale={said.stale} newest={view.revision} />
        <Refused fact={texts.effect.lost} refusal={said.refusal} />
        <Reason typed={said.typed} faults={said.faults} />
        {children}
      </div>
      <EffectOf doing={doing} said={said} document={view.catalog} />
    </Form>
  </ConsolePage>
);
