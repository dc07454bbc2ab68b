import { z } from 'zod';
import { pageOf } from './ask-commands.ts';
import { readAs } from './client.ts';
import { UsageError } from './errors.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { instantInWords } from './instants.ts';
import { type Cell, headline, type Page, table } from './layout.ts';
import { pathPart } from './paths.ts';
import type { Session } from './session.ts';
import { count } from './text.ts';

/** What the command line reads of the API's answers about features and entitlements: only what it prints. */
export const featuresShape = z.object({
  customer: z.object({ key: z.string(), name: z.string() }),
  tier: z.object({ name: z.string() }).nullish(),
  features: z.record(z.string(), z.boolean()),
  overrides: z.array(z.object({ feature: z.string(), until: z.string() })),
});

export const effectiveShape = z.object({
  subject: z.object({ kind: z.enum(['person', 'role', 'tier']), id: z.string() }),
  revision: z.number(),
  roles: z.array(z.string()),
  items: z.array(
    z.object({
      resource: z.string(),
      entitlement: z.string(),
      held: z.boolean().nullish(),
      reason: z.string().nullish(),
      derivations: z.array(z.object({ roles: z.array(z.string()) })),
    }),
  ),
});

type Features = z.infer<typeof featuresShape>;
type Effective = z.infer<typeof effectiveShape>;

/** What the product switches on for a customer. */
export async function featuresCommand(
  session: Session,
  customer: string,
  { at }: { at?: string },
): Promise<ExitCode> {
  const answer = await session.client.get(`/v1/customers/${pathPart(customer)}/features`, { at });
  session.print(answer, () => featuresText(pageOf(session), readAs(featuresShape, answer)));
  return exitCodes.done;
}

function featuresText(page: Page, { customer, tier, features, overrides }: Features): string {
  const head = headline(page, customer.name, tier ? `tier ${tier.name}` : 'no tier');
  const rows = Object.entries(features).map(([name, isOn]): Cell[] => {
    const exception = overrides.find((one) => one.feature === name);
    return [
      name,
      isOn ? { text: 'on', style: 'green' } : { text: 'off', style: 'dim' },
      exception ? `an exception until ${instantInWords(exception.until, page.nowMs)}` : 'the tier',
    ];
  });
  return rows.length > 0 ? head + table(page, ['FEATURE', 'STANDS', 'BY'], rows) : `${head}No feature.\n`;
}

/** Whose entitlements are asked for: exactly one of the three. */
export interface EffectiveOptions {
  person?: string;
  role?: string;
  tier?: string;
  at?: string;
}

/** What a person, a role or a tier's users have by roles, how each comes, and what policy keeps from being held. */
export async function effectiveCommand(session: Session, options: EffectiveOptions): Promise<ExitCode> {
  const { person, role, tier, at } = options;
  if ([person, role, tier].filter((one) => one !== undefined).length !== 1)
    throw new UsageError('Name one: --person, --role or --tier.');
  const answer = await session.client.get('/v1/effective-entitlements', { person, role, tier, at });
  session.print(answer, () =>
    effectiveText(pageOf(session), readAs(effectiveShape, answer), person ?? role ?? tier ?? ''),
  );
  return exitCodes.done;
}

function effectiveText(page: Page, { subject, revision, roles, items }: Effective, name: string): string {
  const head = headline(page, name, items.length > 0 ? summary(items) : 'nothing by roles');
  const by = subject.kind === 'person' ? `Roles: ${roles.join(', ') || 'none'}. ` : '';
  const rows = items.map((one): Cell[] => [
    `${one.entitlement} on ${one.resource}`,
    standing(one.held),
    one.derivations.map((way) => way.roles.join(' > ')).join('; '),
    one.reason ?? '',
  ]);
  const shown = rows.some((row) => row[3] !== '') ? 4 : 3;
  const titles = ['ACCESS', 'HELD', 'BY', 'WHY NOT'].slice(0, shown);
  const body =
    rows.length > 0
      ? table(
          page,
          titles,
          rows.map((row) => row.slice(0, shown)),
        )
      : '';
  return `${head}${by}Revision ${revision} of the catalog.\n${body}`;
}

function summary(items: Effective['items']): string {
  const all = count(items.length, 'entitlement', 'entitlements');
  const forbidden = items.filter((one) => one.held === false).length;
  return forbidden > 0 ? `${all}, ${forbidden} of them forbidden by policy` : all;
}

/** Of a role or a tier nobody is asked about: policy looks at who has it. */
function standing(held: boolean | null | undefined): Cell {
  if (held === true) return { text: 'yes', style: 'green' };
  return held === false ? { text: 'no', style: 'red' } : 'depends on who';
}
