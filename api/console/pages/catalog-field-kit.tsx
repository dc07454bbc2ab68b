import type { FC } from 'hono/jsx';
import type { CatalogDocument } from '../../../domain/catalog-document.ts';
import { titlesOf } from '../catalog/rows.ts';
import { linesOf, type Typed } from '../catalog/typed.ts';
import { type Faults, type Option, Select, TextField } from '../components/form.tsx';
import type { TickOption } from '../components/ticks.tsx';
import { catalogTexts } from '../texts/catalog.ts';

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

export const Text: FC<
  Plain & Pick<FieldsProps, 'typed' | 'faults'> & { type?: 'email' | 'datetime-local' }
> = ({ typed, faults, ...field }) => (
  <TextField {...field} value={typed[field.name]} fault={faults[field.name]} />
);

/** The key of a new thing, and its name. */
export const Naming: FC<FieldsProps> = ({ typed, faults, before }) => (
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

export const Lines: FC<
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

export const roleOptions = (document: CatalogDocument, but?: string): TickOption[] =>
  [...titlesOf(document, 'roles')].flatMap(([value, label]) =>
    value === but ? [] : [{ value, label, detail: value }],
  );

export const OnOff: FC<Plain & Pick<FieldsProps, 'typed' | 'faults'>> = ({ typed, faults, ...field }) => (
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

export const OneOfMany: FC<
  Plain & Pick<FieldsProps, 'typed' | 'faults'> & { options: readonly Option[] }
> = ({ typed, faults, options, ...field }) => (
  <Select
    {...field}
    value={typed[field.name]}
    fault={faults[field.name]}
    options={offered(options, typed[field.name])}
  />
);
