import type { FC } from 'hono/jsx';
import type { FenceItemView } from '../../../db/queries/fence-view.ts';
import type { Outside } from '../../outside.ts';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { Facts } from '../components/facts.tsx';
import { ActionButton, type Faults, Form, TextArea } from '../components/form.tsx';
import { Note, Refused, State } from '../components/note.tsx';
import { Onward } from '../components/onward.tsx';
import { Row, Section, Timetable } from '../components/row.tsx';
import { Time } from '../components/time.tsx';
import { personPage } from '../links.ts';
import { nameOf } from '../request-words.ts';
import { fenceTexts as texts } from '../texts/fences.ts';
import { operationsTexts } from '../texts/operations.ts';
import { type Fence, fencesPath, fenceTitle } from './fences.tsx';

type FenceItem = Outside<FenceItemView>;

type FenceProps = {
  frame: Frame;
  fence: Fence;
  items: readonly FenceItem[];
  next: string | null;
  /** Whether they may release fences at all, and whether these changes are not their own. */
  rights: { releases: boolean; isAuthor: boolean };
  fields: Readonly<Record<string, string>>;
  faults: Faults;
  refusal: string | null;
};

/** What would change for whom, and whether it may. */
export const FencePage: FC<FenceProps> = ({ frame, fence, items, next, rights, ...said }) => {
  const isOpen = fence.state === 'open' && fence.waiting > 0;
  const decides = isOpen && rights.releases && !rights.isAuthor;
  return (
    <ConsolePage
      frame={frame}
      title={isOpen ? fenceTitle(fence) : texts.over(fence.released, fence.discarded)}
      lead={isOpen ? texts.limit(fence.limit) : texts.nothingLeft}
      crumb={<a href={fencesPath}>{operationsTexts.lists.fences}</a>}
      current="/operations"
    >
      <div class="beside">
        <div>
          {fence.difference.length > 0 && (
            <Section id="what" title={texts.what}>
              <Difference lines={fence.difference} />
            </Section>
          )}
          <Section id="who" title={texts.who} aside={texts.items}>
            <Timetable>
              {items.map((item) => (
                <ItemRow
                  item={item}
                  act={decides && item.state === 'waiting' ? { csrf: frame.csrf, fence } : null}
                />
              ))}
            </Timetable>
            <Onward count={items.length} path={`${fencesPath}/${fence.id}`} query={{}} next={next} />
          </Section>
        </div>
        <div>
          {isOpen && <Decision csrf={frame.csrf} fence={fence} rights={rights} {...said} />}
          <Section id="facts" title={texts.about}>
            <FenceFacts fence={fence} />
          </Section>
        </div>
      </div>
    </ConsolePage>
  );
};

/** `+` what some gain, `−` what some lose. */
const Difference: FC<{ lines: readonly string[] }> = ({ lines }) => (
  <ul class="effect">
    {lines.map((line) => {
      const gains = / gains? /.test(line);
      return (
        <li class={gains ? 'gain' : 'lose'}>
          <b aria-hidden="true">{gains ? '+' : '−'}</b> <span>{line}</span>
        </li>
      );
    })}
  </ul>
);

const ItemRow: FC<{
  item: FenceItem;
  /** What sending it on by itself needs; null where they don't decide on it. */
  act: { csrf: string; fence: Fence } | null;
}> = ({ item, act }) => {
  const { person, difference } = item;
  const states = {
    waiting: { glyph: 'fence', tone: 'soon' },
    released: { glyph: 'held' },
    discarded: { glyph: 'denied' },
  } as const;
  const whom = person ? nameOf(person) : nameOf(item.organization);
  return (
    <Row
      at=""
      caption={<State {...states[item.state]}>{texts.state[item.state]}</State>}
      title={person ? <a href={personPage(person.id)}>{whom}</a> : whom}
      actions={
        act && (
          <ActionButton
            action={`${fencesPath}/${act.fence.id}/release`}
            csrf={act.csrf}
            name="item"
            value={item.id}
            label={texts.decision.releaseOne}
            about={whom}
          />
        )
      }
    >
      <p class="meta">
        {nameOf(item.organization)}
        {!person && `, ${texts.whole}`}
        {item.suspended && `; ${texts.suspended}`}
      </p>
      {item.process_kind === 'offboarding' && <p>{texts.leaves}</p>}
      <Names words={texts.lose} names={difference.lose} />
      <Names words={texts.gain} names={difference.gain} />
      {item.decided_by && (
        <p class="meta">
          {nameOf(item.decided_by)}, {item.decided_at && <Time at={item.decided_at} />}
          {item.comment && `: ${item.comment}`}
        </p>
      )}
    </Row>
  );
};

const Names: FC<{ words: string; names: readonly string[] }> = ({ words, names }) =>
  names.length === 0 ? (
    <></>
  ) : (
    <p>
      {words}: {names.map(entitlementWords).join(', ')}
    </p>
  );

/** `northwind-app:use` as it is said; what is a role or a duty is in words already. */
function entitlementWords(name: string): string {
  const [resource = '', entitlement] = name.split(':');
  return entitlement === undefined ? name : texts.on(entitlement, resource);
}

const FenceFacts: FC<{ fence: Fence }> = ({ fence }) => (
  <Facts
    facts={[
      [texts.facts.by, fence.author ? nameOf(fence.author) : texts.nobody],
      [texts.facts.how, texts.causes[fence.cause]],
      fence.organization && [texts.facts.where, nameOf(fence.organization)],
      fence.source ? [texts.facts.source, fence.source] : null,
      [texts.facts.limit, fence.limit],
      [texts.facts.opened, <Time at={fence.opened_at} />],
      fence.closed_at ? [texts.facts.closed, <Time at={fence.closed_at} />] : null,
      [texts.facts.waiting, fence.waiting],
      [texts.facts.released, fence.released],
      [texts.facts.discarded, fence.discarded],
    ]}
  />
);

type DecisionProps = Pick<FenceProps, 'fence' | 'rights' | 'fields' | 'faults' | 'refusal'> & {
  csrf: string;
};

const Decision: FC<DecisionProps> = ({ csrf, fence, rights, fields, faults, refusal }) => {
  if (!rights.releases || rights.isAuthor)
    return (
      <div class="stack">
        <Refused fact={texts.decision.refused} refusal={refusal} />
        <Note tone="wait" glyph="fence" fact={texts.decision.not}>
          {rights.isAuthor ? texts.decision.own : texts.decision.noDuty}
        </Note>
      </div>
    );
  const address = `${fencesPath}/${fence.id}`;
  return (
    <div class="panel stack">
      <h2>{texts.decision.heading}</h2>
      <Refused fact={texts.decision.refused} refusal={refusal} />
      <Form action={`${address}/release`} csrf={csrf} class="stack">
        <p>{texts.decision.releaseMore(fence.waiting)}</p>
        <TextArea
          name="comment"
          label={texts.decision.comment}
          aside={texts.decision.optional}
          hint={texts.decision.hint}
          value={fields.comment}
          maxLength={2_000}
          fault={faults.comment}
        />
        <button type="submit" class="main-action tall">
          {texts.decision.releaseAct}
        </button>
      </Form>
      <Form action={`${address}/discarding`} csrf={csrf} class="stack">
        <h3>{texts.decision.discard}</h3>
        <p class="meta">{texts.decision.discardMore}</p>
        <TextArea
          name="reason"
          label={texts.decision.reason}
          hint={texts.decision.hint}
          value={fields.reason}
          isRequired
          maxLength={2_000}
          fault={faults.reason}
        />
        <button type="submit" class="tall">
          {texts.decision.discardAct}
        </button>
      </Form>
    </div>
  );
};

/** What became of what was dropped, where something of it stays: said once, before one goes on. */
export const DiscardedPage: FC<{
  frame: Frame;
  fence: Fence;
  returnsTo: number | null;
  stays: string | null;
}> = ({ frame, fence, returnsTo, stays }) => (
  <ConsolePage
    frame={frame}
    title={texts.after.dropped}
    crumb={<a href={fencesPath}>{operationsTexts.lists.fences}</a>}
    current="/operations"
  >
    <div class="stack narrow">
      {returnsTo !== null && <p>{texts.after.returns(returnsTo)}</p>}
      {stays !== null && <p>{stays}</p>}
      <a class="button main-action tall" href={`${fencesPath}/${fence.id}`}>
        {operationsTexts.act.open}
      </a>
    </div>
  </ConsolePage>
);
