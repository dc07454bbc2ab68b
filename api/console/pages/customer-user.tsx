import type { FC } from 'hono/jsx';
import type { Assignable } from '../../operations/list-assignable.ts';
import type { Outside } from '../../outside.ts';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { type Faults, Form, TextArea } from '../components/form.tsx';
import { Refused } from '../components/note.tsx';
import { NewUserFields } from '../components/user-fields.tsx';
import { customerPage } from '../links.ts';
import { usersTexts } from '../texts/admin-users.ts';
import { customerTexts } from '../texts/customers.ts';

interface Props {
  frame: Frame;
  /** As the address names the customer. */
  named: string;
  customer: { name: string; seats: { used: number } };
  assignable: Outside<Assignable>;
  fields: Readonly<Record<string, string>>;
  faults: Faults;
  refusal: string | null;
}

const texts = customerTexts.user;

/** Where the vendor's people add a user to a customer. */
export const newUserPath = (customer: string) => `${customerPage(customer)}/users/new`;

/** Adds somebody to a customer, such as its first administrator where its contract names nobody. */
export const CustomerUserPage: FC<Props> = ({ frame, named, customer, assignable, refusal, ...said }) => (
  <ConsolePage
    frame={frame}
    title={texts.title(customer.name)}
    lead={usersTexts.addLead}
    crumb={<a href={customerPage(named)}>{customer.name}</a>}
    current="/customers"
  >
    <div class="narrow stack">
      <Refused fact={usersTexts.wasNotSaved} refusal={refusal} />
      <Form action={`${customerPage(named)}/users`} csrf={frame.csrf} class="stack">
        <NewUserFields assignable={assignable} usual={usualRole(customer, assignable)} {...said} />
        <TextArea
          name="reason"
          label={usersTexts.why}
          aside={usersTexts.whyAside}
          value={said.fields['reason']}
          isRequired
          maxLength={2_000}
          fault={said.faults['reason']}
        />
        <div class="acts">
          <button type="submit" class="main-action tall">
            {usersTexts.add}
          </button>
          <a class="button tall" href={customerPage(named)}>
            {usersTexts.back}
          </a>
        </div>
      </Form>
    </div>
  </ConsolePage>
);

/** Whoever comes first has to be able to add the others. */
function usualRole(
  { seats }: Props['customer'],
  { contract_roles: roles }: Outside<Assignable>,
): string | undefined {
  const first = roles.find((role) => role === 'administrator');
  return seats.used === 0 ? (first ?? roles[0]) : roles.at(-1);
}
