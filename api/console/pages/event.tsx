import type { FC } from 'hono/jsx';
import type { InboundEventWhole } from '../../../db/queries/inbound-event.ts';
import type { Outside } from '../../outside.ts';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { Facts } from '../components/facts.tsx';
import { ActionButton, type Faults, Form, TextArea } from '../components/form.tsx';
import { Refused } from '../components/note.tsx';
import { Section } from '../components/row.tsx';
import { Time } from '../components/time.tsx';
import { customerPage } from '../links.ts';
import { nameOf } from '../request-words.ts';
import { eventTexts as texts } from '../texts/events.ts';
import { operationsTexts } from '../texts/operations.ts';
import { MappingForm, pretty, type Source, sourcePath } from './event-sources.tsx';
import { eventsPath, needsHand } from './events.tsx';

type Whole = Outside<InboundEventWhole>;

type EventProps = {
  frame: Frame;
  event: Whole;
  /** Whose words they are; null where the source is not known any more. */
  source: Source | null;
  /** Whether its customer has a page: one that is only heard of has none yet. */
  hasCustomerPage: boolean;
  fields: Readonly<Record<string, string>>;
  faults: Faults;
  refusal: { fact: string; detail: string } | null;
};

/** What a source said, what of it cannot be read, and what to do about that. */
export const EventPage: FC<EventProps> = ({
  frame,
  event,
  source,
  hasCustomerPage,
  fields,
  faults,
  refusal,
}) => {
  const titles = {
    ...texts.title,
    waiting: (name: string) => texts.title.waiting(name, event.problems.length),
  };
  return (
    <ConsolePage
      frame={frame}
      title={titles[event.state](source?.name ?? event.source)}
      lead={event.state === 'conflicting' ? texts.conflict : undefined}
      crumb={<a href={eventsPath}>{operationsTexts.lists.events}</a>}
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
              <EventFacts event={event} source={source} hasCustomerPage={hasCustomerPage} />
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
const Mending: FC<Omit<EventProps, 'refusal' | 'hasCustomerPage'>> = ({
  frame,
  event,
  source,
  fields,
  faults,
}) => {
  const address = `${eventsPath}/${event.id}`;
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

const EventFacts: FC<Pick<EventProps, 'event' | 'source' | 'hasCustomerPage'>> = ({
  event,
  source,
  hasCustomerPage,
}) => (
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
        hasCustomerPage ? (
          <a href={customerPage(event.customer.key ?? event.customer.id)}>{nameOf(event.customer)}</a>
        ) : (
          nameOf(event.customer)
        ),
      ],
      event.ignored === null ? null : [texts.facts.ignored, event.ignored.replaceAll('-', ' ')],
      event.conflicts_with === null
        ? null
        : [
            texts.facts.conflicts,
            <a href={`${eventsPath}/${event.conflicts_with}`} class="mono">
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
