import type { FC } from 'hono/jsx';
import type { InboundEventView } from '../../../db/queries/inbound-event.ts';
import type { Page } from '../../../db/queries/instant.ts';
import type { Outside } from '../../outside.ts';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { LinkButton } from '../components/form.tsx';
import { ListWays } from '../components/list-ways.tsx';
import { Onward } from '../components/onward.tsx';
import { Empty, Row, Section, Timetable } from '../components/row.tsx';
import { Time } from '../components/time.tsx';
import { eventTexts as texts } from '../texts/events.ts';
import { operationsTexts } from '../texts/operations.ts';
import { useWhen } from '../when.ts';

export type InboundEvent = Outside<InboundEventView>;

export const eventsPath = '/operations/events';

/** It waits for a person. */
export const needsHand = ({ state }: InboundEvent) => state === 'waiting' || state === 'conflicting';

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
          [eventsPath, texts.list.open],
          [`${eventsPath}?state=all`, texts.list.all],
        ]}
        current={all ? `${eventsPath}?state=all` : eventsPath}
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
        <Onward count={items.length} path={eventsPath} query={{ state: all ? 'all' : null }} next={next} />
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
          href={`${eventsPath}/${event.id}`}
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
