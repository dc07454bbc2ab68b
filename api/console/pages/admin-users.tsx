import type { FC } from 'hono/jsx';
import { assertNever } from '../../../domain/errors.ts';
import type { UserView } from '../../../db/queries/customer.ts';
import type { Assignable } from '../../operations/list-assignable.ts';
import type { CustomerWithSeats } from '../../operations/list-customers.ts';
import type { Outside } from '../../outside.ts';
import { ActionButton, Choices, type Faults, Form, TextArea, TextField } from '../components/form.tsx';
import type { Frame } from '../components/console-page.tsx';
import { Refused, State } from '../components/note.tsx';
import { PanelPage } from '../components/panel-page.tsx';
import { Section } from '../components/row.tsx';
import { Time } from '../components/time.tsx';
import { nameOf } from '../request-words.ts';
import { texts } from '../texts/common.ts';
import { asBeginning, counted } from '../words.ts';

export type Customer = Outside<CustomerWithSeats>;
export type User = Outside<UserView>;

/** What every page of the panel is given. */
export interface PanelFrame {
  frame: Frame;
  customer: Customer;
  vendor: string;
  /** The viewer's own id. */
  me: string;
}

type UsersProps = PanelFrame & {
  users: readonly User[];
  next: string | null;
  find: string;
  refusal?: string | null;
};

/** Who we are, and whether there is room. */
export const AdminUsersPage: FC<UsersProps> = ({
  frame,
  customer,
  vendor,
  me,
  users,
  next,
  find,
  refusal = null,
}) => (
  <PanelPage
    frame={frame}
    customer={customer.name}
    vendor={vendor}
    current="/admin"
    title={seatTitle(customer)}
    lead="Changes work at once. A removed person is signed out everywhere within seconds."
  >
    <div class="stack">
      <Refused fact="That wasn’t done" refusal={refusal} />
      <Seats customer={customer} vendor={vendor} users={users} />
      <Section
        id="users"
        title="Users"
        aside={
          <a class="button main-action" href="/admin/users/new">
            {texts.panel.add}
          </a>
        }
      >
        <form method="get" action="/admin" role="search" class="more">
          <label class="unseen" for="find">
            Find by name or e-mail
          </label>
          <input
            id="find"
            name="find"
            type="search"
            value={find}
            placeholder="Find by name or e-mail"
            autocomplete="off"
          />
        </form>
        <ul class="people">
          {users.map((user) => (
            <UserRow user={user} me={me} csrf={frame.csrf} />
          ))}
        </ul>
        <p class="more meta">
          {counted(users.length, 'person', 'people')} shown.{' '}
          {next && <a href={`/admin?after=${next}`}>Show more</a>}
        </p>
      </Section>
    </div>
  </PanelPage>
);

function seatTitle({ name, seats }: Customer): string {
  if (seats.limit === null) return `${counted(seats.used, 'person', 'people')} at ${name}`;
  return `${seats.used} of ${seats.limit} seats are in use`;
}

const Seats: FC<{ customer: Customer; vendor: string; users: readonly User[] }> = ({
  customer,
  vendor,
  users,
}) => {
  const { limit, used, left } = customer.seats;
  if (limit === null || left === null) return <p class="meta">Your plan has no limit of seats.</p>;
  const invited = users.filter(({ state }) => state === 'invited' || state === 'joining').length;
  return (
    <div>
      <p>
        <b>{left > 0 ? `${counted(left, 'seat', 'seats')} free` : 'No seat is free'}</b> of {limit}
      </p>
      {limit <= 100 && (
        <p class="seats" aria-hidden="true">
          {Array.from({ length: limit }, (_, at) => (
            <i class={at < used - invited ? 'used' : at < used ? 'invited' : undefined} />
          ))}
        </p>
      )}
      <p class="meta">
        An invited person keeps a seat until the link ends. {left === 0 && `Ask ${vendor} for more seats.`}
      </p>
    </div>
  );
};

const UserRow: FC<{ user: User; me: string; csrf: string }> = ({ user, me, csrf }) => {
  const name = nameOf(user.person);
  const isMe = user.person.id === me;
  const address = `/admin/users/${user.person.id}`;
  const isOver = user.state === 'removed';
  return (
    <li>
      <div>
        <h3>
          {name} {isMe && <span class="optional meta">{texts.panel.you}</span>}
        </h3>
        <p class="meta">{user.person.email}</p>
      </div>
      <div>
        <UserState user={user} />
        <p class="meta">{user.contract_role ? asBeginning(user.contract_role) : user.roles.join(', ')}</p>
      </div>
      <div class="acts">
        {!isMe && !isOver && (
          <>
            {(user.state === 'invited' || user.state === 'expired') && (
              <ActionButton
                action={`${address}/invitation`}
                csrf={csrf}
                label={texts.panel.invite}
                about={name}
              />
            )}
            <a class="button" href={address}>
              {texts.panel.change}
              <span class="unseen"> {name}</span>
            </a>
            <a class="button" href={`${address}/removal`}>
              {texts.panel.remove}
              <span class="unseen"> {name}</span>
            </a>
          </>
        )}
      </div>
    </li>
  );
};

/** Normal is quiet: an active user has no sign. */
const UserState: FC<{ user: User }> = ({ user }) => {
  switch (user.state) {
    case 'active':
      return <p>Active</p>;
    case 'joining':
      return (
        <State glyph="waiting" tone="wait">
          Being set up
        </State>
      );
    case 'invited':
      return (
        <State glyph="waiting" tone="wait">
          Invited {user.invited_at && <Time at={user.invited_at} />}
        </State>
      );
    case 'expired':
      return (
        <State glyph="denied" tone="soon">
          The link has ended
        </State>
      );
    case 'suspended':
      return (
        <State glyph="late" tone="late">
          Suspended
        </State>
      );
    case 'removed':
      return <State glyph="ended">Removed {user.until && <Time at={user.until} as="day" />}</State>;
    default:
      return assertNever(user.state);
  }
};

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
    label="What are they here?"
    value={value}
    fault={fault}
    options={assignable.contract_roles.map((role) => ({ value: role, label: asBeginning(role) }))}
  />
);

/** Add a person: they get a seat at once, and a link by mail. */
export const AddUserPage: FC<FormProps> = ({
  frame,
  customer,
  vendor,
  assignable,
  fields,
  faults,
  refusal,
}) => (
  <PanelPage
    frame={frame}
    customer={customer.name}
    vendor={vendor}
    current="/admin"
    title={texts.panel.add}
    lead={texts.panel.addLead}
    crumb={<a href="/admin">Users</a>}
  >
    <div class="narrow stack">
      <Refused fact="That wasn’t saved" refusal={refusal} />
      <Form action="/admin/users" csrf={frame.csrf} class="stack">
        <TextField name="name" label="Name" value={fields.name} isRequired fault={faults.name} />
        <TextField
          name="email"
          label="E-mail"
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
        <div class="acts">
          <button type="submit" class="main-action tall">
            {texts.panel.add}
          </button>
          <a class="button tall" href="/admin">
            Back
          </a>
        </div>
      </Form>
    </div>
  </PanelPage>
);

/** Change what somebody is here. */
export const ChangeUserPage: FC<FormProps & { user: User }> = ({
  frame,
  customer,
  vendor,
  assignable,
  user,
  fields,
  faults,
  refusal,
}) => (
  <PanelPage
    frame={frame}
    customer={customer.name}
    vendor={vendor}
    current="/admin"
    title={`${nameOf(user.person)} at ${customer.name}`}
    lead={user.person.email}
    crumb={<a href="/admin">Users</a>}
  >
    <div class="narrow stack">
      <Refused fact="That wasn’t saved" refusal={refusal} />
      <Form action={`/admin/users/${user.person.id}`} csrf={frame.csrf} class="stack">
        <RoleChoice
          assignable={assignable}
          value={fields.contract_role ?? user.contract_role ?? undefined}
          fault={faults.contract_role}
        />
        <TextArea
          name="reason"
          label="Why?"
          aside="stays in the records"
          value={fields.reason}
          maxLength={2_000}
          fault={faults.reason}
        />
        <div class="acts">
          <button type="submit" class="main-action tall">
            {texts.panel.save}
          </button>
          <a class="button tall" href="/admin">
            Back
          </a>
        </div>
      </Form>
    </div>
  </PanelPage>
);

/** Remove somebody at once; what happens is said before. */
export const RemoveUserPage: FC<Omit<FormProps, 'assignable'> & { user: User }> = ({
  frame,
  customer,
  vendor,
  user,
  fields,
  faults,
  refusal,
}) => (
  <PanelPage
    frame={frame}
    customer={customer.name}
    vendor={vendor}
    current="/admin"
    title={`Remove ${nameOf(user.person)} from ${customer.name}`}
    lead="They are signed out everywhere within seconds, and lose everything they hold here. Their seat is free at once."
    crumb={<a href="/admin">Users</a>}
  >
    <div class="narrow stack">
      <Refused fact="That wasn’t saved" refusal={refusal} />
      <Form action={`/admin/users/${user.person.id}/removal`} csrf={frame.csrf} class="stack">
        <TextArea
          name="reason"
          label="Why?"
          aside="stays in the records"
          value={fields.reason}
          maxLength={2_000}
          fault={faults.reason}
        />
        <div class="acts">
          <button type="submit" class="main-action tall">
            {texts.panel.removeNow}
          </button>
          <a class="button tall" href="/admin">
            Back
          </a>
        </div>
      </Form>
    </div>
  </PanelPage>
);
