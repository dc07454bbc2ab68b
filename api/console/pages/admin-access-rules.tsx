import type { FC } from 'hono/jsx';
import { type Classification, classifications } from '../../../domain/catalog.ts';
import { periodMsOrThrow } from '../../../domain/period.ts';
import type { ConsentView } from '../../operations/change-consent.ts';
import type { Outside } from '../../outside.ts';
import { ConsentRules } from '../components/consent-rules.tsx';
import { type Faults, Form, Select, TextArea } from '../components/form.tsx';
import { Refused } from '../components/note.tsx';
import { type PanelFrame, PanelPage } from '../components/panel-page.tsx';
import { Section } from '../components/row.tsx';
import { Time } from '../components/time.tsx';
import { nameOf } from '../request-words.ts';
import { vendorAccessTexts as texts } from '../texts/admin-access.ts';
import { asBeginning, oneOf, periodWords } from '../words.ts';

export type Consent = Outside<ConsentView>;

/** What the form says of each kind of data, or shall. */
export type TypedConsent = Readonly<
  Record<Classification, { isAsked: boolean; within: string; emergency: string }>
>;

type Props = PanelFrame & {
  consent: Consent;
  /** What was typed; as it stands, where nothing was. */
  typed: TypedConsent;
  reason: string;
  faults: Faults;
  refusal: string | null;
};

const path = '/admin/access/rules';
const times = ['PT30M', 'PT1H', 'PT2H', 'PT4H', 'PT8H', 'P1D', 'P2D', 'P7D'];

/** Which of the vendor's access our own people approve, and what more we ask for. */
export const ConsentPage: FC<Props> = ({
  frame,
  customer,
  vendor,
  consent,
  typed,
  reason,
  faults,
  refusal,
}) => (
  <PanelPage
    frame={frame}
    customer={customer.name}
    vendor={vendor}
    current="/admin/access"
    title={texts.rulesTitle(consent.in_force.length > 0, vendor)}
    lead={texts.rulesLead(vendor)}
    crumb={<a href="/admin/access">{texts.crumb}</a>}
  >
    <div class="narrow stack">
      <InForce consent={consent} vendor={vendor} />
      <Section id="own" title={texts.yours}>
        <div class="more">
          <Refused fact={texts.notChanged} refusal={refusal} />
          <OwnForm csrf={frame.csrf} typed={typed} reason={reason} faults={faults} consent={consent} />
        </div>
      </Section>
    </div>
  </PanelPage>
);

const InForce: FC<{ consent: Consent; vendor: string }> = ({ consent, vendor }) => {
  const words = { ...texts, columns: texts.inForceColumns };
  return (
    <Section id="in-force" title={texts.inForce}>
      <ConsentRules
        rules={consent.in_force}
        words={words}
        dataWords={(one) => asBeginning(texts.data(one))}
        labelledBy="in-force"
      />
      {consent.override && (
        <p class="more meta">
          {texts.overrideBy(vendor, consent.override.reason)} <Time at={consent.override.until} as="day" />.{' '}
          {consent.override.confirmed_by
            ? texts.overrideConfirmed(nameOf(consent.override.confirmed_by))
            : texts.overrideWaits(vendor)}
        </p>
      )}
      {consent.changed_by && consent.changed_at && (
        <p class="more meta">
          {texts.lastChanged(nameOf(consent.changed_by))} <Time at={consent.changed_at} />.
        </p>
      )}
    </Section>
  );
};

const OwnForm: FC<Pick<Props, 'consent' | 'typed' | 'reason' | 'faults'> & { csrf: string }> = ({
  consent,
  typed,
  reason,
  faults,
  csrf,
}) => {
  const { override } = consent;
  // An override that nobody has confirmed only adds to what was agreed on.
  const rules = override?.confirmed_by ? override.rules : [...consent.agreed, ...(override?.rules ?? [])];
  const agreed = new Set(rules.flatMap((rule) => rule.classifications));
  return (
    <Form action={path} csrf={csrf} class="stack">
      <ul class="meta">
        <li>{texts.withinHint}</li>
        {texts.emergencies.map(([, label, detail]) => (
          <li>
            {label}: {detail}
          </li>
        ))}
      </ul>
      {classifications.map((one) => (
        <OneKind classification={one} typed={typed[one]} isAgreed={agreed.has(one)} faults={faults} />
      ))}
      <TextArea
        name="reason"
        label={texts.why}
        aside={texts.whyAside}
        value={reason}
        maxLength={2_000}
        fault={faults.reason}
      />
      <p class="meta">
        {texts.saveMore} {texts.heldMore} <a href="/admin/access">{texts.heldSee}</a>.
      </p>
      <div class="acts">
        <button type="submit" class="main-action tall">
          {texts.save}
        </button>
        <a class="button tall" href="/admin/access">
          {texts.back}
        </a>
      </div>
    </Form>
  );
};

/** Of one kind of data whether they are asked, how long they have, and what goes for an emergency. */
const OneKind: FC<{
  classification: Classification;
  typed: TypedConsent[Classification];
  isAgreed: boolean;
  faults: Faults;
}> = ({ classification, typed, isAgreed, faults }) => {
  const options = times.includes(typed.within) ? times : [typed.within, ...times];
  const [within, emergency] = [`within-${classification}`, `emergency-${classification}`];
  return (
    <fieldset class="field">
      <legend>{asBeginning(texts.data(classification))}</legend>
      <label class="choice">
        <input type="checkbox" name={`about-${classification}`} value="yes" checked={typed.isAsked} />
        <b>{texts.isAsked}</b>
        {isAgreed && <small>{texts.isAgreed}</small>}
      </label>
      <div class="pair">
        <Select
          name={within}
          label={texts.within}
          value={typed.within}
          fault={faults[within]}
          options={options.map((period) => ({ value: period, label: periodWords(period) }))}
        />
        <Select
          name={emergency}
          label={texts.emergencyField}
          value={typed.emergency}
          fault={faults[emergency]}
          options={texts.emergencies.map(([value, label]) => ({ value, label }))}
        />
      </div>
    </fieldset>
  );
};

/** The rules in force, in two sentences. */
export function ruleFacts({ in_force: rules }: Consent, vendor: string) {
  const { rule } = texts;
  if (rules.length === 0) return [[rule.approval, rule.nothing(vendor)] as const];
  const strict = rules.filter(({ emergency }) => emergency === 'refuse');
  const emergency =
    strict.length === 0
      ? rule.report
      : strict.length === rules.length && rules.length === classifications.length
        ? rule.refuse
        : rule.both(dataWords(strict));
  return [[rule.approval, approvalRule(rules)] as const, [rule.emergency, emergency] as const];
}

function approvalRule(rules: Consent['in_force']): string {
  const { rule } = texts;
  const times = [...new Set(rules.map(({ within }) => within))].toSorted(
    (one, other) => periodMsOrThrow(one) - periodMsOrThrow(other),
  );
  const [only] = times;
  if (times.length === 1 && only !== undefined && rules.length === classifications.length)
    return rule.all(periodWords(only));
  return times
    .map((within) =>
      rule.needed(dataWords(rules.filter((one) => one.within === within)), periodWords(within)),
    )
    .join(' ');
}

function dataWords(rules: readonly { classification: Classification }[]): string {
  return oneOf(
    rules.map(({ classification }) => texts.data(classification)),
    'and',
  );
}
