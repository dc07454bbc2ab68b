import type { FC, PropsWithChildren } from 'hono/jsx';
import type { Assignable } from '../../operations/list-assignable.ts';
import type { Outside } from '../../outside.ts';
import { Choices, type Faults, Form, TextArea, TextField } from '../components/form.tsx';
import { Refused } from '../components/note.tsx';
import { type PanelFrame, PanelPage } from '../components/panel-page.tsx';
import { nameOf } from '../request-words.ts';
import { usersTexts as texts } from '../texts/admin-users.ts';
import { asBeginning } from '../words.ts';
import type { User } from './admin-users.tsx';

type FormProps = PanelFrame & {
  assignable: Outside<Assignable>;
  fields: Readonly<Record<string, string>>;
  faults: Faults;
  refusal?: string | null;
};

const RoleChoice: FC<{
  assignable: Outside<Assignable>;
  value: string | undefined;
  fault: string | undefined;
}> = ({ assignable, value, fault }) => (
  <Choices
    name="contract_role"
    label={texts.role}
    value={value}
    fault={fault}
    options={assignable.contract_roles.map((role) => ({ value: role, label: asBeginning(role) }))}
  />
);

type UserPageProps = PropsWithChildren<
  Pick<FormProps, 'frame' | 'customer' | 'vendor' | 'refusal'> & {
    title: string;
    lead: string | null;
    action: string;
    /** The one main action. */
    label: string;
  }
>;

/** A form about one person. */
const UserFormPage: FC<UserPageProps> = ({
  frame,
  customer,
  vendor,
  refusal,
  title,
  lead,
  action,
  label,
  children,
}) => (
  <PanelPage
    frame={frame}
    customer={customer.name}
    vendor={vendor}
    current="/admin"
    title={title}
    lead={lead}
    crumb={<a href="/admin">{texts.way}</a>}
  >
    <div class="narrow stack">
      <Refused fact={texts.wasNotSaved} refusal={refusal} />
      <Form action={action} csrf={frame.csrf} class="stack">
        {children}
        <div class="acts">
          <button type="submit" class="main-action tall">
            {label}
          </button>
          <a class="button tall" href="/admin">
            {texts.back}
          </a>
        </div>
      </Form>
    </div>
  </PanelPage>
);

/** Why it is done: it stays in the records. */
const Reason: FC<Pick<FormProps, 'fields' | 'faults'>> = ({ fields, faults }) => (
  <TextArea
    name="reason"
    label={texts.why}
    aside={texts.whyAside}
    value={fields.reason}
    maxLength={2_000}
    fault={faults.reason}
  />
);

/** Add a person: they get a seat at once, and a link by mail. */
export const AddUserPage: FC<FormProps> = ({ assignable, fields, faults, ...page }) => (
  <UserFormPage {...page} title={texts.add} lead={texts.addLead} action="/admin/users" label={texts.add}>
    <TextField name="name" label={texts.name} value={fields.name} isRequired fault={faults.name} />
    <TextField
      name="email"
      label={texts.email}
      type="email"
      value={fields.email}
      isRequired
      fault={faults.email}
    />
    <RoleChoice
      assignable={assignable}
      value={fields.contract_role ?? assignable.contract_roles.at(-1)}
      fault={faults.contract_role}
    />
  </UserFormPage>
);

/** Change what somebody is here. */
export const ChangeUserPage: FC<FormProps & { user: User }> = ({
  assignable,
  user,
  fields,
  faults,
  ...page
}) => (
  <UserFormPage
    {...page}
    title={texts.changeTitle(nameOf(user.person), page.customer.name)}
    lead={user.person.email}
    action={`/admin/users/${user.person.id}`}
    label={texts.save}
  >
    <RoleChoice
      assignable={assignable}
      value={fields.contract_role ?? user.contract_role ?? undefined}
      fault={faults.contract_role}
    />
    <Reason fields={fields} faults={faults} />
  </UserFormPage>
);

/** Remove somebody at once; what happens is said before. */
export const RemoveUserPage: FC<Omit<FormProps, 'assignable'> & { user: User }> = ({
  user,
  fields,
  faults,
  ...page
}) => (
  <UserFormPage
    {...page}
    title={texts.removeTitle(nameOf(user.person), page.customer.name)}
    lead={texts.removeLead}
    action={`/admin/users/${user.person.id}/removal`}
    label={texts.removeNow}
  >
    <Reason fields={fields} faults={faults} />
  </UserFormPage>
);
