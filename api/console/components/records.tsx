import type { Child, FC } from 'hono/jsx';
import type { AuditStory } from '../../operations/list-audit-events.ts';
import { personPage } from '../links.ts';
import { recordTexts as texts } from '../texts/records.ts';
import { localDay, longDayOf, useWhen } from '../when.ts';
import { asBeginning } from '../words.ts';
import { type Moment, Story } from './story.tsx';

type AuditEvent = AuditStory['events']['items'][number];

/** Recorded events, each as a line of a story, by day. */
export const RecordStory: FC<{ story: AuditStory }> = ({ story }) => {
  const { zone } = useWhen();
  const days = new Map<string, AuditEvent[]>();
  for (const event of story.events.items) {
    const day = localDay(event.occurred_at, zone);
    days.set(day, [...(days.get(day) ?? []), event]);
  }
  return (
    <>
      {[...days.values()].map((events) => (
        <div class="more">
          <h3 class="day">{longDayOf(events[0]?.occurred_at ?? '', zone)}</h3>
          <Story as="time" moments={events.map((event) => momentOf(event, story.known))} />
        </div>
      ))}
    </>
  );
};

function momentOf(event: AuditEvent, known: AuditStory['known']): Moment {
  const access = known.accesses[event.grant_id ?? ''] ?? known.accesses[event.request_id ?? ''];
  const { kind, name } = event.actor;
  const who = kind === 'person' ? (name ?? texts.forgotten) : texts.parts[kind];
  const subject = known.names[event.subject.id];
  const sentence = texts.sentence(event.type, {
    who,
    whom: access?.person ?? subject ?? texts.somebody,
    what: access ? texts.on(access.entitlement, access.resource) : texts.something,
    where: known.names[event.organization_id ?? ''] ?? texts.here,
  });
  return {
    at: event.occurred_at,
    fact: asBeginning(sentence),
    detail: detailOf(event, access?.reference ?? null, subject),
  };
}

/** Where more is said about it, and why it was done. */
function detailOf(event: AuditEvent, reference: string | null, subject: string | undefined): Child {
  const isAboutSomebody = event.subject.kind === 'person' && subject !== undefined;
  if (!reference && !isAboutSomebody && !event.reason) return undefined;
  return (
    <>
      {reference && <a href={`/requests/${reference}`}>{reference}</a>}
      {isAboutSomebody && <a href={personPage(event.subject.id)}>{subject}</a>}
      {event.reason && ` ${texts.because(event.reason)}`}
    </>
  );
}
