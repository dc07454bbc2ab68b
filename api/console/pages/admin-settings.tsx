import type { FC } from 'hono/jsx';
import { type Brand, brandOf } from '../../../domain/brand.ts';
import { type Faults, Form, TextField } from '../components/form.tsx';
import { Note, Refused } from '../components/note.tsx';
import { type PanelFrame, PanelPage } from '../components/panel-page.tsx';
import { Section } from '../components/row.tsx';
import { settingsTexts as texts } from '../texts/admin-settings.ts';

type Props = PanelFrame & {
  /** What was typed. */
  name: string;
  color: string;
  /** It was just saved. */
  isSaved: boolean;
  /** The address of the rules for vendor access. */
  access: string;
  faults: Faults;
  refusal: string | null;
};

/** How a customer's panel looks. */
export const AdminSettingsPage: FC<Props> = ({
  frame,
  customer,
  vendor,
  name,
  color,
  isSaved,
  access,
  faults,
  refusal,
}) => (
  <PanelPage
    frame={frame}
    customer={customer.name}
    vendor={vendor}
    current="/admin/settings"
    title={texts.title(customer.name)}
    lead={texts.lead}
  >
    <div class="narrow stack">
      <Refused fact={texts.wasNotSaved} refusal={refusal} />
      {isSaved && (
        <Note tone="live" glyph="held" fact={texts.saved} isNews>
          {texts.savedMore}
        </Note>
      )}
      <Form action="/admin/settings" csrf={frame.csrf} class="stack">
        <TextField
          name="shown_name"
          label={texts.name}
          hint={texts.nameHint(customer.name)}
          value={name}
          fault={faults['shown_name']}
        />
        <TextField
          name="brand_color"
          label={texts.color}
          hint={texts.colorHint}
          value={color}
          fault={faults['brand_color']}
        />
        {customer.brand_color && (
          <Shown color={customer.brand_color} name={customer.shown_name ?? customer.name} />
        )}
        <div class="acts">
          <button type="submit" class="main-action tall">
            {texts.save}
          </button>
        </div>
      </Form>
      <Section id="others" title={texts.others}>
        <ul>
          <Way href={access} label={texts.access} more={texts.accessMore} />
          <Way href="/admin/sign-in" label={texts.signIn} more={texts.signInMore} />
          <Way href="/admin/signals" label={texts.signals} more={texts.signalsMore} />
        </ul>
      </Section>
    </div>
  </PanelPage>
);

const Way: FC<{ href: string; label: string; more: string }> = ({ href, label, more }) => (
  <li class="more">
    <h3>
      <a href={href}>{label}</a>
    </h3>
    <p class="meta">{more}</p>
  </li>
);

/** What is made of the saved colour, as it is shown and in words. */
const Shown: FC<{ color: string; name: string }> = ({ color, name }) => {
  const brand = brandOf(color);
  return (
    <div>
      <svg
        class="swatches"
        role="img"
        aria-label={texts.samples}
        viewBox="0 0 320 64"
        width="320"
        height="64"
      >
        <Swatch at={0} paper="#f3f5f1" colors={brand.light} name={name} />
        <Swatch at={160} paper="#0f1412" colors={brand.dark} name={name} />
      </svg>
      <p class="meta">{shownWords(color, brand)}</p>
    </div>
  );
};

const Swatch: FC<{ at: number; paper: string; colors: Brand['light']; name: string }> = ({
  at,
  paper,
  colors,
  name,
}) => (
  <g>
    <rect x={at} y="0" width="160" height="64" fill={paper} />
    <rect x={at + 16} y="14" width="128" height="36" rx="3" fill={colors.brand} />
    <text x={at + 80} y="37" text-anchor="middle" font-size="15" font-weight="600" fill={colors.onBrand}>
      {name.slice(0, 14)}
    </text>
  </g>
);

function shownWords(color: string, { light, dark }: Brand): string {
  const changed = [light, dark].map(({ brand }) => (brand === color ? null : brand));
  const [onLight = null, onDark = null] = changed;
  return onLight === null && onDark === null ? texts.asChosen : texts.changed(onLight, onDark);
}
