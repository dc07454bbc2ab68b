import type { FC } from 'hono/jsx';
import { classifications } from '../../../domain/catalog.ts';
import { ticked } from '../catalog/typed.ts';
import { TextArea } from '../components/form.tsx';
import { Section } from '../components/row.tsx';
import { catalogTexts } from '../texts/catalog.ts';
import { asBeginning } from '../words.ts';
import { type FieldsProps, Lines, Naming, OneOfMany, Text } from './catalog-field-kit.tsx';

const texts = catalogTexts.field;

export const ResourceFields: FC<FieldsProps> = (props) => {
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
      <Section id="entitlements" title={texts.what}>
        <div class="stack more">
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
        </div>
      </Section>
      <Section id="usual" title={texts.usual}>
        <div class="stack more">
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
        </div>
      </Section>
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
