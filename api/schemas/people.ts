import { z } from '@hono/zod-openapi';
import { employments, personStates } from '../../db/queries/people.ts';
import { instantShape, keyedShape, lineText, listShape, nameText, pageQuery, personShape } from './common.ts';

const organizationShape = keyedShape.extend({
  key: z.string(),
  name: z.string(),
  kind: z.enum(['vendor', 'customer']),
});

const members = {
  id: z.string(),
  email: z.string(),
  name: z.string(),
  organization: organizationShape,
  employment: z.enum(employments),
  title: z.string().nullable(),
  department: z.string().nullable(),
  state: z.enum(personStates),
  roles: z.array(z.object({ key: z.string(), name: z.string() })),
  held: z.int().min(0),
  next_end: instantShape.nullable(),
};

const priya = {
  id: 'person_01kb3v5c2hf8k1t0q4v9zj8e2r',
  email: 'priya@northwind.example',
  name: 'Priya',
  organization: {
    id: 'org_01kb3v5c2hexbm3f7r5c1v0zqd',
    key: 'northwind',
    name: 'Northwind Cloud',
    kind: 'vendor' as const,
  },
  employment: 'employee' as const,
  title: 'Support lead',
  department: 'support',
  state: 'active' as const,
  roles: [{ key: 'support-lead', name: 'Support lead' }],
  held: 1,
  next_end: '2026-11-22T16:06:00.000Z',
};

const words =
  '`held`: how much they hold beside their roles now, of which `next_end` ends first. `coming`: their first day is to come.';

export const personEntryShape = z
  .object(members)
  .openapi('PersonEntry', { example: priya, description: words });

export const personListShape = listShape(personEntryShape, 'PersonList');

export const personQuery = z.strictObject({
  ...pageQuery('person'),
  find: lineText(320).optional().openapi({ description: 'Words that their name or address has in it.' }),
  employment: z.enum(employments).optional(),
  organization: nameText().optional(),
  role: nameText().optional().openapi({ description: 'A role’s key: who holds it now.' }),
  state: z.enum(personStates).optional(),
});

export const profileShape = z
  .object({
    ...members,
    manager: personShape.nullable(),
    project: z.string().nullable(),
    region: z.string().nullable(),
    contract_role: z.string().nullable(),
    starts_at: instantShape.nullable(),
    ends_at: instantShape.nullable(),
    can_sign_in: z.boolean(),
  })
  .openapi('PersonProfile', {
    example: {
      ...priya,
      manager: null,
      project: null,
      region: 'eu',
      contract_role: null,
      starts_at: null,
      ends_at: null,
      can_sign_in: true,
    },
    description: `${words} \`can_sign_in\`: their organization has an identity provider, or they a passkey; else they can be invited again.`,
  });
