import type { FC } from 'hono/jsx';
import { assertNever } from '../../../domain/errors.ts';
import type { SeatUse, UserView } from '../../../db/queries/customer.ts';
import type { CustomerWithSeats } from '../../operations/list-customers.ts';
import type { Outside } from '../../outside.ts';
import { ActionButton } from '../components/form.tsx';
import { Refused, State } from '../components/note.tsx';
import { type PanelFrame, PanelPage } from '../components/panel-page.tsx';
import { Empty, Section } from '../components/row.tsx';
import { SeatMap } from '../components/seat-map.tsx';
import { Time } from '../components/time.tsx';
import { nameOf } from '../request-words.ts';
import { usersTexts as texts } from '../texts/admin-users.ts';
import { asBeginning } from '../words.ts';

type Customer = Outside<CustomerWithSeats>;
export type User = Outside<UserView>;

type UsersProps = PanelFrame & {
  users: readonly User[];
  use: SeatUse;
  /** Where the next page begins. */
  next: string | null;
  /** This is not the first page. */
  isLater: boolean;
  find: string;
  /** Who has just been removed, and can be taken back. */
  removed: User | null;
  refusal?: string | null;
};

/** Who we are, and whether there is room. */
export const AdminUsersPage: FC<UsersProps> = ({
  frame,
  customer,
  vendor,
  me,
  users,
  use,
  next,
  isLater,
  find,
  removed,
  refusal = null,
}) => (
  <PanelPage
    frame={frame}
    customer={customer.name}
    vendor={vendor}
    current="/admin"
    title={seatTitle(customer)}
    lead={texts.lead}
    scripts={removed ? ['undo.js'] : []}
    dock={
      <a class="button main-action" href="/admin/users/new">
        {texts.add}
      </a>
    }
  >
    <div class="stack">
      <Refused fact={texts.wasNotDone} refusal={refusal} />
      <Seats customer={customer} vendor={vendor} use={use} />
      <Section
        id="users"
        title={texts.way}
        aside={
          <a class="button main-action docked" href="/admin/users/new">
            {texts.add}
          </a>
        }
      >
        <form method="get" action="/admin" role="search" class="more">
          <label class="unseen" for="find">
            {texts.find}
          </label>
          <input
            id="find"
            name="find"
            type="search"
            value={find}
            placeholder={texts.find}
            autocomplete="off"
          />
        </form>
        {users.length === 0 && find ? (
          <Empty fact={texts.nobodyFound(find)} action={<a href="/admin">{texts.showAll}</a>}>
            {texts.nobodyFoundMore}
          </Empty>
        ) : (
          <ul class="people">
            {users.map((user) => (
              <UserRow user={user} me={me} csrf={frame.csrf} />
            ))}
          </ul>
        )}
        <p class="more meta">
          {texts.shown(users.length)} {next && <a href={onward(find, next)}>{texts.showMore}</a>}{' '}
          {(isLater || find) && <a href="/admin">{texts.showAll}</a>}
        </p>
      </Section>
      {removed && <UndoBar user={removed} csrf={frame.csrf} />}
    </div>
  </PanelPage>
);

function onward(find: string, after: string): string {
  const query = new URLSearchParams({ ...(find ? { find } : {}), after });
  return `/admin?${query.toString()}`;
}

function seatTitle({ name, seats }: Customer): string {
  return seats.limit === null
    ? texts.peopleTitle(seats.used, name)
    : texts.seatsTitle(seats.used, seats.limit);
}

const Seats: FC<{ customer: Customer; vendor: string; use: SeatUse }> = ({ customer, vendor, use }) => {
  const { limit, left } = customer.seats;
  if (limit === null || left === null) return <p class="meta">{texts.noLimit}</p>;
  return (
    <div>
      <p>
        <b>{texts.free(left)}</b> {texts.ofLimit(limit)}
      </p>
      <SeatMap limit={limit} active={use.active} invited={use.invited} />
      <p class="meta">
        {texts.use(use.active, use.invited, left)} {texts.keeps} {left === 0 && texts.askForMore(vendor)}
      </p>
    </div>
  );
};

/** Somebody was just removed: for a while it can be undone from here. */
const UndoBar: FC<{ user: User; csrf: string }> = ({ user, csrf }) => (
  <div class="undo" role="status" data-undo>
    <span>{texts.removed(nameOf(user.person))}</span>
    <ActionButton
      action={`/admin/users/${user.person.id}/reinstatement`}
      csrf={csrf}
      label={texts.undo}
      about={texts.removed(nameOf(user.person))}
    />
  </div>
);

const UserRow: FC<{ user: User; me: string; csrf: string }> = ({ user, me, csrf }) => {
  const name = nameOf(user.person);
  const isMe = user.person.id === me;
  const address = `/admin/users/${user.person.id}`;
  const isOver = user.state === 'removed';
  return (
    <li>
      <div>
        <h3>
          {name} {isMe && <span class="optional meta">{texts.you}</span>}
        </h3>
        <p class="meta">{user.person.email}</p>
      </div>
      <div>
        <UserState user={user} />
        <p class="meta">
          {user.contract_role ? asBeginning(user.contract_role) : user.roles.map(roleWords).join(', ')}
        </p>
        {user.approves_from && (
          <p class="meta">
            {texts.approvesFrom} <Time at={user.approves_from} />
          </p>
        )}
      </div>
      <div class="acts">
        {!isMe && !isOver && (
          <>
            {mayBeInvited(user) && (
              <ActionButton action={`${address}/invitation`} csrf={csrf} label={texts.invite} about={name} />
            )}
            <a class="button" href={address}>
              {texts.change}
              <span class="unseen"> {name}</span>
            </a>
            <a class="button" href={`${address}/removal`}>
              {texts.remove}
              <span class="unseen"> {name}</span>
            </a>
          </>
        )}
      </div>
    </li>
  );
};

/** Who has not confirmed yet, or has lost every way in since. */
function mayBeInvited({ state, can_sign_in }: User): boolean {
  return state === 'invited' || state === 'expired' || (state === 'active' && !can_sign_in);
}

/** A role's key as words. */
function roleWords(key: string): string {
  return asBeginning(key.replaceAll('-', ' '));
}

/** Normal is quiet: an active user has no sign. */
const UserState: FC<{ user: User }> = ({ user }) => {
  const { state } = texts;
  switch (user.state) {
    case 'active':
      return <p>{state.active}</p>;
    case 'joining':
      return (
        <State glyph="waiting" tone="wait">
          {state.joining}
        </State>
      );
    case 'invited':
      return (
        <State glyph="waiting" tone="wait">
          {state.invited} {user.invited_at && <Time at={user.invited_at} />}
        </State>
      );
    case 'expired':
      return (
        <State glyph="denied" tone="soon">
          {state.expired}
        </State>
      );
    case 'suspended':
      return (
        <State glyph="late" tone="late">
          {state.suspended}
        </State>
      );
    case 'removed':
      return (
        <State glyph="ended">
          {state.removed} {user.until && <Time at={user.until} as="day" />}
        </State>
      );
    default:
      return assertNever(user.state);
  }
};
