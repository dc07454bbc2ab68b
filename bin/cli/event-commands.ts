import { z } from 'zod';
import { pageOf } from './ask-commands.ts';
import { parseAs, readAs } from './client.ts';
import { UsageError } from './errors.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { instantInWords } from './instants.ts';
import { type Cell, fields, headline, type Page, table } from './layout.ts';
import { wholeList } from './lists.ts';
import { checkedId } from './paths.ts';
import type { Session } from './session.ts';
import { count, neutralise, neutraliseLines } from './text.ts';

const problemShape = z.object({ code: z.string(), field: z.string(), value: z.string().nullish() });
const eventShape = z.object({
  id: z.string(),
  source: z.string(),
  event_id: z.string(),
  state: z.string(),
  problems: z.array(problemShape),
  ignored: z.string().nullish(),
  customer: z.object({ id: z.string(), key: z.string().nullish(), name: z.string().nullish() }).nullish(),
  conflicts_with: z.string().nullish(),
  received_at: z.string(),
});
const wholeShape = eventShape.extend({ body: z.string() });
const replayedShape = z.object({ replayed: z.number() });
type DeliveredEvent = z.infer<typeof eventShape>;

export interface EventFilter {
  state?: string;
  source?: string;
  customer?: string;
}

/** What other systems delivered, the newest first, and what became of it. */
export async function eventsCommand(session: Session, filter: EventFilter): Promise<ExitCode> {
  const { state, source, customer } = filter;
  const list = await wholeList(session, '/v1/events', { state, source, customer });
  session.print(list.answer, () => {
    const events = list.items.map((item) => parseAs(eventShape, item));
    const sentence = `${count(events.length, 'event', 'events')}${state ? ` ${neutralise(state)}` : ''}.\n`;
    return events.length ? `${sentence}${eventTable(pageOf(session), events)}` : 'No event.\n';
  });
  return exitCodes.done;
}

function eventTable(page: Page, events: readonly DeliveredEvent[]): string {
  const rows = events.map((event): Cell[] => [
    instantInWords(event.received_at, page.nowMs),
    event.source,
    isOpen(event) ? { text: event.state, style: 'yellow' } : event.state,
    customerText(event),
    event.id,
    whyOf(event) ?? '',
    event.event_id,
  ]);
  return table(page, ['RECEIVED', 'SOURCE', 'STATE', 'CUSTOMER', 'EVENT', 'WHY', 'ITS ID THERE'], rows);
}

/** A person has to look at it. */
function isOpen({ state }: DeliveredEvent): boolean {
  return state === 'waiting' || state === 'conflicting';
}

/** Why it is not read, or says nothing. */
function whyOf({ problems, ignored, conflicts_with: first }: DeliveredEvent): string | null {
  if (first) return `says otherwise than ${first}, which came first`;
  return problems.map(problemText).join('; ') || (ignored ?? null);
}

/** One of whom is only heard has no key of its own yet. */
function customerText({ customer }: DeliveredEvent): string {
  if (!customer) return '';
  return customer.key && customer.key !== customer.id ? customer.key : 'new';
}

function problemText({ code, field, value }: z.infer<typeof problemShape>): string {
  return `${code.replaceAll('-', ' ')}${value ? ` ${value}` : ''}${field ? ` at ${field}` : ''}`;
}

/** One event, with what it said. */
export async function eventCommand(session: Session, id: string): Promise<ExitCode> {
  const answer = await session.client.get(`/v1/events/${checkedId(id)}`);
  session.print(answer, () => {
    const event = readAs(wholeShape, answer);
    return `${eventText(pageOf(session), event)}\n${neutraliseLines(event.body)}\n`;
  });
  return exitCodes.done;
}

function eventText(page: Page, event: DeliveredEvent): string {
  return (
    headline(page, event.id, event.state) +
    fields(page, [
      ['source', event.source],
      ['its id there', event.event_id],
      ['customer', customerText(event) || null],
      ['received', instantInWords(event.received_at, page.nowMs)],
      ['why', whyOf(event)],
    ])
  );
}

/** Has an event read again, or all of a source that wait. */
export async function replayCommand(
  session: Session,
  id: string | undefined,
  source: string | undefined,
): Promise<ExitCode> {
  if ((id === undefined) === (source === undefined)) throw new UsageError('Name an event, or --source.');
  if (source !== undefined) {
    const answer = await session.client.post(`/v1/event-sources/${checkedId(source)}/replay`, {});
    session.print(answer, () => {
      const { replayed } = readAs(replayedShape, answer);
      return `${count(replayed, 'event is', 'events are')} read again.\n`;
    });
  } else if (id !== undefined) {
    const answer = await session.client.post(`/v1/events/${checkedId(id)}/replay`, {});
    session.print(
      answer,
      () => `${neutralise(id)} is read again. See it with:  ${session.command(`event ${id}`)}\n`,
    );
  }
  return exitCodes.done;
}

/** Takes a waiting event off the list. */
export async function discardCommand(session: Session, id: string, reason: string): Promise<ExitCode> {
  const answer = await session.client.post(`/v1/events/${checkedId(id)}/discarding`, { reason });
  session.print(answer, () => `${neutralise(id)} is off the list.\n`);
  return exitCodes.done;
}
