import type { FC } from 'hono/jsx';
import type { PersonView } from '../../../db/queries/person.ts';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { ConsentRules } from '../components/consent-rules.tsx';
import { Facts } from '../components/facts.tsx';
import { type Faults, Form, TextArea } from '../components/form.tsx';
import { Refused } from '../components/note.tsx';
import { Section } from '../components/row.tsx';
import { Time } from '../components/time.tsx';
import { customerPage } from '../links.ts';
import { nameOf } from '../request-words.ts';
import { texts } from '../texts/customer-consent.ts';
import { periodWords } from '../words.ts';
import type { Consent } from './admin-access-rules.tsx';

interface Props {
  frame: Frame;
  /** As the address names the customer. */
  named: string;
  consent: Consent;
  /** Who may confirm an exception, and what the form says. */
  confirming: Confirming;
}

interface Confirming {
  /** The viewer's own id. */
  me: string;
  confirmers: readonly PersonView[];
  /** The catalog's revision that is read here. */
  revision: number;
  reason: string;
  faults: Faults;
  refusal: string | null;
}

/** Where the vendor's people read it. */
export const consentPagePath = (customer: string) => `${customerPage(customer)}/consent`;

/** What a customer approves of the vendor's access, and the exception from it that waits for a second person. */
export const CustomerConsentPage: FC<Props> = ({ frame, named, consent, confirming }) => {
  const { override } = consent;
  const customer = consent.customer.name ?? named;
  return (
    <ConsolePage
      frame={frame}
      title={texts.title(customer, consent.in_force.length > 0)}
      crumb={<a href={customerPage(named)}>{customer}</a>}
      current="/customers"
    >
      <div class="narrow stack">
        <InForce consent={consent} />
        {override && <Exception override={override} />}
        {override && !override.confirmed_by && (
          <Section id="confirm" title={texts.confirmTitle}>
            <div class="more stack">
              <Refused fact={texts.refused} refusal={confirming.refusal} />
              {confirming.confirmers.some(({ id }) => id === confirming.me) ? (
                <Confirmation csrf={frame.csrf} named={named} customer={customer} {...confirming} />
              ) : (
                <WhoConfirms isAuthor={override.made_by?.id === confirming.me} {...confirming} />
              )}
            </div>
          </Section>
        )}
      </div>
    </ConsolePage>
  );
};

const InForce: FC<{ consent: Consent }> = ({ consent }) => (
  <Section id="in-force" title={texts.inForce}>
    <ConsentRules
      rules={consent.in_force}
      words={texts}
      dataWords={(one) => texts.data[one]}
      labelledBy="in-force"
    />
  </Section>
);

const Exception: FC<{ override: NonNullable<Consent['override']> }> = ({ override }) => {
  const { rules, reason, until, made_by: author, confirmed_by: second } = override;
  const said = rules.map((rule) =>
    texts.rule(
      rule.classifications.map((one) => texts.data[one]),
      periodWords(rule.within),
      rule.emergency,
    ),
  );
  return (
    <Section id="exception" title={texts.exception}>
      <div class="more">
        <Facts
          facts={[
            [texts.says, said.join('; ') || texts.saysNothing],
            author && [texts.author, nameOf(author)],
            [texts.why, reason],
            [texts.until, <Time at={until} as="day" />],
            [texts.counts, second ? texts.confirmed(nameOf(second)) : texts.waits],
          ]}
        />
      </div>
    </Section>
  );
};

/** The ledger refuses whoever wrote it, so they are told whom to ask. */
const WhoConfirms: FC<Confirming & { isAuthor: boolean }> = ({ isAuthor, confirmers }) => (
  <div>
    <p class="meta">{isAuthor ? texts.notYou : texts.whoMay}</p>
    {confirmers.length === 0 ? (
      <p>{texts.nobodyMay}</p>
    ) : (
      <ul>
        {confirmers.map((one) => (
          <li>{nameOf(one)}</li>
        ))}
      </ul>
    )}
  </div>
);

const Confirmation: FC<Confirming & { csrf: string; named: string; customer: string }> = ({
  csrf,
  named,
  customer,
  revision,
  reason,
  faults,
}) => (
  <>
    <p class="meta">{texts.confirmLead(customer)}</p>
    <Form action={consentPagePath(named)} csrf={csrf} class="stack">
      <input type="hidden" name="base_revision" value={String(revision)} />
      <TextArea
        name="reason"
        label={texts.reason}
        hint={texts.reasonHint}
        value={reason}
        isRequired
        maxLength={2_000}
        fault={faults['reason']}
      />
      <div>
        <button type="submit" class="main-action tall">
          {texts.act}
        </button>
      </div>
    </Form>
  </>
);
