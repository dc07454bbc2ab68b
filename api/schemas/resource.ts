import { z } from '@hono/zod-openapi';
import { grantStates } from '../../domain/grant.ts';
import { reportMembers } from './access-report.ts';
import {
  instantShape,
  instantText,
  keyedShape,
  lineText,
  listShape,
  nameText,
  pageQuery,
  personShape,
} from './common.ts';
import { examples } from './examples.ts';

const [held] = examples.accessReport.items;
const acme = { ...examples.accessReport.organization, kind: 'customer' as const };
const northwind = { id: 'org_01kb3v5c2hexbm3f7r5c1v0zqd', key: 'northwind', name: 'Northwind Cloud' };

const environment = {
  id: 'res_01kb3v5c2hey1c4n7q0t3w6z9b',
  key: 'acme-env',
  name: 'Acme’s environment',
  kind: 'database',
  organization: acme,
  shared: false,
  owner: { id: 'person_01kb3v5c2hf8n4s7b0x2g5j8td', email: 'omar@northwind.example', name: 'Omar' },
  region: 'eu',
  classification: 'confidential',
  connector: 'postgres',
  entitlements: [{ id: 'ent_01kb3v5c2hezf0w5y3n6d8j1rp', key: 'read', name: 'Read data' }],
  retired_at: null,
};

export const resourceShape = z
  .object({
    id: z.string(),
    key: z.string(),
    name: z.string(),
    kind: z.string(),
    organization: keyedShape.extend({
      key: z.string(),
      name: z.string(),
      kind: z.enum(['vendor', 'customer']),
    }),
    shared: z.boolean(),
    owner: personShape,
    region: z.string(),
    classification: z.string(),
    connector: z.string(),
    entitlements: z.array(z.object({ id: z.string(), key: z.string(), name: z.string() })),
    retired_at: instantShape.nullable(),
  })
  .openapi('Resource', {
    example: environment,
    description:
      'Something access is held on. `organization`: whose data it holds; the vendor’s where customers share it.',
  });

export const resourceListShape = listShape(resourceShape, 'ResourceList');

export const resourceQuery = z.strictObject({
  ...pageQuery('res'),
  find: lineText(320).optional().openapi({ description: 'Words that its name, key or customer has in it.' }),
  customer: nameText().optional(),
});

const reachedShape = z
  .object({
    ...reportMembers,
    state: z.enum(grantStates),
    organization: keyedShape,
    holder_organization: keyedShape,
    due_at: instantShape,
  })
  .openapi('HeldAccess', {
    example: {
      ...held,
      state: 'held',
      organization: examples.accessReport.organization,
      holder_organization: northwind,
      due_at: '2026-11-22T16:06:00.000Z',
      ended_at: null,
      ended_by: null,
    },
    description:
      'One access with the way it came: by a request (`reference`, `approved_by`), or by roles (`because`). `organization`: whose data; `holder_organization`: whose person.',
  });

export const reachShape = z
  .object({
    resource: resourceShape,
    at: instantShape.nullable(),
    from: instantShape.nullable(),
    to: instantShape.nullable(),
    revision: z.int().min(0),
    roles: z.array(
      z.object({ roles: z.array(z.string()), entitlements: z.array(z.string()), people: z.int().min(0) }),
    ),
    items: z.array(reachedShape),
    next_cursor: z.string().nullable(),
  })
  .openapi('Reach', {
    example: {
      resource: environment,
      at: '2026-11-22T14:30:00.000Z',
      from: null,
      to: null,
      revision: 3,
      roles: [{ roles: ['support-lead', 'support-engineer'], entitlements: ['read'], people: 2 }],
      items: [],
      next_cursor: null,
    },
    description:
      'Who can reach a resource, and by which path. `roles`: the roles that give it, each from the one that is held to the one that gives it, and how many people hold it.',
  });

export const reachQuery = z.strictObject({
  ...pageQuery('grant'),
  resource: nameText(),
  entitlement: nameText().optional(),
  customer: nameText().optional().openapi({ description: 'Whose data, on what customers share.' }),
  at: instantText().optional(),
  from: instantText().optional(),
  to: instantText().optional(),
});
