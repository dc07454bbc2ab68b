import type { FC } from 'hono/jsx';
import type { Assignable } from '../../operations/list-assignable.ts';
import type { Outside } from '../../outside.ts';
import { usersTexts as texts } from '../texts/admin-users.ts';
import { asBeginning } from '../words.ts';
import { Choices, type Faults, TextField } from './form.tsx';

/** What somebody is here, in the contract's own words. */
export const RoleChoice: FC<{
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

/** Who is added to a customer, and as what. */
export const NewUserFields: FC<{
  assignable: Outside<Assignable>;
  fields: Readonly<Record<string, string>>;
  faults: Faults;
  /** The role that is chosen before anybody chooses. */
  usual: string | undefined;
}> = ({ assignable, fields, faults, usual }) => (
  <>
    <TextField name="name" label={texts.name} value={fields['name']} isRequired fault={faults['name']} />
    <TextField
      name="email"
      label={texts.email}
      type="email"
      value={fields['email']}
      isRequired
      fault={faults['email']}
    />
    <RoleChoice
      assignable={assignable}
      value={fields['contract_role'] ?? usual}
      fault={faults['contract_role']}
    />
  </>
);
