import type { FC } from 'hono/jsx';
import { dunningStates } from '../../../domain/catalog-settings.ts';
import { Section } from '../components/row.tsx';
import { Ticks } from '../components/ticks.tsx';
import { catalogTexts } from '../texts/catalog.ts';
import { type FieldsProps, roleOptions, Text } from './catalog-field-kit.tsx';

const texts = catalogTexts.field;

export const SettingsFields: FC<FieldsProps> = ({ document, typed, faults, before }) => {
  const shared = { typed, faults };
  return (
    <>
      <Section id="times" title={catalogTexts.groups.times}>
        <div class="stack more">
          <p class="meta">{texts.periodHint}</p>
          {(['churn_grace', 'downgrade_grace', 'standing_period'] as const).map((name) => (
            <Text {...shared} name={name} label={catalogTexts.setting[name]} isRequired />
          ))}
        </div>
      </Section>
      <Section id="welcome" title={catalogTexts.groups.welcome}>
        <div class="stack more">
          <Text
            {...shared}
            name="welcome.expires"
            label={catalogTexts.setting['welcome.expires']}
            isRequired
          />
          <Text {...shared} name="welcome.reminders" label={texts.reminders} hint={texts.remindersHint} />
        </div>
      </Section>
      <Section id="dunning" title={catalogTexts.groups.dunning}>
        <div class="stack more">
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
        </div>
      </Section>
      {(['people', 'source'] as const).map((kind) => (
        <Section id={`fence-${kind}`} title={texts.fence[kind]}>
          <div class="stack more">
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
          </div>
        </Section>
      ))}
      <Text {...shared} name="handover" type="email" label={texts.handover} hint={texts.handoverHint} />
    </>
  );
};
