import type { FC } from 'hono/jsx';
import { Choices, type Faults, Form, type Option, Select, TextField } from '../components/form.tsx';
import { Refused } from '../components/note.tsx';
import { Section } from '../components/row.tsx';
import { signInTexts } from '../texts/admin-sign-in.ts';
import { asBeginning } from '../words.ts';
import { SignInFrame, type SignInPlace } from './sign-in-frame.tsx';
import type { Provider } from './sign-in-provider.tsx';

const texts = signInTexts.fields;

/** How many lines for groups a form has, and how many more it gets when asked. */
export const groupLines = { least: 3, more: 5, most: 100 } as const;

/** The names of the form's fields, as the API's body has them. */
export type ProviderFields = Readonly<Record<string, string>>;

interface FormProps {
  place: SignInPlace;
  /** The draft that is changed, or null: a new one. */
  changed: Provider | null;
  /** Of a new one: the live provider in whose place it shall be. */
  replaces: Provider | null;
  fields: ProviderFields;
  /** The lines for groups that are shown. */
  lines: number;
  /** The roles that a group may give. */
  roles: readonly string[];
  /** New people may be added by signing in: a customer's may. */
  mayAdd: boolean;
  redirect: string;
  faults: Faults;
  refusal: string | null;
}

/** Write a provider down, or change a draft. */
export const ProviderFormPage: FC<FormProps> = (props) => {
  const { place, changed, replaces, fields, faults, refusal, mayAdd } = props;
  const back = changed ? `${place.base}/providers/${changed.id}` : place.base;
  return (
    <SignInFrame
      place={place}
      title={changed ? signInTexts.changeTitle(changed.name) : signInTexts.newTitle(place.organization)}
      lead={changed ? signInTexts.changeLead : signInTexts.newLead}
      isBelow
    >
      <div class="narrow stack">
        <Refused fact={signInTexts.wasNotDone} refusal={refusal} />
        <Form
          action={changed ? `${place.base}/providers/${changed.id}` : `${place.base}/providers`}
          csrf={place.frame.csrf}
          class="stack"
        >
          {replaces && <input type="hidden" name="replaces" value={replaces.id} />}
          <Client {...props} />
          <Mapping {...props} />
          {mayAdd && <NewPeople {...props} />}
          <Names fields={fields} faults={faults} />
          <div class="acts">
            <button type="submit" class="main-action tall">
              {signInTexts.save}
            </button>
            <a class="button tall" href={back}>
              {signInTexts.back}
            </a>
          </div>
        </Form>
      </div>
    </SignInFrame>
  );
};

const Client: FC<FormProps> = ({ changed, replaces, fields, faults, redirect }) => {
  const hasSecret = (changed ?? replaces)?.has_client_secret === true;
  return (
    <>
      <TextField
        name="name"
        label={texts.name}
        hint={texts.nameHint}
        value={fields['name']}
        isRequired
        fault={faults['name']}
      />
      <TextField
        name="issuer"
        label={texts.issuer}
        hint={texts.issuerHint}
        value={fields['issuer']}
        isRequired
        fault={faults['issuer']}
      />
      <TextField
        name="client_id"
        label={texts.clientId}
        hint={<span class="breaks">{texts.clientIdHint(redirect)}</span>}
        value={fields['client_id']}
        isRequired
        fault={faults['client_id']}
      />
      <TextField
        name="client_secret"
        type="password"
        label={texts.secret}
        hint={hasSecret ? texts.secretKept : texts.secretHint}
        autocomplete="new-password"
        fault={faults['client_secret']}
      />
    </>
  );
};

const Mapping: FC<FormProps> = ({ fields, faults, lines, roles, mayAdd }) => {
  const options: Option[] = [
    { value: '', label: texts.noRole },
    ...roles.map((role) => ({ value: role, label: mayAdd ? asBeginning(role) : role })),
  ];
  return (
    <Section id="groups" title={texts.mapping}>
      <p class="more meta">
        {texts.mappingHint} {mayAdd ? texts.mappingHintCustomer : texts.mappingHintVendor}
      </p>
      {Array.from({ length: lines }, (_, at) => (
        <div class="pair">
          <TextField
            name={`group_roles.${at}.group`}
            label={texts.group(at + 1)}
            value={fields[`group_roles.${at}.group`]}
            fault={faults[`group_roles.${at}.group`]}
          />
          <Select
            name={`group_roles.${at}.role`}
            label={texts.role(at + 1)}
            value={fields[`group_roles.${at}.role`]}
            options={known(options, fields[`group_roles.${at}.role`])}
            fault={faults[`group_roles.${at}.role`]}
          />
        </div>
      ))}
      {lines < groupLines.most && (
        <p class="more">
          <button type="submit" name="more" value={String(lines)} formnovalidate>
            {texts.moreGroups}
          </button>
        </p>
      )}
    </Section>
  );
};

/** What was chosen stays visible, also where it may not be chosen any more. */
function known(options: readonly Option[], value: string | undefined): readonly Option[] {
  if (!value || options.some((option) => option.value === value)) return options;
  return [...options, { value, label: value }];
}

const NewPeople: FC<FormProps> = ({ fields, faults, roles }) => (
  <>
    <Choices
      name="new_people"
      label={texts.newPeople}
      value={fields['new_people'] ?? 'refuse'}
      fault={faults['new_people']}
      options={[
        { value: 'refuse', label: texts.refuse, detail: texts.refuseMore },
        { value: 'add', label: texts.add, detail: texts.addMore },
      ]}
    />
    <Select
      name="default_role"
      label={texts.defaultRole}
      value={fields['default_role']}
      fault={faults['default_role']}
      options={known(
        [
          { value: '', label: texts.noRole },
          ...roles.map((role) => ({ value: role, label: asBeginning(role) })),
        ],
        fields['default_role'],
      )}
    />
  </>
);

/** Rarely changed. */
const Names: FC<{ fields: ProviderFields; faults: Faults }> = ({ fields, faults }) => {
  const names = [
    ['email', texts.email],
    ['email_verified', texts.emailVerified],
    ['name', texts.personName],
    ['groups', texts.groups],
  ] as const;
  const isWrong = names.some(([name]) => faults[`claims.${name}`]);
  return (
    <details open={isWrong}>
      <summary>{texts.names}</summary>
      <div class="stack more">
        {names.map(([name, label]) => (
          <TextField
            name={`claims.${name}`}
            label={label}
            value={fields[`claims.${name}`] ?? name}
            fault={faults[`claims.${name}`]}
          />
        ))}
      </div>
    </details>
  );
};
