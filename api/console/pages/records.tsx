import type { FC } from 'hono/jsx';
import { auditEventTypes } from '../../../domain/audit-event.ts';
import type { AuditStory } from '../../operations/list-audit-events.ts';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { type Faults, Select, TextField } from '../components/form.tsx';
import { Onward } from '../components/onward.tsx';
import { RecordStory } from '../components/records.tsx';
import { Empty, Section } from '../components/row.tsx';
import { recordTexts as texts } from '../texts/records.ts';

/** What the records are narrowed to, as it was typed; days where the viewer is. */
export interface RecordQuery {
  person: string;
  customer: string;
  request: string;
  type: string;
  from: string;
  to: string;
}

/** Recorded events, each as a line of a story. */
export const RecordsPage: FC<{
  frame: Frame;
  query: RecordQuery;
  /** Null where what was asked for makes no sense. */
  story: AuditStory | null;
  /** What the records are about, in words; null: everything. */
  about: string | null;
  faults: Faults;
}> = ({ frame, query, story, about, faults }) => {
  const isNarrowed = Object.values(query).some((one) => one !== '');
  return (
    <ConsolePage
      frame={frame}
      title={about === null ? texts.title : texts.titleOf(about)}
      lead={isNarrowed ? <a href="/audit">{texts.all}</a> : texts.lead}
      current="/audit"
    >
      <RecordFilter query={query} faults={faults} />
      <Section id="records" title={texts.list}>
        {story === null || story.events.items.length === 0 ? (
          <Empty fact={texts.none}>{texts.noneMore}</Empty>
        ) : (
          <>
            <RecordStory story={story} />
            <Onward
              count={story.events.items.length}
              path="/audit"
              query={{ ...query }}
              next={story.events.next}
            />
          </>
        )}
      </Section>
    </ConsolePage>
  );
};

const RecordFilter: FC<{ query: RecordQuery; faults: Faults }> = ({ query, faults }) => {
  const { find } = texts;
  return (
    <form method="get" action="/audit" role="search" class="filters">
      <TextField name="person" label={find.person} value={query.person} fault={faults.person} />
      <TextField name="customer" label={find.customer} value={query.customer} fault={faults.customer} />
      <TextField name="request" label={find.request} value={query.request} fault={faults.request} />
      <Select
        name="type"
        label={find.type}
        value={query.type}
        options={[
          { value: '', label: find.anyType },
          ...auditEventTypes.map((type) => ({ value: type, label: texts.kind(type) })),
        ]}
      />
      <TextField name="from" label={find.from} type="date" value={query.from} fault={faults.from} />
      <TextField name="to" label={find.to} type="date" value={query.to} fault={faults.to} />
      <button type="submit">{find.act}</button>
    </form>
  );
};
