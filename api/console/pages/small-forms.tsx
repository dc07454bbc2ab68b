import type { FC } from 'hono/jsx';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { type Faults, Form, Segments, TextArea, TextField } from '../components/form.tsx';
import { Refused } from '../components/note.tsx';
import { StepUp, type StepUpNeed } from '../components/step-up.tsx';
import { Time } from '../components/time.tsx';
import { type AccessRequest, nameOf, thingWords } from '../request-words.ts';
import { texts as askTexts, smallForms } from '../texts/ask.ts';
import { texts } from '../texts/common.ts';
import { periodWords } from '../words.ts';

type Props = {
  frame: Frame;
  request: AccessRequest;
  fields: Readonly<Record<string, string>>;
  faults: Faults;
  refusal: string | null;
  /** The step-up that it needs before it is sent. */
  stepUp?: StepUpNeed | null;
};

const offered = ['PT30M', 'PT1H', 'PT2H', 'PT4H'];

/** Ask for a later end. */
export const ExtensionPage: FC<Props> = ({ frame, request, fields, faults, refusal, stepUp = null }) => (
  <ConsolePage
    frame={frame}
    title={smallForms.moreTime(thingWords(request))}
    lead={
      request.grant && (
        <>
          {smallForms.ends} <Time at={request.grant.due_at} />. {smallForms.holds}
        </>
      )
    }
    current="/"
    scripts={stepUp ? ['passkey.js'] : []}
  >
    <div class="stack narrow">
      <Refused fact={smallForms.notSent} refusal={refusal} />
      <Form
        action={`/requests/${request.reference}/extension`}
        csrf={frame.csrf}
        class="stack"
        id="extension"
      >
        <Segments
          name="period"
          label={smallForms.longer}
          hint={smallForms.inAll(periodWords(request.longest))}
          value={fields.period ?? 'PT1H'}
          fault={faults.period}
          options={offered.map((period) => ({ value: period, label: periodWords(period) }))}
        />
        <TextField
          name="ticket"
          label={askTexts.ticket}
          value={fields.ticket ?? request.ticket ?? ''}
          fault={faults.ticket}
        />
        <TextArea
          name="why"
          label={smallForms.whyLonger}
          value={fields.why}
          isRequired
          maxLength={2_000}
          fault={faults.why}
        />
        {stepUp && (
          <StepUp need={stepUp} form="extension" returnTo={`/requests/${request.reference}/extension`} />
        )}
        <div class="acts">
          <button type="submit" class="main-action tall">
            {texts.act.send}
          </button>
          <a class="button tall" href={`/requests/${request.reference}`}>
            {smallForms.back}
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
    title={smallForms.endOf(nameOf(request.person))}
    lead={smallForms.sessionsEnd(thingWords(request))}
    current={null}
  >
    <div class="stack narrow">
      <Refused fact={smallForms.notSent} refusal={refusal} />
      <Form action={`/requests/${request.reference}/revocation`} csrf={frame.csrf} class="stack">
        <TextArea
          name="reason"
          label={smallForms.why}
          hint={smallForms.readBy(nameOf(request.person))}
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
            {smallForms.back}
          </a>
        </div>
      </Form>
    </div>
  </ConsolePage>
);
