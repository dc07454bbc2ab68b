import { z } from '@hono/zod-openapi';
import { accountHindrances } from '../../domain/found-account.ts';
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
const accountName = z
  .string()
  .trim()
  .regex(/^[A-Za-z0-9._@-]{1,63}$/, 'Letters, digits, and . _ @ -')
  .openapi({ description: 'The name of the person’s accounts in targets that know no addresses.' });
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
  account: accountName.nullish(),
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
  account: accountName.nullish(),
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
      description: 'What people gain and lose by roles, as far as policy lets them hold it.',
    }),
  fences: z
    .array(z.object({ organization: z.string(), people: number, limit: number, held: number }))
    .openapi({ description: 'Of so many people of an organization so many wait for a second person.' }),
  problems: z
    .array(z.object({ pointer: z.string(), detail: z.string() }))
    .openapi({ description: 'Empty: it can be imported.' }),
});

export const importReportShape = report
  .extend({
    search: z.string().nullable().openapi({
      description:
        'Id of a search for accounts that these people have in targets already; null: nobody gains anything, or something is wrong.',
    }),
  })
  .openapi('ImportReport', { example: examples.importReport });

export const appliedImportShape = report
  .extend({
    id: z.string().nullable().openapi({ description: 'Null: everything was so already.' }),
    processes: z.array(z.string()).openapi({ description: 'Ids of the processes that bring it about.' }),
  })
  .openapi('AppliedImport', { example: examples.appliedImport });

const searched = z.object({
  resources: z.array(
    z.object({
      resource: z.string(),
      people: number.openapi({ description: 'Whose roles reach it, and of whom no account there is known.' }),
      adopted: number.openapi({ description: 'Have an account that would be taken over.' }),
      surplus: number.openapi({ description: 'Of these: whose account holds more than their roles give.' }),
      left_alone: number.openapi({ description: 'Have one that must not be taken over.' }),
      missing: number.openapi({ description: 'Have none: it would be made.' }),
      not_looked: z.string().nullable().openapi({
        description:
          'Why nobody was looked for, as a closed code; `cannot-be-asked`: nothing there tells of accounts. Null: it was looked.',
      }),
    }),
  ),
  accounts: z
    .array(
      z.object({
        resource: z.string(),
        email: z.string(),
        account: z.string().nullable(),
        hindrance: z.enum(accountHindrances).nullable().openapi({
          description: 'Why it would be left alone; null: it would be taken over.',
        }),
        holds: z.array(z.string()),
        surplus: z.array(z.string()).openapi({ description: 'Of what it holds: what no role gives.' }),
      }),
    )
    .openapi({ description: 'First those that somebody must decide about, then the others; at most 500.' }),
  more_accounts: number,
});

export const accountSearchShape = z
  .object({
    id: z.string(),
    state: z.enum(['looking', 'ready']),
    report: searched.nullable().openapi({ description: 'Null while it is looking.' }),
  })
  .openapi('AccountSearch', { example: examples.accountSearch });
