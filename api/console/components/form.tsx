import type { Child, FC, PropsWithChildren } from 'hono/jsx';

/** What was wrong with the last try, by the names of the fields. */
export type Faults = Readonly<Record<string, string>>;

type FormProps = PropsWithChildren<{
  action: string;
  /** The mark of the session that this form was made for; the server takes it from nobody else. */
  csrf: string;
  class?: string;
  id?: string;
}>;

/** A form that changes something. It is sent by POST, with the mark of its session. */
export const Form: FC<FormProps> = ({ action, csrf, class: name, id, children }) => (
  <form method="post" action={action} class={name} id={id}>
    <input type="hidden" name="csrf" value={csrf} />
    {children}
  </form>
);

/** A single button that changes something. */
export const ActionButton: FC<{
  action: string;
  csrf: string;
  isMain?: boolean;
  name?: string;
  value?: string;
  label: string;
  /** What it is done to, for whoever hears the page: ten buttons named “Return” help nobody. */
  about?: string | undefined;
}> = ({ action, csrf, isMain = false, name, value, label, about }) => (
  <Form action={action} csrf={csrf}>
    <button type="submit" class={isMain ? 'main-action' : undefined} name={name} value={value}>
      {label}
      {about && <span class="unseen"> {about}</span>}
    </button>
  </Form>
);

/** The way from a row to a page of its own, as a button. */
export const LinkButton: FC<{ href: string; label: string; isMain?: boolean; about: string }> = ({
  href,
  label,
  isMain = false,
  about,
}) => (
  <a class={isMain ? 'button main-action' : 'button'} href={href}>
    {label}
    <span class="unseen"> {about}</span>
  </a>
);

type FieldProps = {
  name: string;
  label: string;
  hint?: Child;
  /** Beside the label: that it may be left empty, or who reads it. */
  aside?: string;
  fault?: string | undefined;
};

function describedBy({ name, hint, fault }: FieldProps): string | undefined {
  const ids = [...(hint ? [`${name}-hint`] : []), ...(fault ? [`${name}-fault`] : [])];
  return ids.length > 0 ? ids.join(' ') : undefined;
}

const Frame: FC<PropsWithChildren<FieldProps>> = ({ name, label, hint, aside, fault, children }) => (
  <div class="field">
    <label for={name}>
      {label} {aside && <span class="optional">{aside}</span>}
    </label>
    {children}
    <Hint name={name} hint={hint} />
    <Fault name={name} fault={fault} />
  </div>
);

const Hint: FC<Pick<FieldProps, 'name' | 'hint'>> = ({ name, hint }) =>
  hint ? (
    <p class="hint" id={`${name}-hint`}>
      {hint}
    </p>
  ) : (
    <></>
  );

const Fault: FC<Pick<FieldProps, 'name' | 'fault'>> = ({ name, fault }) =>
  fault ? (
    <p class="fault" id={`${name}-fault`}>
      {fault}
    </p>
  ) : (
    <></>
  );

/** The same for several that belong together. */
export const Group: FC<PropsWithChildren<FieldProps>> = ({ children, ...field }) => (
  <fieldset class="field" aria-describedby={describedBy(field)}>
    <legend>{field.label}</legend>
    <Hint name={field.name} hint={field.hint} />
    {children}
    <Fault name={field.name} fault={field.fault} />
  </fieldset>
);

type TextProps = FieldProps & {
  value?: string | undefined;
  type?: 'text' | 'password' | 'email' | 'search' | 'url' | 'number' | 'datetime-local' | 'date' | 'color';
  isRequired?: boolean;
  autocomplete?: string;
  list?: string;
  placeholder?: string;
};

export const TextField: FC<TextProps> = ({
  value,
  type = 'text',
  isRequired = false,
  autocomplete = 'off',
  list,
  placeholder,
  ...field
}) => (
  <Frame {...field}>
    <input
      id={field.name}
      name={field.name}
      type={type}
      value={value}
      required={isRequired}
      autocomplete={autocomplete}
      list={list}
      placeholder={placeholder}
      aria-invalid={field.fault ? 'true' : undefined}
      aria-describedby={describedBy(field)}
    />
  </Frame>
);

export const TextArea: FC<
  FieldProps & { value?: string | undefined; isRequired?: boolean; maxLength?: number }
> = ({ value, isRequired = false, maxLength, ...field }) => (
  <Frame {...field}>
    <textarea
      id={field.name}
      name={field.name}
      required={isRequired}
      maxlength={maxLength}
      aria-invalid={field.fault ? 'true' : undefined}
      aria-describedby={describedBy(field)}
    >
      {value}
    </textarea>
  </Frame>
);

export interface Option {
  value: string;
  label: string;
  detail?: Child;
  /** Why it cannot be chosen; it stays visible. */
  refusal?: string | undefined;
}

export const Select: FC<FieldProps & { value?: string | undefined; options: readonly Option[] }> = ({
  value,
  options,
  ...field
}) => (
  <Frame {...field}>
    <select
      id={field.name}
      name={field.name}
      aria-invalid={field.fault ? 'true' : undefined}
      aria-describedby={describedBy(field)}
    >
      {options.map((option) => (
        <option
          value={option.value}
          selected={option.value === value}
          disabled={option.refusal !== undefined}
        >
          {option.label}
        </option>
      ))}
    </select>
  </Frame>
);

type ChoiceProps = FieldProps & { value?: string | undefined; options: readonly Option[] };

/** Few options that need words of their own. */
export const Choices: FC<ChoiceProps> = ({ value, options, ...field }) => (
  <Group {...field}>
    {options.map((option) => (
      <label class="choice">
        <input
          type="radio"
          name={field.name}
          value={option.value}
          checked={option.value === value}
          disabled={option.refusal !== undefined}
          required
        />
        <b>{option.label}</b>
        {(option.refusal ?? option.detail) && <small>{option.refusal ?? option.detail}</small>}
      </label>
    ))}
  </Group>
);

/** Up to five short options beside each other. */
export const Segments: FC<ChoiceProps> = ({ value, options, ...field }) => (
  <Group {...field}>
    <div class="segments">
      {options.map((option) => (
        <label title={option.refusal}>
          <input
            type="radio"
            name={field.name}
            value={option.value}
            checked={option.value === value}
            disabled={option.refusal !== undefined}
          />
          {option.label}
          {option.refusal && <span class="unseen">: {option.refusal}</span>}
        </label>
      ))}
    </div>
  </Group>
);
