import type { FC } from 'hono/jsx';
import { periodMsOrThrow } from '../../../domain/period.ts';
import type { Preview } from '../../operations/preview-access-request.ts';
import type { ReachableView } from '../../../db/queries/reachable.ts';
import type { Reachable } from '../../operations/list-reachable.ts';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { Choices, type Faults, Form, Segments, Select, TextArea, TextField } from '../components/form.tsx';
import { Refused } from '../components/note.tsx';
import { TenureLine } from '../components/tenure-line.tsx';
import { nameOf } from '../request-words.ts';
import { texts } from '../texts/common.ts';
import { useWhen } from '../when.ts';
import { asBeginning, oneOf, periodWords } from '../words.ts';

/** What is in the form, as it was typed. */
export interface AskFields {
  resource: string;
  entitlement: string;
  customer: string;
  period: string;
  ticket: string;
  why: string;
}

type Props = {
  frame: Frame;
  fields: AskFields;
  /** What can be reached at all, found by what was typed. */
  resources: readonly ReachableView[];
  chosen: Reachable | null;
  preview: Preview | null;
  faults: Faults;
  refusal?: string | null;
};

const offered = ['PT30M', 'PT1H', 'PT2H', 'PT4H', 'PT8H'];

/** Ask for access; what it will take is seen before it is sent. */
export const AskPage: FC<Props> = ({ frame, fields, resources, chosen, preview, faults, refusal = null }) => (
  <ConsolePage
    frame={frame}
    title={texts.act.ask}
    lead="You see what it takes before you send it."
    current="/requests/new"
    scripts={['ask.js']}
  >
    <div class="beside">
      <div class="stack">
        <Refused fact="Your request wasn’t sent" refusal={refusal} />
        <Form action="/requests" csrf={frame.csrf} class="stack" id="ask">
          <TextField
            name="resource"
            label="What do you need to reach?"
            value={fields.resource}
            list="resources"
            isRequired
            placeholder="Type a customer or a system"
            hint={chosen ? aboutResource(chosen) : undefined}
            fault={faults.resource}
          />
          <datalist id="resources">
            {resources.map(({ key, name, customer }) => (
              <option value={key}>{customer ? `${name} · ${customer}` : name}</option>
            ))}
          </datalist>
          {chosen?.shared && (
            <Select
              name="customer"
              label="Whose data?"
              value={fields.customer}
              options={chosen.customers.map(({ key, name }) => ({ value: key, label: name }))}
              fault={faults.customer}
            />
          )}
          {chosen && (
            <Choices
              name="entitlement"
              label="What will you do there?"
              value={fields.entitlement}
              fault={faults.entitlement}
              options={chosen.entitlements.map(({ key, name, longest, refusal: why }) => ({
                value: key,
                label: name,
                detail: longest ? `Up to ${periodWords(longest)}.` : undefined,
                refusal: why ?? undefined,
              }))}
            />
          )}
          <Segments
            name="period"
            label="For how long?"
            hint="Counted from when access begins, not from now."
            value={fields.period}
            fault={faults.period}
            options={offered.map((period) => ({ value: period, label: periodWords(period) }))}
          />
          <TextField name="ticket" label="Ticket" value={fields.ticket} fault={faults.ticket} />
          <TextArea
            name="why"
            label="Why?"
            hint={readers(preview)}
            value={fields.why}
            isRequired
            maxLength={2_000}
            fault={faults.why}
          />
          <div class="acts">
            <button type="submit" class="main-action tall">
              {texts.act.send}
            </button>
            <button type="submit" class="tall" formmethod="get" formaction="/requests/new" formnovalidate>
              {texts.act.preview}
            </button>
          </div>
        </Form>
      </div>
      <aside class="panel" aria-labelledby="needs" aria-live="polite" id="preview">
        <NeedList preview={preview} period={fields.period} />
      </aside>
    </div>
  </ConsolePage>
);

function aboutResource({ region, classification, owner }: Reachable): string {
  const data = `${asBeginning(classification)} data, ${region.toUpperCase()}.`;
  return owner ? `${data} Owned by ${owner}.` : data;
}

function readers(preview: Preview | null): string {
  const names = preview?.needs.flatMap(({ people }) => people.map(nameOf)) ?? [];
  return names.length > 0
    ? `${oneOf([...new Set(names)], 'and')} will read this sentence.`
    : 'It stays in the records.';
}

/** What policy will want, in the order in which it happens. */
export const NeedList: FC<{ preview: Preview | null; period: string }> = ({ preview, period }) => {
  const { now } = useWhen();
  if (!preview)
    return (
      <>
        <h2 id="needs">You will need</h2>
        <p class="meta">Choose what you need to reach and what for. Then it stands here.</p>
      </>
    );
  if (preview.outcome === 'refused')
    return (
      <>
        <h2 id="needs">Policy refuses this</h2>
        <p class="meta">{preview.policies.map(({ title }) => title).join('. ') || 'No policy allows it.'}</p>
      </>
    );
  return (
    <>
      <h2 id="needs">{preview.needs.length === 0 ? 'Nothing more is needed' : 'You will need'}</h2>
      <ol class="needs">
        {preview.needs.map(({ kind, text, people }) => (
          <li>
            <b>{needTitle(kind)}</b>
            <span>{people.length > 0 ? `${oneOf(people.map(nameOf))}. ${text}` : text}</span>
          </li>
        ))}
      </ol>
      {preview.longest && <Longest period={period} longest={preview.longest} now={now} />}
      <p class="meta">Why: {preview.policies.map(({ title }) => `“${title}”`).join(', ')}</p>
    </>
  );
};

function needTitle(kind: 'mfa' | 'ticket' | 'approval'): string {
  return { mfa: 'Your passkey', ticket: 'A ticket', approval: 'An approval' }[kind];
}

const Longest: FC<{ period: string; longest: string; now: string }> = ({ period, longest, now }) => {
  const after = (one: string) => new Date(Date.parse(now) + periodMsOrThrow(one)).toISOString();
  return (
    <>
      <p class="apart-words">
        <b>
          {periodWords(period)}, of at most {periodWords(longest)}
        </b>
        <span class="meta">ends by itself</span>
      </p>
      <TenureLine
        span={{ state: 'not-begun', from: now, until: after(period), atMost: after(longest) }}
        begin="begins"
        end={periodWords(longest)}
      />
    </>
  );
};
