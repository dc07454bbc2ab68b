import type { FC } from 'hono/jsx';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { type Faults, Form, Segments, TextArea, TextField } from '../components/form.tsx';
import { Refused } from '../components/note.tsx';
import { Time } from '../components/time.tsx';
import { type AccessRequest, nameOf, thingWords } from '../request-words.ts';
import { texts } from '../texts/common.ts';
import { periodWords } from '../words.ts';

type Props = {
  frame: Frame;
  request: AccessRequest;
  fields: Readonly<Record<string, string>>;
  faults: Faults;
  refusal: string | null;
};

const offered = ['PT30M', 'PT1H', 'PT2H', 'PT4H'];

/** Ask for a later end. */
export const ExtensionPage: FC<Props> = ({ frame, request, fields, faults, refusal }) => (
  <ConsolePage
    frame={frame}
    title={`Ask for more time: ${thingWords(request)}`}
    lead={
      request.grant && (
        <>
          It ends <Time at={request.grant.due_at} />. That holds until a later end is approved.
        </>
      )
    }
    current="/"
  >
    <div class="stack narrow">
      <Refused fact="That wasn’t sent" refusal={refusal} />
      <Form action={`/requests/${request.reference}/extension`} csrf={frame.csrf} class="stack">
        <Segments
          name="period"
          label="How much longer?"
          hint={`At most ${periodWords(request.longest)} in all.`}
          value={fields.period ?? 'PT1H'}
          fault={faults.period}
          options={offered.map((period) => ({ value: period, label: periodWords(period) }))}
        />
        <TextField
          name="ticket"
          label="Ticket"
          value={fields.ticket ?? request.ticket ?? ''}
          fault={faults.ticket}
        />
        <TextArea
          name="why"
          label="Why does it take longer?"
          value={fields.why}
          isRequired
          maxLength={2_000}
          fault={faults.why}
        />
        <div class="acts">
          <button type="submit" class="main-action tall">
            {texts.act.send}
          </button>
          <a class="button tall" href={`/requests/${request.reference}`}>
            Back
          </a>
        </div>
      </Form>
    </div>
  </ConsolePage>
);

/** End somebody's access now. */
export const RevocationPage: FC<Props> = ({ frame, request, fields, faults, refusal }) => (
  <ConsolePage
    frame={frame}
    title={`End ${nameOf(request.person)}’s access now`}
    lead={`${thingWords(request)}. Open sessions end with it.`}
    current={null}
  >
    <div class="stack narrow">
      <Refused fact="That wasn’t sent" refusal={refusal} />
      <Form action={`/requests/${request.reference}/revocation`} csrf={frame.csrf} class="stack">
        <TextArea
          name="reason"
          label="Why?"
          hint={`${nameOf(request.person)} reads it, and it stays in the records.`}
          value={fields.reason}
          isRequired
          maxLength={2_000}
          fault={faults.reason}
        />
        <div class="acts">
          <button type="submit" class="main-action tall">
            {texts.act.end}
          </button>
          <a class="button tall" href={`/requests/${request.reference}`}>
            Back
          </a>
        </div>
      </Form>
    </div>
  </ConsolePage>
);
