import type { FC } from 'hono/jsx';
import type { ActivityView } from '../../../db/queries/activity.ts';
import { type ActivityKind, activityKindNames } from '../../../domain/activity.ts';
import type { Outside } from '../../outside.ts';
import { activitySentence, activityDetail } from '../activity-words.ts';
import { Select, TextField } from '../components/form.tsx';
import { type PanelFrame, PanelPage } from '../components/panel-page.tsx';
import { Empty, Section } from '../components/row.tsx';
import { Story } from '../components/story.tsx';
import { activityTexts as texts } from '../texts/admin-activity.ts';

export type Activity = Outside<ActivityView>;

/** What is shown of all that happened. */
export interface ActivityChoice {
  kind: ActivityKind | null;
  /** An address or id as it was typed. */
  person: string;
}

type Props = PanelFrame & {
  choice: ActivityChoice;
  events: readonly Activity[];
  next: string | null;
  isLater: boolean;
  fault: string | undefined;
  /** How many lines an export has at most. */
  most: number;
};

/** What happened in this customer's space. */
export const AdminActivityPage: FC<Props> = ({
  frame,
  customer,
  vendor,
  choice,
  events,
  next,
  isLater,
  fault,
  most,
}) => (
  <PanelPage
    frame={frame}
    customer={customer.name}
    vendor={vendor}
    current="/admin/activity"
    title={texts.title(customer.name)}
    lead={texts.lead}
  >
    <div class="stack">
      <form method="get" action="/admin/activity" class="stack narrow">
        <div class="pair">
          <Select
            name="kind"
            label={texts.kind}
            value={choice.kind ?? ''}
            options={[
              { value: '', label: texts.kinds.all },
              ...activityKindNames.map((kind) => ({ value: kind, label: texts.kinds[kind] })),
            ]}
          />
          <TextField
            name="person"
            type="search"
            label={texts.person}
            placeholder={texts.personHint}
            value={choice.person}
            fault={fault}
          />
        </div>
        <div>
          <button type="submit">{texts.show}</button>
        </div>
      </form>
      <Section
        id="events"
        title={texts.day}
        aside={
          <a class="button" href={addressOf('/admin/activity.csv', choice, null)}>
            {texts.export}
          </a>
        }
      >
        {events.length === 0 ? (
          <Empty fact={texts.nothing}>{texts.nothingMore}</Empty>
        ) : (
          <div class="more">
            <Story
              moments={events.map((event) => ({
                at: event.occurred_at,
                fact: activitySentence(event, customer.name),
                detail: activityDetail(event),
              }))}
            />
          </div>
        )}
        <p class="more meta">
          {next && <a href={addressOf('/admin/activity', choice, next)}>{texts.older}</a>}{' '}
          {isLater && <a href={addressOf('/admin/activity', choice, null)}>{texts.newest}</a>}
        </p>
        <p class="more meta">{texts.exportMore(most)}</p>
      </Section>
    </div>
  </PanelPage>
);

function addressOf(path: string, { kind, person }: ActivityChoice, after: string | null): string {
  const query = new URLSearchParams({
    ...(kind ? { kind } : {}),
    ...(person ? { person } : {}),
    ...(after ? { after } : {}),
  }).toString();
  return query ? `${path}?${query}` : path;
}
