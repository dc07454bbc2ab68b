import { z } from '@hono/zod-openapi';
import { keyMaxLength, keyPattern } from '../../domain/keys.ts';
import { completeLists, staffEmployments } from '../../domain/roster.ts';
import { freeText, instantText, lineText } from './common.ts';
import { examples } from './examples.ts';

const key = z
  .string()
  .trim()
  .regex(keyPattern, 'Small letters and digits with single hyphens between.')
  .max(keyMaxLength, `At most ${keyMaxLength} characters.`);
const email = z.string().trim().pipe(z.email('An e-mail address.').max(254));
const word = z.string().trim().min(1).max(63);
const roles = z.array(word).max(50);
const most = 20_000;

const customer = z.strictObject({
  key,
  name: lineText(200),
  tier: word.nullish(),
  region: word.nullish(),
  customer_type: word.nullish(),
  contract_until: instantText().nullish(),
});

const user = z.strictObject({
  customer: key,
  email,
  name: lineText(200),
  contract_role: word.nullish(),
  roles: roles.optional(),
});

const staff = z.strictObject({
  email,
  name: lineText(200),
  title: lineText(200).nullish(),
  department: lineText(100).nullish(),
  manager: email.nullish(),
  region: word.nullish(),
  employment: z.enum(staffEmployments, 'One of employee, contractor and service.').optional(),
  starts_at: instantText().nullish(),
  ends_at: instantText().nullish(),
  roles: roles.optional(),
});

const lists = {
  customers: z.array(customer).max(most).default([]),
  users: z.array(user).max(most).default([]),
  staff: z.array(staff).max(most).default([]),
  complete: z.array(z.enum(completeLists)).max(completeLists.length).default([]).openapi({
    description:
      'Lists that name everybody there is: who is not in them leaves. `users`: of the customers that the list names.',
  }),
};

export const previewImportBody = z.strictObject(lists).openapi('ImportPreviewing', {
  example: examples.previewImport,
  description:
    'A company’s own lists. A member that is left out says nothing; null says that there is none. A customer’s tier and region that are left out or null are as its customer type says.',
});

export const importBody = z
  .strictObject({ ...lists, reason: freeText(2_000) })
  .openapi('Importing', { example: examples.applyImport });

const number = z.int().min(0);
const counts = z.object({
  new: number,
  returning: number.openapi({ description: 'Had left, and come back clean.' }),
  changed: number,
  unchanged: number,
  leaving: number,
});
const list = z.enum(['customers', 'users', 'staff']);

const report = z.object({
  customers: counts,
  users: counts,
  staff: counts,
  changes: z.array(
    z.object({
      list,
      row: number.nullable().openapi({ description: 'Counted from 0; null for who is not in the list.' }),
      name: z.string().openapi({ description: 'A customer’s key, or a person’s address.' }),
      customer: z.string().nullable(),
      change: z.enum(['new', 'returning', 'changed', 'leaving']),
      fields: z.array(z.string()).openapi({ description: 'What differs from what is there.' }),
    }),
  ),
  more_changes: number.openapi({ description: 'How many more changes there are.' }),
  duplicates: z
    .array(z.object({ list, name: z.string(), rows: z.array(number) }))
    .openapi({ description: 'Rows that say one and the same: they count once, with the roles of all.' }),
  effects: z
    .array(
      z.object({
        kind: z.enum(['gain', 'lose']),
        resource: z.string(),
        entitlement: z.string(),
        people: number,
        organizations: number,
      }),
    )
    .openapi({
      description:
        'What people gain and lose by roles, as far as policy lets them hold it. What an account holds in a target already is adopted as far as they give it.',
    }),
  fences: z
    .array(z.object({ organization: z.string(), people: number, limit: number, held: number }))
    .openapi({ description: 'Of so many people of an organization so many wait for a second person.' }),
  problems: z
    .array(z.object({ pointer: z.string(), detail: z.string() }))
    .openapi({ description: 'Empty: it can be imported.' }),
});

export const importReportShape = report.openapi('ImportReport', { example: examples.importReport });

export const appliedImportShape = report
  .extend({
    id: z.string().nullable().openapi({ description: 'Null: everything was so already.' }),
    processes: z.array(z.string()).openapi({ description: 'Ids of the processes that bring it about.' }),
  })
  .openapi('AppliedImport', { example: examples.appliedImport });
