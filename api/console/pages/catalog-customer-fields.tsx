import type { FC, PropsWithChildren } from 'hono/jsx';
import { classifications } from '../../../domain/catalog.ts';
import { usualConsent } from '../../../domain/consent.ts';
import { titlesOf } from '../catalog/rows.ts';
import { membersIn, type Typed } from '../catalog/typed.ts';
import { Choices, Select, TextArea, TextField } from '../components/form.tsx';
import { Section } from '../components/row.tsx';
import { Ticks } from '../components/ticks.tsx';
import { catalogTexts } from '../texts/catalog.ts';
import { asBeginning } from '../words.ts';
import {
  type FieldsProps,
  Lines,
  Naming,
  OneOfMany,
  OnOff,
  roleOptions,
  Text,
} from './catalog-field-kit.tsx';

const texts = catalogTexts.field;

const ConsentFields: FC<FieldsProps> = ({ typed, faults, lines }) => (
  <Section id="consent" title={texts.consent}>
    <div class="stack more">
      <p class="meta">{texts.consentHint}</p>
      {faults.consent && <p class="fault">{faults.consent}</p>}
      <Lines
        group="consent"
        typed={typed}
        lines={lines}
        spare={1}
        line={(at) => (
          <div class="stack more">
            <Ticks
              name={`consent.${at}.about`}
              label={texts.consentAbout(at + 1)}
              options={classifications.map((value) => ({ value, label: asBeginning(value) }))}
              typed={typed}
              faults={faults}
            />
            <div class="pair">
              <TextField
                name={`consent.${at}.within`}
                label={texts.consentWithin(at + 1)}
                value={typed[`consent.${at}.within`] ?? usualConsent.within}
                fault={faults[`consent.${at}.within`]}
              />
              <Select
                name={`consent.${at}.emergency`}
                label={texts.consentEmergency(at + 1)}
                value={typed[`consent.${at}.emergency`] ?? usualConsent.emergency}
                fault={faults[`consent.${at}.emergency`]}
                options={[
                  { value: 'report', label: texts.report },
                  { value: 'refuse', label: texts.refuse },
                ]}
              />
            </div>
          </div>
        )}
      />
    </div>
  </Section>
);

export const CustomerTypeFields: FC<FieldsProps> = (props) => {
  const { document, typed, faults, before } = props;
  const shared = { typed, faults };
  return (
    <>
      <Naming {...props} />
      <div class="pair">
        <OneOfMany
          {...shared}
          name="tier"
          label={texts.tier}
          options={[...titlesOf(document, 'tiers')].map(([value, label]) => ({ value, label }))}
        />
        <Text {...shared} name="region" label={texts.region} aside={texts.regionOptional} />
      </div>
      <Ticks
        {...shared}
        name="first_roles"
        label={texts.firstRoles}
        options={roleOptions(document)}
        before={before ?? undefined}
      />
      <Text {...shared} name="granted_period" label={texts.granted} hint={texts.periodHint} isRequired />
      <ConsentFields {...props} />
    </>
  );
};

type ExceptionKind = (typeof texts.exceptions)[number][0];

/** What belongs to one kind of exception; a script opens that of the kind that is chosen. */
const OfKind: FC<PropsWithChildren<{ kind: ExceptionKind; typed: Typed }>> = ({ kind, typed, children }) => (
  <details open={typed.kind === kind} data-kind={kind}>
    <summary>{texts.exceptions.find(([one]) => one === kind)?.[1]}</summary>
    <div class="more">{children}</div>
  </details>
);

export const OverrideFields: FC<FieldsProps> = (props) => {
  const { document, typed, faults, zone } = props;
  const shared = { typed, faults };
  const features = new Set(document.tiers.flatMap((tier) => Object.keys(membersIn(tier.features))));
  return (
    <>
      <Text {...shared} name="customer" label={texts.customer} hint={texts.customerHint} isRequired />
      <Choices
        name="kind"
        label={texts.exception}
        value={typed.kind}
        fault={faults.kind}
        options={texts.exceptions.map(([value, label, detail]) => ({ value, label, detail }))}
      />
      <OfKind kind="seats" typed={typed}>
        <Text {...shared} name="seats" label={texts.seats} hint={texts.seatsHint} />
      </OfKind>
      <OfKind kind="feature" typed={typed}>
        <div class="pair">
          <OneOfMany
            {...shared}
            name="feature"
            label={texts.exceptionFeature}
            options={[...features].sort().map((value) => ({ value, label: value }))}
          />
          <OnOff {...shared} name="enabled" label={texts.exceptionEnabled} />
        </div>
      </OfKind>
      <OfKind kind="role" typed={typed}>
        <OneOfMany
          {...shared}
          name="role"
          label={texts.exceptionRole}
          options={[...titlesOf(document, 'roles')].map(([value, label]) => ({ value, label }))}
        />
      </OfKind>
      <OfKind kind="consent" typed={typed}>
        <ConsentFields {...props} />
      </OfKind>
      <TextArea
        name="why"
        label={texts.why}
        value={typed.why}
        isRequired
        maxLength={2_000}
        fault={faults.why}
      />
      <div class="pair">
        <Text
          {...shared}
          name="approver"
          type="email"
          label={texts.approver}
          hint={texts.approverHint}
          isRequired
        />
        <Text
          {...shared}
          name="until"
          type="datetime-local"
          label={texts.until}
          hint={texts.untilHint(zone)}
          isRequired
        />
      </div>
    </>
  );
};
