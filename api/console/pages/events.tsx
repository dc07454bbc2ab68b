import type { FC } from 'hono/jsx';
import type { EventSourceView } from '../../../db/queries/event-source.ts';
import type { InboundEventView, InboundEventWhole } from '../../../db/queries/inbound-event.ts';
import type { Page } from '../../../db/queries/instant.ts';
import type { NewSecretView } from '../../operations/change-event-source.ts';
import type { Outside } from '../../outside.ts';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { Facts } from '../components/facts.tsx';
import { ActionButton, type Faults, Form, LinkButton, TextArea } from '../components/form.tsx';
import { ListWays } from '../components/list-ways.tsx';
import { Refused, State } from '../components/note.tsx';
import { Onward } from '../components/onward.tsx';
import { Empty, Row, Section, Timetable } from '../components/row.tsx';
import { Time } from '../components/time.tsx';
import { customerPage } from '../links.ts';
import { nameOf } from '../request-words.ts';
import { eventTexts as texts } from '../texts/events.ts';
import { operationsTexts } from '../texts/operations.ts';
import { useWhen } from '../when.ts';

export type InboundEvent = Outside<InboundEventView>;
type Whole = Outside<InboundEventWhole>;
type Source = Outside<EventSourceView>;

const path = '/operations/events';
const sourcePath = (key: string) => `/operations/sources/${encodeURIComponent(key)}`;

const needsHand = ({ state }: InboundEvent) => state === 'waiting' || state === 'conflicting';

/** What other systems said: what of it waits for a person, or all of it. */
export const EventsPage: FC<{ frame: Frame; events: Outside<Page<InboundEventView>>; all: boolean }> = ({
  frame,
  events: { items, next },
  all,
}) => (
  <ConsolePage
    frame={frame}
    title={all ? texts.list.titleAll : texts.list.title(items.length, next !== null)}
    lead={texts.list.lead}
    crumb={<a href="/operations">{operationsTexts.way}</a>}
    current="/operations"
  >
    <div class="stack">
      <ListWays
        label={texts.list.which}
        ways={[
          [path, texts.list.open],
          [`${path}?state=all`, texts.list.all],
        ]}
        current={all ? `${path}?state=all` : path}
      />
      <Section
        id="events"
        title={texts.list.heading}
        aside={<a href="/operations/sources">{operationsTexts.lists.sources}</a>}
      >
        {items.length === 0 ? (
          <Empty fact={texts.list.none}>{texts.list.noneMore}</Empty>
        ) : (
          <Timetable>
            {items.map((event) => (
              <EventRow event={event} />
            ))}
          </Timetable>
        )}
        <Onward count={items.length} path={path} query={{ state: all ? 'all' : null }} next={next} />
      </Section>
    </div>
  </ConsolePage>
);

/** What is wrong with an event, in a sentence. */
function whatIsWrong({ state, problems }: InboundEvent): string {
  if (state === 'conflicting') return texts.conflict;
  // The first stands in the title already.
  const others = problems.slice(1).map(texts.problem);
  return `${texts.field} ${problems.map(({ field }) => field).join(', ')}. ${others.join('. ')}`;
}

/** One of them, among others or among all that needs a hand. */
export const EventRow: FC<{ event: InboundEvent; isMain?: boolean }> = ({ event, isMain = false }) => {
  const { now } = useWhen();
  const waits = needsHand(event);
  const [first] = event.problems;
  const title =
    event.state === 'waiting' && first
      ? texts.row(event.source, texts.problem(first))
      : texts.from(event.source);
  return (
    <Row
      at={
        waits ? (
          operationsTexts.waits(Date.parse(now) - Date.parse(event.received_at))
        ) : (
          <Time at={event.received_at} as="time" />
        )
      }
      caption={waits ? texts.states[event.state].toLowerCase() : <Time at={event.received_at} as="day" />}
      tone={waits ? 'soon' : undefined}
      title={title}
      actions={
        <LinkButton
          href={`${path}/${event.id}`}
          label={event.state === 'waiting' ? texts.open : texts.look}
          isMain={isMain}
          about={event.event_id}
        />
      }
    >
      <p class="meta">
        {waits ? whatIsWrong(event) : `${texts.states[event.state]}.`}{' '}
        <span class="mono">{event.event_id}</span>
      </p>
    </Row>
  );
};

type EventProps = {
  frame: Frame;
  event: Whole;
  /** Whose words they are; null where the source is not known any more. */
  source: Source | null;
  fields: Readonly<Record<string, string>>;
  faults: Faults;
  refusal: { fact: string; detail: string } | null;
};

/** What a source said, what of it cannot be read, and what to do about that. */
export const EventPage: FC<EventProps> = ({ frame, event, source, fields, faults, refusal }) => {
  const titles = {
    ...texts.title,
    waiting: (name: string) => texts.title.waiting(name, event.problems.length),
  };
  return (
    <ConsolePage
      frame={frame}
      title={titles[event.state](source?.name ?? event.source)}
      lead={event.state === 'conflicting' ? texts.conflict : undefined}
      crumb={<a href={path}>{operationsTexts.lists.events}</a>}
      current="/operations"
    >
      <div class="stack">
        <Refused fact={refusal?.fact ?? ''} refusal={refusal?.detail} />
        <div class="beside">
          <div>
            {event.problems.length > 0 && (
              <Section id="wrong" title={texts.wrong}>
                <ul class="more stack">
                  {event.problems.map((problem) => (
                    <li>
                      <h3 class="soon">{texts.problem(problem)}</h3>
                      <p class="meta mono">{problem.field || '/'}</p>
                    </li>
                  ))}
                </ul>
              </Section>
            )}
            <Section id="about" title={texts.from(source?.name ?? event.source)}>
              <EventFacts event={event} source={source} />
            </Section>
            <Section id="body" title={texts.body}>
              <Body words={texts.showBody} text={pretty(event.body)} />
              {event.delivery_body !== null && (
                <Body words={texts.delivery} text={pretty(event.delivery_body)} />
              )}
            </Section>
          </div>
          <div>
            <Mending frame={frame} event={event} source={source} fields={fields} faults={faults} />
          </div>
        </div>
      </div>
    </ConsolePage>
  );
};

/** What can be done about it: the source's words mended, the event read again, or laid aside. */
const Mending: FC<Omit<EventProps, 'refusal'>> = ({ frame, event, source, fields, faults }) => {
  const address = `${path}/${event.id}`;
  const isMendable = event.state !== 'conflicting' && event.conflicts_with === null;
  return (
    <>
      {isMendable && source && (
        <div class="panel stack">
          <h2>{texts.mend}</h2>
          <MappingForm csrf={frame.csrf} source={source} fields={fields} faults={faults} event={event.id} />
        </div>
      )}
      {isMendable && event.state !== 'received' && (
        <div class="panel stack">
          <h2>{texts.replay}</h2>
          <p>{texts.replayMore}</p>
          <ActionButton
            action={`${address}/replay`}
            csrf={frame.csrf}
            label={texts.replay}
            isMain={event.state === 'waiting'}
          />
        </div>
      )}
      {needsHand(event) && (
        <div class="panel stack">
          <h2>{texts.discard}</h2>
          <p>{texts.discardMore}</p>
          <Form action={`${address}/discarding`} csrf={frame.csrf} class="stack">
            <TextArea
              name="reason"
              label={texts.reason}
              hint={texts.reasonHint}
              value={fields.reason}
              isRequired
              maxLength={1_000}
              fault={faults.reason}
            />
            <button type="submit">{texts.discard}</button>
          </Form>
        </div>
      )}
    </>
  );
};

const EventFacts: FC<{ event: Whole; source: Source | null }> = ({ event, source }) => (
  <Facts
    facts={[
      [texts.facts.state, texts.states[event.state]],
      [
        texts.facts.source,
        source ? (
          <a href={sourcePath(source.key)}>{source.name}</a>
        ) : (
          <span class="mono">{event.source}</span>
        ),
      ],
      [texts.facts.id, <span class="mono">{event.event_id}</span>],
      [texts.facts.received, <Time at={event.received_at} />],
      event.read_at === null ? null : [texts.facts.read, <Time at={event.read_at} />],
      event.customer && [
        texts.facts.customer,
        <a href={customerPage(event.customer.key ?? event.customer.id)}>{nameOf(event.customer)}</a>,
      ],
      event.ignored === null ? null : [texts.facts.ignored, event.ignored.replaceAll('-', ' ')],
      event.conflicts_with === null
        ? null
        : [
            texts.facts.conflicts,
            <a href={`${path}/${event.conflicts_with}`} class="mono">
              {event.conflicts_with}
            </a>,
          ],
    ]}
  />
);

/** A source's own text, closed until somebody wants it; it is text, whatever it says. */
const Body: FC<{ words: string; text: string }> = ({ words, text }) => (
  <details class="more">
    <summary>{words}</summary>
    <pre class="raw" tabindex={0} role="region" aria-label={words}>
      {text}
    </pre>
  </details>
);

/** With line ends where it is JSON; else as it came. */
function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

type MappingProps = {
  csrf: string;
  source: Source;
  fields: Readonly<Record<string, string>>;
  faults: Faults;
  /** The event to go back to. */
  event?: string;
};

const MappingForm: FC<MappingProps> = ({ csrf, source, fields, faults, event }) => (
  <Form action={sourcePath(source.key)} csrf={csrf} class="stack">
    {event !== undefined && <input type="hidden" name="event" value={event} />}
    <div class="code-field">
      <TextArea
        name="mapping"
        label={texts.source.mappingLabel}
        hint={texts.mendMore(source.name)}
        value={fields.mapping ?? pretty(source.mapping_json)}
        isRequired
        fault={faults.mapping}
      />
    </div>
    <button type="submit" class={event === undefined ? 'main-action' : undefined}>
      {texts.source.save}
    </button>
  </Form>
);

/** The systems that may send events. */
export const SourcesPage: FC<{ frame: Frame; sources: readonly Source[] }> = ({ frame, sources }) => (
  <ConsolePage
    frame={frame}
    title={texts.sources.title(sources.length)}
    lead={texts.sources.lead}
    crumb={<a href="/operations">{operationsTexts.way}</a>}
    current="/operations"
  >
    <Section
      id="sources"
      title={texts.sources.heading}
      aside={<a href={path}>{operationsTexts.lists.events}</a>}
    >
      {sources.length === 0 ? (
        <Empty fact={texts.sources.none}>{texts.sources.noneMore}</Empty>
      ) : (
        <ul class="people">
          {sources.map((source) => (
            <li>
              <div>
                <h3>{source.name}</h3>
                <p class="meta">{texts.sources.schemes[source.scheme]}</p>
              </div>
              <div>
                <p>{texts.sources.secrets(source.secrets.length)}</p>
                <p class="meta">
                  {texts.sources.changed} <Time at={source.changed_at} />
                </p>
              </div>
              <div class="acts">
                <a class="button" href={sourcePath(source.key)}>
                  {texts.sources.open}
                  <span class="unseen"> {source.name}</span>
                </a>
              </div>
            </li>
          ))}
        </ul>
      )}
    </Section>
  </ConsolePage>
);

type SourceProps = {
  frame: Frame;
  source: Source;
  url: string;
  fields: Readonly<Record<string, string>>;
  faults: Faults;
  refusal: string | null;
};

/** What a source's words mean here, and with what it signs. */
export const SourcePage: FC<SourceProps> = ({ frame, source, url, fields, faults, refusal }) => (
  <ConsolePage
    frame={frame}
    title={texts.source.title(source.name)}
    lead={texts.source.lead(texts.sources.schemes[source.scheme])}
    crumb={<a href="/operations/sources">{operationsTexts.lists.sources}</a>}
    current="/operations"
  >
    <div class="stack">
      <Refused fact={texts.source.refused} refusal={refusal} />
      <div class="beside">
        <div class="panel stack">
          <h2>{texts.source.mapping}</h2>
          <p class="meta">{texts.source.mappingHint}</p>
          <MappingForm
            csrf={frame.csrf}
            source={source}
            fields={fields}
            faults={faults}
            {...(fields.event ? { event: fields.event } : {})}
          />
          <ActionButton
            action={`${sourcePath(source.key)}/replay`}
            csrf={frame.csrf}
            label={texts.source.replayAll}
          />
        </div>
        <div>
          <Section id="where" title={texts.source.where}>
            <Facts
              facts={[
                [texts.source.url, <span class="mono">{url}</span>],
                [texts.source.key, <span class="mono">{source.key}</span>],
                [texts.source.changed, <Time at={source.changed_at} />],
                [texts.source.apiKey, source.has_api_key ? texts.source.apiKeySet : texts.source.apiKeyNone],
              ]}
            />
          </Section>
          <Section id="secrets" title={texts.source.secrets}>
            <Facts
              facts={source.secrets.map((secret) => [
                <>
                  {texts.source.since} <Time at={secret.created_at} />
                </>,
                secret.expires_at === null ? (
                  texts.source.current
                ) : (
                  <>
                    {texts.source.ends} <Time at={secret.expires_at} />
                  </>
                ),
              ])}
            />
            <div class="more stack">
              <p class="meta">{texts.source.secretsMore}</p>
              <ActionButton
                action={`${sourcePath(source.key)}/secrets`}
                csrf={frame.csrf}
                label={texts.source.rotate}
              />
            </div>
          </Section>
        </div>
      </div>
    </div>
  </ConsolePage>
);

/** A new secret, this once. */
export const NewSecretPage: FC<{ frame: Frame; source: Source; secret: Outside<NewSecretView> }> = ({
  frame,
  source,
  secret,
}) => (
  <ConsolePage
    frame={frame}
    title={texts.source.shown(source.name)}
    lead={texts.source.shownLead}
    crumb={<a href="/operations/sources">{operationsTexts.lists.sources}</a>}
    current="/operations"
  >
    <div class="stack narrow">
      <div class="envelope">
        <Facts facts={[[texts.source.secret, <code class="raw">{secret.secret}</code>]]} />
      </div>
      {secret.former_expires_at !== null && (
        <State glyph="waiting" tone="wait">
          {texts.source.shownFormer} <Time at={secret.former_expires_at} />
        </State>
      )}
      <a class="button main-action tall" href={sourcePath(source.key)}>
        {texts.source.back}
      </a>
    </div>
  </ConsolePage>
);
