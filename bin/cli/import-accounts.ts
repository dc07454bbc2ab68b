import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { hindrancesInWords } from '../../domain/account-search.ts';
import { accountHindrances } from '../../domain/found-account.ts';
import { readAs } from './client.ts';
import type { Session } from './session.ts';
import { count, neutralise } from './text.ts';

const reportShape = z.object({
  resources: z.array(
    z.object({
      resource: z.string(),
      people: z.number(),
      adopted: z.number(),
      surplus: z.number(),
      left_alone: z.number(),
      missing: z.number(),
      not_looked: z.string().nullable(),
    }),
  ),
  accounts: z.array(
    z.object({
      resource: z.string(),
      email: z.string(),
      account: z.string().nullable(),
      hindrance: z.enum(accountHindrances).nullable(),
      holds: z.array(z.string()),
      surplus: z.array(z.string()),
    }),
  ),
  more_accounts: z.number(),
});
const searchShape = z.object({ state: z.enum(['looking', 'ready']), report: reportShape.nullable() });
type Report = z.infer<typeof reportShape>;

/** So often it is asked whether a worker has looked. */
const asksAtMost = 30;
const linesAtMost = 20;

/** Waits for what the workers find; null when none has looked in time, or somebody interrupts. */
export async function waitForAccounts(session: Session, search: string): Promise<Report | null> {
  const { deps, client, isJson } = session;
  for (let asked = 0; asked < asksAtMost && !deps.interrupted.aborted; asked += 1) {
    const { report } = readAs(searchShape, await client.get(`/v1/imports/searches/${search}`));
    if (report) return report;
    if (asked === 1 && !isJson) deps.terminal.err('Looking for accounts in the targets …\n');
    await sleep(deps.pollEveryMs, undefined, { signal: deps.interrupted }).catch(() => undefined);
  }
  return null;
}

/** What was found, in words. Null: nobody has looked. */
export function accountsText(report: Report | null): string {
  if (!report)
    return 'Nobody has looked into the targets yet (no worker answers): who has accounts there is found when it is imported.\n';
  const { resources, accounts, more_accounts: more } = report;
  if (resources.length === 0) return '';
  const lines = resources.map((one) => `  ${neutralise(one.resource)}, ${resourceInWords(one)}\n`);
  const open = accounts.filter(({ hindrance, surplus }) => hindrance !== null || surplus.length > 0);
  const rest = open.length - linesAtMost + (open.length === accounts.length ? more : 0);
  const told = open.slice(0, linesAtMost).map((one) => `  ${accountInWords(one)}\n`);
  return [
    'Accounts that there are in the targets:\n',
    ...lines,
    open.length > 0 ? 'About these somebody decides (tasks, once imported):\n' : '',
    ...told,
    rest > 0 ? `  and ${rest} more\n` : '',
  ].join('');
}

function resourceInWords(one: Report['resources'][number]): string {
  const people = count(one.people, 'person', 'people');
  if (one.not_looked === 'cannot-be-asked')
    return `${people}; it does not tell of accounts, so each gets one of ours`;
  if (one.not_looked !== null)
    return `${people}; it could not be looked there (${neutralise(one.not_looked)})`;
  const more = one.surplus > 0 ? ` (${one.surplus} with more than roles give, which stays)` : '';
  const parts = [
    `${one.adopted} taken over${more}`,
    `${one.missing} to be made`,
    one.left_alone > 0 ? `${one.left_alone} left alone` : '',
  ];
  return `${people}: ${parts.filter(Boolean).join(', ')}`;
}

function accountInWords({
  email,
  account,
  resource,
  hindrance,
  surplus,
}: Report['accounts'][number]): string {
  const who = `${email}: ${account === null ? '' : `${account} `}on ${resource}`;
  const what =
    hindrance === null
      ? `holds ${surplus.join(', ')} beside its roles`
      : `is left alone, ${hindrancesInWords[hindrance]}`;
  return neutralise(`${who} ${what}`);
}
