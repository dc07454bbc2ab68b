import type { FC, PropsWithChildren } from 'hono/jsx';
import type { Assignable } from '../../operations/list-assignable.ts';
import type { Outside } from '../../outside.ts';
import { type Faults, Form, TextArea } from '../components/form.tsx';
import { Refused } from '../components/note.tsx';
import { type PanelFrame, PanelPage } from '../components/panel-page.tsx';
import { NewUserFields, RoleChoice } from '../components/user-fields.tsx';
import { nameOf } from '../request-words.ts';
import { usersTexts as texts } from '../texts/admin-users.ts';
import type { User } from './admin-users.tsx';

type FormProps = PanelFrame & {
  assignable: Outside<Assignable>;
  fields: Readonly<Record<string, string>>;
  faults: Faults;
  refusal?: string | null;
};

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
    <NewUserFields
      assignable={assignable}
      fields={fields}
      faults={faults}
      usual={assignable.contract_roles.at(-1)}
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
