import type { FC } from 'hono/jsx';
import { duties } from '../../../domain/catalog.ts';
import { namesIn } from '../catalog/rows.ts';
import { ticked } from '../catalog/typed.ts';
import { Section } from '../components/row.tsx';
import { Ticks } from '../components/ticks.tsx';
import { catalogTexts } from '../texts/catalog.ts';
import { type FieldsProps, Lines, Naming, OnOff, roleOptions, Text } from './catalog-field-kit.tsx';

const texts = catalogTexts.field;

export const RoleFields: FC<FieldsProps> = (props) => {
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

export const TierFields: FC<FieldsProps> = (props) => {
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
      <Section id="defaults" title={texts.defaults}>
        <div class="stack more">
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
        </div>
      </Section>
      <Section id="features" title={texts.features}>
        <div class="stack more">
          <Lines
            group="features"
            typed={typed}
            lines={lines}
            line={(at) => (
              <div class="pair">
                <Text
                  name={`features.${at}.key`}
                  label={texts.feature(at + 1)}
                  typed={typed}
                  faults={faults}
                />
                <OnOff
                  name={`features.${at}.on`}
                  label={texts.featureState(at + 1)}
                  typed={typed}
                  faults={faults}
                />
              </div>
            )}
          />
        </div>
      </Section>
    </>
  );
};
