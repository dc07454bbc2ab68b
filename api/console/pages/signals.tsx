import type { FC } from 'hono/jsx';
import type { Page } from '../../../db/queries/instant.ts';
import type { SignalView } from '../../../db/queries/signal.ts';
import type { Outside } from '../../outside.ts';
import { Facts } from '../components/facts.tsx';
import { type Faults, Form, LinkButton, TextArea } from '../components/form.tsx';
import type { GlyphKind } from '../components/glyph.tsx';
import { ListWays } from '../components/list-ways.tsx';
import { Note, Refused, State, type Tone } from '../components/note.tsx';
import { Onward } from '../components/onward.tsx';
import { type PlaceFrame, PlacePage } from '../components/place-page.tsx';
import { Empty, Row, Section, Timetable } from '../components/row.tsx';
import { Time } from '../components/time.tsx';
import { addressOf, personPage } from '../links.ts';
import { nameOf } from '../request-words.ts';
import { texts as common } from '../texts/common.ts';
import { operationsTexts } from '../texts/operations.ts';
import { signalTexts as texts } from '../texts/signals.ts';
import { useWhen } from '../when.ts';

type Signal = Outside<SignalView>;

/** What every page about signals is given. */
export interface SignalPlace extends PlaceFrame {
  /** The address of its signals. */
  base: string;
  /** The viewer's own id. */
  me: string;
  /** Whether they may close signals and see sources. */
  manages: boolean;
  /** Whether the list is theirs to read: who connects sources need not. */
  readsSignals: boolean;
}

/** The ways in which the list is narrowed. */
export const signalWays = ['open', 'unmatched', 'all'] as const;
export type SignalWay = (typeof signalWays)[number];

/** Where the pages about signals belong, in either frame. */
export const wayOf = ({ panel }: SignalPlace) => (panel ? '/admin/settings' : '/operations');

/** The way up from them. */
export const WayUp: FC<{ place: SignalPlace }> = ({ place }) => (
  <a href={wayOf(place)}>{place.panel ? common.panel.settings : operationsTexts.way}</a>
);

/** What was said, as words. */
const saidIn = ({ name, kind, effect }: Signal) => texts.name(name, kind, effect === 'closes');

/** Whom it is about, as far as that is known. */
function whomIn({ person, state }: Signal): string {
  if (person) return nameOf(person);
  return state === 'received' ? texts.somebody : texts.nobody;
}

/** Both; what says nothing about access is about nobody. */
const titleOf = (signal: Signal) =>
  signal.name === null ? saidIn(signal) : texts.row(whomIn(signal), saidIn(signal));

/** What sources have said: what of it is open, what is about nobody known, or all of it. */
export const SignalsPage: FC<{
  place: SignalPlace;
  signals: Outside<Page<SignalView>>;
  way: SignalWay;
}> = ({ place, signals: { items, next }, way }) => {
  const title = texts.list.title[way](items.length, next !== null);
  const address = (one: SignalWay) => addressOf(place.base, { state: one === 'open' ? null : one });
  return (
    <PlacePage
      frame={place.frame}
      panel={place.panel}
      title={title}
      lead={texts.list.lead[way]}
      crumb={<WayUp place={place} />}
      current={wayOf(place)}
      live={{ kinds: ['signal'], says: title }}
    >
      <div class="stack">
        <ListWays
          label={texts.list.which}
          ways={signalWays.map((one) => [address(one), texts.list.ways[one]])}
          current={address(way)}
        />
        <Section
          id="signals"
          title={texts.list.heading}
          aside={place.manages && <a href={`${place.base}/sources`}>{texts.list.sources}</a>}
        >
          {items.length === 0 ? (
            <Empty fact={texts.list.none[way]}>{texts.list.noneMore[way]}</Empty>
          ) : (
            <Timetable>
              {items.map((signal) => (
                <SignalRow place={place} signal={signal} />
              ))}
            </Timetable>
          )}
          <Onward
            count={items.length}
            path={place.base}
            query={{ state: way === 'open' ? null : way }}
            next={next}
          />
        </Section>
      </div>
    </PlacePage>
  );
};

const SignalRow: FC<{ place: SignalPlace; signal: Signal }> = ({ place, signal }) => {
  const { now } = useWhen();
  const title = titleOf(signal);
  const { person, organization, state } = signal;
  const counts = countsAt(signal, now);
  const isOwn = person?.id === place.me;
  return (
    <Row
      at={<Time at={signal.event_at} as="time" />}
      caption={<Time at={signal.event_at} as="day" />}
      tone={counts ? 'soon' : undefined}
      title={!place.panel && person ? <a href={personPage(person.id)}>{title}</a> : title}
      actions={
        counts &&
        place.manages &&
        !isOwn && (
          <LinkButton href={`${place.base}/${signal.id}/closing`} label={texts.list.close} about={title} />
        )
      }
    >
      <SignalState signal={signal} />
      <p class="meta">
        {texts.list.from(signal.source.name)}
        {!place.panel && texts.list.at(nameOf(organization))}.{' '}
        {state === 'closed' && signal.close_reason && `“${signal.close_reason}”`}
        {counts && isOwn && texts.list.own}
      </p>
    </Row>
  );
};

/** Whether it counts now. */
function countsAt({ state, ends_at: endsAt }: Signal, now: string): boolean {
  return state === 'open' && (endsAt === null || endsAt > now);
}

const signs: Readonly<Record<Signal['state'], readonly [GlyphKind, Tone?]>> = {
  received: ['waiting', 'wait'],
  open: ['held', 'soon'],
  closed: ['ended'],
  noted: ['ended'],
  superseded: ['ended'],
  unmatched: ['waiting', 'wait'],
};

/** How it stands: open, over by itself, closed by whom. */
const SignalState: FC<{ signal: Signal }> = ({ signal }) => {
  const { now } = useWhen();
  const { state, ends_at: endsAt, closed_at: closedAt, closed_by: by } = signal;
  if (state === 'open' && endsAt !== null && !countsAt(signal, now))
    return (
      <State glyph="ended">
        {texts.over} <Time at={endsAt} />
      </State>
    );
  const [glyph, tone] = signs[state];
  return (
    <State glyph={glyph} {...(tone ? { tone } : {})}>
      {texts.states[state]}
      {state === 'open' && <Until at={endsAt} />}
      {closedAt && (
        <>
          {' '}
          <Time at={closedAt} /> {by && texts.closedBy(nameOf(by))}
        </>
      )}
    </State>
  );
};

const Until: FC<{ at: string | null }> = ({ at }) => (
  <>
    {' '}
    {at === null ? (
      texts.list.untilTakenBack
    ) : (
      <>
        {texts.until} <Time at={at} />
      </>
    )}
  </>
);

interface ClosingProps {
  place: SignalPlace;
  signal: Signal;
  /** What was typed. */
  reason: string;
  faults: Faults;
  refusal: string | null;
}

/** What is said about somebody, and the form to close it by hand. */
export const ClosingPage: FC<ClosingProps> = ({ place, signal, reason, faults, refusal }) => {
  const { closing } = texts;
  const isOpen = signal.state === 'open';
  const back = place.readsSignals ? place.base : `${place.base}/sources`;
  return (
    <PlacePage
      frame={place.frame}
      panel={place.panel}
      title={isOpen ? closing.title(whomIn(signal), saidIn(signal)) : titleOf(signal)}
      lead={isOpen ? closing.lead : undefined}
      crumb={place.readsSignals ? <a href={place.base}>{texts.way}</a> : <WayUp place={place} />}
      current={wayOf(place)}
    >
      <div class="stack narrow">
        <Refused fact={closing.refused} refusal={refusal} />
        <SignalFacts signal={signal} />
        {signal.person?.id === place.me ? (
          <Note tone="wait" glyph="denied" fact={closing.own}>
            {closing.ownMore}
          </Note>
        ) : isOpen ? (
          <Form action={`${place.base}/${signal.id}/closing`} csrf={place.frame.csrf} class="stack">
            <TextArea
              name="reason"
              label={closing.why}
              hint={closing.hint}
              value={reason}
              isRequired
              maxLength={1_000}
              fault={faults['reason']}
            />
            <div class="acts">
              <button type="submit" class="main-action tall">
                {closing.act}
              </button>
              <a class="button tall" href={back}>
                {closing.back}
              </a>
            </div>
          </Form>
        ) : (
          <Note tone="wait" glyph="ended" fact={closing.notOpen}>
            {closing.notOpenMore}
          </Note>
        )}
      </div>
    </PlacePage>
  );
};

const SignalFacts: FC<{ signal: Signal }> = ({ signal }) => {
  const { facts, noEnd } = texts.closing;
  return (
    <Facts
      facts={[
        [facts.person, whomIn(signal)],
        [facts.said, saidIn(signal)],
        [facts.source, signal.source.name],
        [facts.since, <Time at={signal.event_at} />],
        signal.state === 'open'
          ? [facts.until, signal.ends_at ? <Time at={signal.ends_at} /> : noEnd]
          : [facts.state, <SignalState signal={signal} />],
        signal.close_reason === null ? null : [facts.reason, `“${signal.close_reason}”`],
      ]}
    />
  );
};

/** What counts against somebody now, beside what they hold. */
export const OpenSignals: FC<{ signals: readonly Signal[]; mayClose: boolean }> = ({ signals, mayClose }) => (
  <section class="panel stack">
    <h2>{texts.onPerson.title}</h2>
    <ul class="stack">
      {signals.map((signal) => (
        <li>
          <State glyph="held" tone="soon">
            {saidIn(signal)},
            <Until at={signal.ends_at} />
          </State>
          <p class="meta">
            {texts.list.from(signal.source.name)}, <Time at={signal.event_at} />.{' '}
            {mayClose && (
              <a href={`/operations/signals/${signal.id}/closing`}>
                {texts.list.close}
                <span class="unseen"> {saidIn(signal)}</span>
              </a>
            )}
          </p>
        </li>
      ))}
    </ul>
    <p>
      <a href="/operations/signals">{texts.onPerson.all}</a>
    </p>
  </section>
);
