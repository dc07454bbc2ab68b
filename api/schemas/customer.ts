import { z } from '@hono/zod-openapi';
import { customerStates, userStates } from '../../db/queries/customer.ts';
import { keyMaxLength, keyPattern } from '../../domain/keys.ts';
import {
  freeText,
  instantShape,
  keyedShape,
  lineText,
  listShape,
  nameText,
  pageQuery,
  personShape,
} from './common.ts';
import { examples } from './examples.ts';
import { processShape } from './process.ts';

const count = z.int().min(0);

const customerMembers = keyedShape.extend({
  key: z.string(),
  name: z.string(),
  state: z.enum(customerStates),
  tier: z.string().nullable(),
  region: z.string().nullable(),
  customer_type: z.string().nullable(),
  approves_vendor_access: z.boolean(),
  contract: z
    .object({
      state: z.string(),
      seats: count.nullable(),
      until: instantShape.nullable(),
      dunning: z.string(),
      dunning_since: instantShape.nullable(),
      over_seats_since: instantShape.nullable(),
    })
    .nullable(),
  users: count,
  onboarded_at: instantShape.nullable(),
  suspended_at: instantShape.nullable(),
  offboarded_at: instantShape.nullable(),
});

const contractWords =
  '`contract` is null where no billing or CRM system has said anything, and for who neither reads records nor manages access.';

export const customerShape = customerMembers.openapi('Customer', {
  example: examples.customer,
  description: contractWords,
});
export const customerListShape = listShape(customerShape, 'CustomerList');
export const customerQuery = z.strictObject({
  ...pageQuery('org'),
  state: z.enum(customerStates).optional(),
  tier: nameText().optional(),
});

export const customerWithSeatsShape = customerMembers
  .extend({
    seats: z.object({
      limit: count.nullable(),
      used: count,
      left: count.nullable(),
      source: z.enum(['tier', 'contract', 'override']),
      until: instantShape.nullable(),
    }),
  })
  .openapi('CustomerWithSeats', {
    example: examples.customerWithSeats,
    description: `${contractWords} \`limit\` null: as many users as they like. \`until\`: when an override of the seats ends.`,
  });

export const userShape = z
  .object({
    person: personShape,
    state: z.enum(userStates),
    contract_role: z.string().nullable(),
    given_roles: z.array(z.string()),
    roles: z.array(z.string()),
    since: instantShape,
    until: instantShape.nullable(),
    invited_at: instantShape.nullable(),
    confirmed_at: instantShape.nullable(),
  })
  .openapi('User', {
    example: examples.user,
    description:
      '`roles`: what of the given roles and of the contract role’s counts under the tier now; it follows with the process. `joining`: being onboarded, and not invited yet or anew. `removed`: none any more since `until`.',
  });
export const userListShape = listShape(userShape, 'UserList');
export const userQuery = z.strictObject({ ...pageQuery('person'), state: z.enum(userStates).optional() });

const keyText = z
  .string()
  .max(keyMaxLength)
  .regex(keyPattern, 'A key: small letters, digits and single hyphens.');
const roleKeys = z.array(keyText).max(50, 'At most 50 roles.');
const contractRole = keyText.nullable();
const reason = freeText(2_000);

export const addUserBody = z
  .strictObject({
    email: z.email('An e-mail address.').max(254).toLowerCase(),
    name: lineText(200),
    contract_role: contractRole.default(null),
    roles: roleKeys.default([]),
    reason,
  })
  .openapi('AddUser', { example: examples.addUser });

export const changeUserBody = z
  .strictObject({ contract_role: contractRole.optional(), roles: roleKeys.optional(), reason })
  .refine(
    (body) => body.roles !== undefined || body.contract_role !== undefined,
    'Say what changes: roles or contract_role.',
  )
  .openapi('ChangeUser', {
    example: examples.changeUser,
    description: 'What is not named stays as it is; `roles: []` takes all that were given.',
  });

export const changeStaffBody = z
  .strictObject({
    roles: roleKeys.optional(),
    department: lineText(100).optional(),
    region: keyText.optional(),
    reason,
  })
  .refine(
    (body) => body.roles !== undefined || body.department !== undefined || body.region !== undefined,
    'Say what changes: roles, department or region.',
  )
  .openapi('ChangeStaff', { example: examples.changeStaff });

export const reasonBody = z.strictObject({ reason }).openapi('WithReason', { example: examples.withReason });
export const nothingBody = z.strictObject({}).openapi('Nothing', { example: {} });

export const userProcessShape = z
  .object({ user: userShape, process: processShape })
  .openapi('UserProcess', { example: examples.userProcess });
