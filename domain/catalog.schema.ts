import { z } from 'zod';
import {
  type Catalog,
  type CatalogPath,
  type CatalogProblem,
  type CatalogSection,
  classifications,
  duties,
  type Json,
} from './catalog.ts';
import { type ConsentRule, consentLimits, emergencies, usualConsent } from './consent.ts';
import { defaultSettings, dunningStates } from './catalog-settings.ts';
import { dunningAfterMs } from './dunning.ts';
import { keyMaxLength, keyPattern } from './keys.ts';
import { periodMs } from './period.ts';

const keyForm = 'Small letters and digits, with single hyphens between, such as acme-env.';
const control = /\p{Cc}|\p{Surrogate}/u;
const controlButLines = /(?![\n\t])\p{Cc}|\p{Surrogate}/u;

const key = z.string().max(keyMaxLength, `At most ${keyMaxLength} characters.`).regex(keyPattern, keyForm);
const keys = z.array(key).default([]);
const email = z.email('An e-mail address.').max(254, 'At most 254 characters.');
const entitlementName = z.string().refine((text) => {
  const parts = text.split(':');
  return parts.length === 2 && parts.every((part) => key.safeParse(part).success);
}, 'A resource and an entitlement, such as acme-env:read.');
const period = z
  .string()
  .refine((text) => periodMs(text) !== null, 'An ISO 8601 period such as PT2H or P365D; no years or months.');
const periodOrAtOnce = z
  .string()
  .refine((text) => dunningAfterMs(text) !== null, 'An ISO 8601 period such as P7D, or PT0S for at once.');
const instant = z.iso
  .datetime({ offset: true, error: 'An instant with a zone, such as 2027-06-30T22:00:00Z.' })
  .transform((text) => new Date(text).toISOString());

function text(max: number, forbidden: RegExp) {
  return z
    .string()
    .trim()
    .min(1, 'Say something here.')
    .max(max, `At most ${max} characters.`)
    .refine((one) => !forbidden.test(one), 'Contains characters that are not text.');
}

const name = text(200, control);

/** True when every text in it can be kept: the ledger's JSON has no NUL and no half of a surrogate pair. */
function isAllText(value: Json): boolean {
  if (typeof value === 'string') return !controlButLines.test(value);
  if (value === null || typeof value !== 'object') return true;
  return Object.entries(value).every(([name, member]) => isAllText(name) && isAllText(member));
}

const seatsForm = 'A whole number from 1 on, or unlimited.';
const seats = z
  .union([z.int(seatsForm).min(1, seatsForm), z.literal('unlimited')], seatsForm)
  .transform((value) => (value === 'unlimited' ? null : value));

const resource = z
  .strictObject({
    key,
    name,
    kind: key,
    organization: key,
    owner: email,
    region: key,
    classification: z.enum(classifications, `One of ${classifications.join(', ')}.`),
    connector: key,
    target: key,
    shared: z.boolean().default(false),
    settings: z
      .record(z.string(), z.json())
      .refine(isAllText, 'Contains characters that are not text.')
      .default({}),
    entitlements: z.array(z.strictObject({ key, name })),
    usual_access: z
      .array(z.strictObject({ entitlement: key, roles: z.array(key).min(1, 'Name a role.'), period }))
      .default([]),
  })
  .transform(({ usual_access: usualAccess, ...rest }) => ({ ...rest, usualAccess }));

const role = z
  .strictObject({
    key,
    name,
    duties: z.array(z.enum(duties, `One of ${duties.join(', ')}.`)).default([]),
    includes: keys,
    conflicts_with: keys,
    entitlements: z.array(entitlementName).default([]),
  })
  .transform(({ conflicts_with: conflictsWith, ...rest }) => ({ ...rest, conflictsWith }));

const tier = z
  .strictObject({
    key,
    name,
    seats,
    allowed_roles: keys,
    default_roles: z.record(key, z.array(key)).default({}),
    features: z.record(key, z.boolean()).default({}),
  })
  .transform(({ allowed_roles: allowedRoles, default_roles: defaultRoles, ...rest }) => ({
    ...rest,
    allowedRoles,
    defaultRoles,
  }));

const consentWithin = z.string().refine((text) => {
  const ms = periodMs(text) ?? 0;
  return ms >= consentLimits.shortestMs && ms <= consentLimits.longestMs;
}, 'An ISO 8601 period from PT5M to P7D.');
const consentRules = z.array(
  z.strictObject({
    classifications: z
      .array(z.enum(classifications, `One of ${classifications.join(', ')}.`))
      .min(1, 'Name a classification.'),
    within: consentWithin.default(usualConsent.within),
    emergency: z.enum(emergencies, `One of ${emergencies.join(', ')}.`).default(usualConsent.emergency),
  }),
);

/** `approves_vendor_access` is the short form of the usual rule; where rules are written, they count. */
function consentOf(approves: boolean, rules: ConsentRule[]): ConsentRule[] {
  return rules.length === 0 && approves ? [structuredClone(usualConsent)] : rules;
}

const customerType = z
  .strictObject({
    key,
    name,
    tier: key,
    region: key.nullable().default(null),
    approves_vendor_access: z.boolean().default(false),
    consent: consentRules.default([]),
    first_roles: keys,
    granted_period: period,
  })
  .transform(
    ({
      approves_vendor_access: approves,
      consent,
      first_roles: firstRoles,
      granted_period: grantedPeriod,
      ...rest
    }) => ({ ...rest, consent: consentOf(approves, consent), firstRoles, grantedPeriod }),
  );

const override = z.strictObject({
  customer: key,
  what: z.discriminatedUnion(
    'kind',
    [
      z.strictObject({ kind: z.literal('seats'), seats }),
      z.strictObject({ kind: z.literal('feature'), feature: key, enabled: z.boolean() }),
      z.strictObject({ kind: z.literal('role'), role: key }),
      z.strictObject({ kind: z.literal('consent'), rules: consentRules }),
    ],
    'One of seats, feature, role, consent.',
  ),
  reason: text(2_000, controlButLines),
  approver: email,
  until: instant,
});

const shareForm = 'A share from 0 to 1, such as 0.02.';
const leastForm = 'A whole number from 0 on.';

function fenceLimit(usual: typeof defaultSettings.fence.source) {
  return z
    .strictObject({
      share: z.number(shareForm).min(0, shareForm).max(1, shareForm).default(usual.share),
      least: z.int(leastForm).min(0, leastForm).default(usual.least),
      window: period.default(usual.window),
    })
    .prefault({});
}

const settings = z
  .strictObject({
    churn_grace: periodOrAtOnce.default(defaultSettings.churnGrace),
    downgrade_grace: periodOrAtOnce.default(defaultSettings.downgradeGrace),
    standing_period: period.default(defaultSettings.standingPeriod),
    welcome: z
      .strictObject({
        expires: period.default(defaultSettings.welcome.expires),
        reminders: z.array(period).default(() => [...defaultSettings.welcome.reminders]),
      })
      .prefault({}),
    dunning: z
      .array(
        z.strictObject({
          state: z.enum(dunningStates, `One of ${dunningStates.join(', ')}.`),
          after: periodOrAtOnce,
        }),
      )
      .default(() => structuredClone(defaultSettings.dunning)),
    restricted_roles: keys,
    fence: z
      .strictObject({
        source: fenceLimit(defaultSettings.fence.source),
        people: fenceLimit(defaultSettings.fence.people),
      })
      .prefault({}),
    handover: email.nullable().default(defaultSettings.handover),
  })
  .transform(
    ({
      churn_grace: churnGrace,
      downgrade_grace: downgradeGrace,
      standing_period: standingPeriod,
      restricted_roles: restrictedRoles,
      ...rest
    }) => ({ ...rest, churnGrace, downgradeGrace, standingPeriod, restrictedRoles }),
  )
  .prefault({});

const sections = {
  resources: z.array(resource),
  roles: z.array(role),
  tiers: z.array(tier),
  customer_types: z.array(customerType),
  overrides: z.array(override),
  settings,
} satisfies Record<CatalogSection, z.ZodType>;

/** A catalog in its outside form, or everything in it that is not in that form. */
export type ReadCatalog =
  | { catalog: Catalog; problems: null }
  | { catalog: null; problems: CatalogProblem[] };

/** Reads a catalog's outside form; settings that it leaves out are as by default. Whether it makes sense is another question: `catalogProblems`. */
export function readCatalog(document: unknown): ReadCatalog {
  const read = z.strictObject(sections).safeParse(document, { error: sentence, reportInput: true });
  if (!read.success) return { catalog: null, problems: problemsOf(read.error) };
  const { customer_types: customerTypes, ...rest } = read.data;
  return { catalog: { ...rest, customerTypes }, problems: null };
}

/** The problems of one section alone, for a reader that does not have the others. */
export function sectionProblems(section: CatalogSection, content: unknown): CatalogProblem[] {
  const read = sections[section].safeParse(content, { error: sentence, reportInput: true });
  return read.success ? [] : problemsOf(read.error, [section]);
}

/** The library's general messages in our words. Those of a schema's own, above, come first. */
function sentence(issue: z.core.$ZodRawIssue): string | undefined {
  // Every other union has a message of its own.
  if (issue.code === 'invalid_union') return 'This must be something that JSON can say.';
  if (issue.code !== 'invalid_type') return undefined;
  return `This must be ${kinds[issue.expected] ?? `a ${issue.expected}`}.`;
}

const kinds: Record<string, string> = {
  array: 'a list',
  object: 'an object with named members',
  record: 'an object with named members',
  string: 'a text',
  boolean: 'true or false',
};

function problemsOf(error: z.ZodError, base: CatalogPath = []): CatalogProblem[] {
  return error.issues.flatMap((issue) => {
    const path = [...base, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))];
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((unknown) => ({ path: [...path, unknown], detail: 'There is no such field.' }));
    if (issue.input === undefined) return [{ path, detail: 'This is missing.' }];
    if (issue.code === 'invalid_key') return [{ path, detail: keyForm }];
    return [{ path, detail: issue.message }];
  });
}
