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
  brand_color: z.string().nullable().openapi({ description: 'The customer’s own colour as it was chosen.' }),
  shown_name: z
    .string()
    .nullable()
    .openapi({ description: 'How its panel is headed, where not by its name.' }),
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
  find: lineText(320).optional().openapi({ description: 'What its name or key has in it.' }),
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
    approves_from: instantShape.nullable(),
    can_sign_in: z.boolean(),
  })
  .openapi('User', {
    example: examples.user,
    description:
      '`roles`: what of the given roles and of the contract role’s counts under the tier now; it follows with the process. `joining`: being onboarded, and not invited yet or anew. `removed`: none any more since `until`. `approves_from`: an administrator whom the vendor’s people made one approves the vendor’s access from then on. `can_sign_in`: their organization has an identity provider, or they a passkey; else they can be invited again.',
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

const colorsShape = z.object({ brand: z.string(), on_brand: z.string(), hover: z.string() });

export const appearanceBody = z
  .strictObject({
    brand_color: z.string().max(20).nullable().openapi({ description: '`#rrggbb`; null: none.' }),
    shown_name: lineText(100).nullable().openapi({ description: 'Null: the customer’s own name.' }),
  })
  .openapi('AppearanceWish', { example: { brand_color: '#6b2246', shown_name: null } });
export const appearanceShape = z
  .object({
    brand_color: z.string().nullable(),
    shown: z.object({ light: colorsShape, dark: colorsShape }).nullable().openapi({
      description:
        'What is made of it: darkened on light pages and lightened on dark ones until it has 4.5:1 with its text and 3:1 with the page.',
    }),
    shown_name: z.string().nullable(),
  })
  .openapi('Appearance', { example: examples.appearance });

export const reasonBody = z.strictObject({ reason }).openapi('WithReason', { example: examples.withReason });
export const nothingBody = z.strictObject({}).openapi('Nothing', { example: {} });

export const userProcessShape = z
  .object({ user: userShape, process: processShape })
  .openapi('UserProcess', { example: examples.userProcess });
