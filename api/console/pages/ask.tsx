import type { FC } from 'hono/jsx';
import { periodMsOrThrow } from '../../../domain/period.ts';
import type { Preview } from '../../operations/preview-access-request.ts';
import type { ReachableView } from '../../../db/queries/reachable.ts';
import type { Reachable } from '../../operations/list-reachable.ts';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { Choices, type Faults, Form, Segments, Select, TextArea, TextField } from '../components/form.tsx';
import { Refused } from '../components/note.tsx';
import { StepUp, type StepUpNeed } from '../components/step-up.tsx';
import { TenureLine } from '../components/tenure-line.tsx';
import { nameOf } from '../request-words.ts';
import { texts as askTexts } from '../texts/ask.ts';
import { texts } from '../texts/common.ts';
import { useWhen } from '../when.ts';
import { asBeginning, periodWords } from '../words.ts';

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
  /** The step-up that this needs before it is sent. */
  stepUp?: StepUpNeed | null;
};

const offered = ['PT30M', 'PT1H', 'PT2H', 'PT4H', 'PT8H'];

/** Ask for access; what it will take is seen before it is sent. */
export const AskPage: FC<Props> = ({
  frame,
  fields,
  resources,
  chosen,
  preview,
  faults,
  refusal = null,
  stepUp = null,
}) => (
  <ConsolePage
    frame={frame}
    title={texts.act.ask}
    lead={askTexts.lead}
    current="/requests/new"
    scripts={['ask.js', 'passkey.js']}
  >
    <div class="beside">
      <div class="stack">
        <Refused fact={askTexts.notSent} refusal={refusal} />
        <Form action="/requests" csrf={frame.csrf} class="stack" id="ask">
          <Wanted fields={fields} resources={resources} chosen={chosen} faults={faults} />
          <Segments
            name="period"
            label={askTexts.period}
            hint={askTexts.periodHint}
            value={fields.period}
            fault={faults.period}
            options={offered.map((period) => ({ value: period, label: periodWords(period) }))}
          />
          <TextField name="ticket" label={askTexts.ticket} value={fields.ticket} fault={faults.ticket} />
          <TextArea
            name="why"
            label={askTexts.why}
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
            <button
              type="submit"
              class="tall"
              name="preview"
              value="yes"
              formaction="/requests"
              formnovalidate
            >
              {texts.act.preview}
            </button>
          </div>
        </Form>
      </div>
      <aside class="panel" aria-labelledby="needs" aria-live="polite" id="preview">
        <NeedList preview={preview} period={fields.period} />
        {stepUp && (
          <div class="more">
            <StepUp need={stepUp} form="ask" returnTo="/requests/new" />
          </div>
        )}
      </aside>
    </div>
  </ConsolePage>
);

/** On what, whose, and what for: the second and third once the first is known. */
const Wanted: FC<Pick<Props, 'fields' | 'resources' | 'chosen' | 'faults'>> = ({
  fields,
  resources,
  chosen,
  faults,
}) => (
  <>
    <TextField
      name="resource"
      label={askTexts.resource}
      value={fields.resource}
      list="resources"
      isRequired
      placeholder={askTexts.resourceHint}
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
        label={askTexts.customer}
        value={fields.customer}
        options={chosen.customers.map(({ key, name }) => ({ value: key, label: name }))}
        fault={faults.customer}
      />
    )}
    {chosen && (
      <Choices
        name="entitlement"
        label={askTexts.entitlement}
        value={fields.entitlement}
        fault={faults.entitlement}
        options={chosen.entitlements.map(({ key, name, longest, refusal: why }) => ({
          value: key,
          label: name,
          detail: longest ? askTexts.upTo(periodWords(longest)) : undefined,
          refusal: why ?? undefined,
        }))}
      />
    )}
  </>
);

function aboutResource({ region, classification, owner }: Reachable): string {
  const data = askTexts.aboutData(asBeginning(classification), region.toUpperCase());
  return owner ? `${data} ${askTexts.ownedBy(owner)}` : data;
}

function readers(preview: Preview | null): string {
  const names = preview?.needs.flatMap(({ people }) => people.map(nameOf)) ?? [];
  return names.length > 0 ? askTexts.readBy([...new Set(names)]) : askTexts.readByNobody;
}

/** What policy will want, in the order in which it happens. */
export const NeedList: FC<{ preview: Preview | null; period: string }> = ({ preview, period }) => {
  const { now } = useWhen();
  if (!preview)
    return (
      <>
        <h2 id="needs">{askTexts.needs}</h2>
        <p class="meta">{askTexts.needsUnknown}</p>
      </>
    );
  if (preview.outcome === 'refused')
    return (
      <>
        <h2 id="needs">{askTexts.refused}</h2>
        <p class="meta">{preview.policies.map(({ title }) => title).join('. ') || askTexts.noPolicy}</p>
      </>
    );
  return (
    <>
      <h2 id="needs">{preview.needs.length === 0 ? askTexts.needsNothing : askTexts.needs}</h2>
      <ol class="needs">
        {preview.needs.map(({ kind, text, people }) => (
          <li>
            <b>{askTexts.need[kind]}</b>
            <span>{people.length > 0 ? askTexts.needOf(people.map(nameOf), text) : text}</span>
          </li>
        ))}
      </ol>
      {preview.longest && <Longest period={period} longest={preview.longest} now={now} />}
      <p class="meta">{askTexts.because(preview.policies.map(({ title }) => title))}</p>
    </>
  );
};

const Longest: FC<{ period: string; longest: string; now: string }> = ({ period, longest, now }) => {
  const after = (one: string) => new Date(Date.parse(now) + periodMsOrThrow(one)).toISOString();
  return (
    <>
      <p>
        <b>{askTexts.atMost(periodWords(period), periodWords(longest))}</b>{' '}
        <span class="meta">{askTexts.endsByItself}</span>
      </p>
      <TenureLine
        span={{ state: 'not-begun', from: now, until: after(period), atMost: after(longest) }}
        begin={askTexts.begins}
        end={periodWords(longest)}
      />
    </>
  );
};
