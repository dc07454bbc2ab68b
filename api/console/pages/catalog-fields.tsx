import type { FC, PropsWithChildren } from 'hono/jsx';
import { type CatalogSection, classifications, duties } from '../../../domain/catalog.ts';
import type { CatalogDocument } from '../../../domain/catalog-document.ts';
import { dunningStates } from '../../../domain/catalog-settings.ts';
import { usualConsent } from '../../../domain/consent.ts';
import { namesIn, titlesOf } from '../catalog/rows.ts';
import { linesOf, membersIn, ticked, type Typed } from '../catalog/typed.ts';
import { Choices, type Faults, type Option, Select, TextArea, TextField } from '../components/form.tsx';
import { Ticks, type TickOption } from '../components/ticks.tsx';
import { catalogTexts } from '../texts/catalog.ts';
import { asBeginning } from '../words.ts';

const texts = catalogTexts.field;

/** What a part's fields are made of. */
export interface FieldsProps {
  /** The catalog that the form is about: what may be chosen comes from it. */
  document: CatalogDocument;
  typed: Typed;
  /** As it was before; null for a new thing. */
  before: Typed | null;
  faults: Faults;
  /** Of a group with lines: how many are shown, where somebody asked for more. */
  lines: Readonly<Record<string, number>>;
  /** The viewer's time zone. */
  zone: string;
}

type Plain = { name: string; label: string; hint?: string; aside?: string; isRequired?: boolean };

const Text: FC<Plain & Pick<FieldsProps, 'typed' | 'faults'> & { type?: 'email' | 'datetime-local' }> = ({
  typed,
  faults,
  ...field
}) => <TextField {...field} value={typed[field.name]} fault={faults[field.name]} />;

/** The key of a new thing, and its name. */
const Naming: FC<FieldsProps> = ({ typed, faults, before }) => (
  <>
    {before === null && (
      <Text name="key" label={texts.key} hint={texts.keyHint} isRequired typed={typed} faults={faults} />
    )}
    <Text name="name" label={texts.name} isRequired typed={typed} faults={faults} />
  </>
);

/** How many lines there are to fill in: those that are there and some more. */
const spareLines = 2;
const linesAskedFor = 4;
const linesAtMost = 200;

const Lines: FC<
  Pick<FieldsProps, 'typed' | 'lines'> & { group: string; spare?: number; line: (at: number) => unknown }
> = ({ typed, lines, group, spare = spareLines, line }) => {
  const filled = linesOf(typed, group, () => true).length;
  const count = Math.min(linesAtMost, Math.max(filled + spare, lines[group] ?? 0));
  return (
    <>
      {Array.from({ length: count }, (_, at) => line(at))}
      {count < linesAtMost && (
        <p class="more">
          <button type="submit" name="more" value={`${group}:${count + linesAskedFor}`} formnovalidate>
            {texts.more}
            <span class="unseen"> ({group})</span>
          </button>
        </p>
      )}
    </>
  );
};

const roleOptions = (document: CatalogDocument, but?: string): TickOption[] =>
  [...titlesOf(document, 'roles')].flatMap(([value, label]) =>
    value === but ? [] : [{ value, label, detail: value }],
  );

const RoleFields: FC<FieldsProps> = (props) => {
  const { document, typed, before, faults } = props;
  const roles = roleOptions(document, typed.key);
  const shared = { typed, faults, before: before ?? undefined };
  return (
    <>
      <Naming {...props} />
      <Ticks
        {...shared}
        name="entitlements"
        label={texts.entitlements}
        options={[...namesIn(document)].flatMap(([value, label]) => {
          const [resource = '', entitlement] = value.split(':');
          return entitlement === undefined
            ? []
            : [{ value, label, detail: namesIn(document).get(resource) ?? resource }];
        })}
      />
      <Ticks {...shared} name="includes" label={texts.includes} hint={texts.includesHint} options={roles} />
      <Ticks
        {...shared}
        name="duties"
        label={texts.duties}
        hint={texts.dutiesHint}
        options={duties.map((value) => ({ value, label: catalogTexts.duty[value] }))}
      />
      <Ticks {...shared} name="conflicts_with" label={texts.conflicts} options={roles} />
    </>
  );
};

const TierFields: FC<FieldsProps> = (props) => {
  const { document, typed, before, faults, lines } = props;
  const roles = roleOptions(document);
  return (
    <>
      <Naming {...props} />
      <Ticks
        name="allowed_roles"
        label={texts.allowed}
        options={roles}
        typed={typed}
        faults={faults}
        before={before ?? undefined}
      />
      <Text
        name="seats"
        label={texts.seats}
        hint={texts.seatsHint}
        isRequired
        typed={typed}
        faults={faults}
      />
      <section class="stack" aria-labelledby="defaults">
        <h2 id="defaults">{texts.defaults}</h2>
        <Lines
          group="default_roles"
          typed={typed}
          lines={lines}
          spare={1}
          line={(at) => (
            <div class="stack more">
              <Text
                name={`default_roles.${at}.key`}
                label={texts.contractRole(at + 1)}
                {...(typed[`default_roles.${at}.key`] ? {} : { hint: texts.contractRoleHint })}
                typed={typed}
                faults={faults}
              />
              <Ticks
                name={`default_roles.${at}.roles`}
                label={texts.startsWith(at + 1)}
                options={roles.filter(
                  ({ value }) =>
                    typed[`allowed_roles.${value}`] === ticked ||
                    typed[`default_roles.${at}.roles.${value}`] === ticked,
                )}
                typed={typed}
                faults={faults}
              />
            </div>
          )}
        />
      </section>
      <section aria-labelledby="features">
        <h2 id="features">{texts.features}</h2>
        <Lines
          group="features"
          typed={typed}
          lines={lines}
          line={(at) => (
            <div class="pair">
              <Text name={`features.${at}.key`} label={texts.feature(at + 1)} typed={typed} faults={faults} />
              <OnOff
                name={`features.${at}.on`}
                label={texts.featureState(at + 1)}
                typed={typed}
                faults={faults}
              />
            </div>
          )}
        />
      </section>
    </>
  );
};

const OnOff: FC<Plain & Pick<FieldsProps, 'typed' | 'faults'>> = ({ typed, faults, ...field }) => (
  <Select
    {...field}
    value={typed[field.name] ?? 'on'}
    fault={faults[field.name]}
    options={[
      { value: 'on', label: texts.on },
      { value: 'off', label: texts.off },
    ]}
  />
);

/** What was chosen stays to be seen, also where it is not offered. */
function offered(options: readonly Option[], value: string | undefined): readonly Option[] {
  const known = value ? options.some((one) => one.value === value) : true;
  const empty = { value: '', label: texts.choose };
  return [empty, ...options, ...(known ? [] : [{ value: value ?? '', label: value ?? '' }])];
}

const OneOfMany: FC<Plain & Pick<FieldsProps, 'typed' | 'faults'> & { options: readonly Option[] }> = ({
  typed,
  faults,
  options,
  ...field
}) => (
  <Select
    {...field}
    value={typed[field.name]}
    fault={faults[field.name]}
    options={offered(options, typed[field.name])}
  />
);

const ResourceFields: FC<FieldsProps> = (props) => {
  const { typed, faults, lines } = props;
  const shared = { typed, faults };
  return (
    <>
      <Naming {...props} />
      <div class="pair">
        <Text
          {...shared}
          name="organization"
          label={texts.organization}
          hint={texts.organizationHint}
          isRequired
        />
        <Text {...shared} name="owner" type="email" label={texts.owner} hint={texts.ownerHint} isRequired />
        <Text {...shared} name="kind" label={texts.kind} hint={texts.kindHint} isRequired />
        <OneOfMany
          {...shared}
          name="classification"
          label={texts.classification}
          options={classifications.map((value) => ({ value, label: asBeginning(value) }))}
        />
        <Text {...shared} name="region" label={texts.region} isRequired />
        <Text {...shared} name="connector" label={texts.connector} isRequired />
        <Text {...shared} name="target" label={texts.target} isRequired />
      </div>
      <label class="tick-line">
        <input type="checkbox" name="shared" value={ticked} checked={typed.shared === ticked} />
        <span>{texts.shared}</span>
      </label>
      <section aria-labelledby="entitlements">
        <h2 id="entitlements">{texts.what}</h2>
        <Lines
          group="entitlements"
          typed={typed}
          lines={lines}
          line={(at) => (
            <div class="pair">
              <Text {...shared} name={`entitlements.${at}.key`} label={texts.entitlementKey(at + 1)} />
              <Text {...shared} name={`entitlements.${at}.name`} label={texts.entitlementName(at + 1)} />
            </div>
          )}
        />
      </section>
      <section aria-labelledby="usual">
        <h2 id="usual">{texts.usual}</h2>
        <p class="meta">
          {texts.usualHint} {texts.periodHint}
        </p>
        <Lines
          group="usual_access"
          typed={typed}
          lines={lines}
          spare={1}
          line={(at) => (
            <div class="pair">
              <Text
                {...shared}
                name={`usual_access.${at}.entitlement`}
                label={texts.usualEntitlement(at + 1)}
              />
              <Text {...shared} name={`usual_access.${at}.roles`} label={texts.usualRoles(at + 1)} />
              <Text {...shared} name={`usual_access.${at}.period`} label={texts.usualPeriod(at + 1)} />
            </div>
          )}
        />
      </section>
      <TextArea
        name="settings"
        label={texts.connection}
        hint={texts.connectionHint}
        value={typed.settings}
        fault={faults.settings}
      />
    </>
  );
};

const ConsentFields: FC<FieldsProps> = ({ typed, faults, lines }) => (
  <section class="stack" aria-labelledby="consent">
    <h2 id="consent">{texts.consent}</h2>
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
  </section>
);

const CustomerTypeFields: FC<FieldsProps> = (props) => {
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

const OverrideFields: FC<FieldsProps> = (props) => {
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

const SettingsFields: FC<FieldsProps> = ({ document, typed, faults, before }) => {
  const shared = { typed, faults };
  return (
    <>
      <section class="stack" aria-labelledby="times">
        <h2 id="times">{catalogTexts.groups.times}</h2>
        <p class="meta">{texts.periodHint}</p>
        {(['churn_grace', 'downgrade_grace', 'standing_period'] as const).map((name) => (
          <Text {...shared} name={name} label={catalogTexts.setting[name]} isRequired />
        ))}
      </section>
      <section class="stack" aria-labelledby="welcome">
        <h2 id="welcome">{catalogTexts.groups.welcome}</h2>
        <Text {...shared} name="welcome.expires" label={catalogTexts.setting['welcome.expires']} isRequired />
        <Text {...shared} name="welcome.reminders" label={texts.reminders} hint={texts.remindersHint} />
      </section>
      <section class="stack" aria-labelledby="dunning">
        <h2 id="dunning">{catalogTexts.groups.dunning}</h2>
        <p class="meta">{texts.dunningHint}</p>
        <div class="pair">
          {dunningStates.map((state) => (
            <Text {...shared} name={`dunning.${state}`} label={texts.dunningState[state]} />
          ))}
        </div>
        <Ticks
          {...shared}
          name="restricted_roles"
          label={catalogTexts.setting.restricted_roles}
          options={roleOptions(document)}
          before={before ?? undefined}
        />
      </section>
      {(['people', 'source'] as const).map((kind) => (
        <section class="stack" aria-labelledby={`fence-${kind}`}>
          <h2 id={`fence-${kind}`}>{texts.fence[kind]}</h2>
          <p class="meta">{texts.fenceHint}</p>
          <div class="pair">
            <Text
              {...shared}
              name={`fence.${kind}.share`}
              label={texts.share}
              hint={texts.shareHint}
              isRequired
            />
            <Text {...shared} name={`fence.${kind}.least`} label={texts.least} isRequired />
            <Text {...shared} name={`fence.${kind}.window`} label={texts.window} isRequired />
          </div>
        </section>
      ))}
      <Text {...shared} name="handover" type="email" label={texts.handover} hint={texts.handoverHint} />
    </>
  );
};

/** The fields of one part's form. */
export const partFields: Readonly<Record<CatalogSection, FC<FieldsProps>>> = {
  roles: RoleFields,
  tiers: TierFields,
  resources: ResourceFields,
  customer_types: CustomerTypeFields,
  overrides: OverrideFields,
  settings: SettingsFields,
};
