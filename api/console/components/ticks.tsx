import type { FC } from 'hono/jsx';
import { ticked, tickedOf, type Typed } from '../catalog/typed.ts';
import { catalogTexts } from '../texts/catalog.ts';
import { type Faults, Group } from './form.tsx';

const { added, removed } = catalogTexts.field;

export interface TickOption {
  value: string;
  label: string;
  detail?: string | undefined;
}

interface Props {
  /** Of the fields: each is called after it and its value. */
  name: string;
  label: string;
  hint?: string;
  options: readonly TickOption[];
  typed: Typed;
  faults: Faults;
  /** What was ticked before, so that what differs shows; nothing is marked without it. */
  before?: Typed | undefined;
}

/** Any number of several, each to be ticked. */
export const Ticks: FC<Props> = ({ name, label, hint, options, typed, faults, before }) => {
  // What was ticked and is there no more can be taken away.
  const others = tickedOf(typed, name).filter((one) => !options.some(({ value }) => value === one));
  const all = [...options, ...others.map((value): TickOption => ({ value, label: value }))];
  return (
    <Group name={name} label={label} hint={hint} fault={faults[name]}>
      {all.length === 0 ? (
        <p class="more meta">{catalogTexts.field.unlimitedRoles}</p>
      ) : (
        <div class="ticks">
          {all.map((option) => (
            <Tick field={`${name}.${option.value}`} option={option} typed={typed} before={before} />
          ))}
        </div>
      )}
    </Group>
  );
};

const Tick: FC<{ field: string; option: TickOption } & Pick<Props, 'typed' | 'before'>> = ({
  field,
  option: { label, detail },
  typed,
  before,
}) => {
  const isOn = typed[field] === ticked;
  const differs = before !== undefined && isOn !== (before[field] === ticked);
  return (
    <label class={`tick-line${differs ? (isOn ? ' added' : ' removed') : ''}`}>
      <input type="checkbox" name={field} value={ticked} checked={isOn} />
      <span>
        <b>{label}</b> {differs && <span class={isOn ? 'live' : 'late'}>{isOn ? added : removed}</span>}
        {detail && <small class="meta">{detail}</small>}
      </span>
    </label>
  );
};
