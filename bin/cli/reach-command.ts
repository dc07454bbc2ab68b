import { z } from 'zod';
import { pageOf } from './ask-commands.ts';
import { readAs } from './client.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { instantInWords } from './instants.ts';
import { type Cell, headline, nameOf, type Page, table } from './layout.ts';
import type { Session } from './session.ts';
import { entity } from './shapes.ts';
import { count } from './text.ts';

/** What the command line reads of the API's answer to who can reach something: only what it prints. */
export const reachShape = z.object({
  resource: z.object({ key: z.string(), name: z.string() }),
  roles: z.array(
    z.object({ roles: z.array(z.string()), entitlements: z.array(z.string()), people: z.number() }),
  ),
  items: z.array(
    z.object({
      reference: z.string().nullish(),
      because: z.array(z.string()).nullish(),
      person: entity,
      entitlement: entity,
      organization: entity,
      due_at: z.string(),
      ended_at: z.string().nullish(),
      approved_by: z.array(z.object({ person: entity })),
    }),
  ),
  next_cursor: z.string().nullish(),
});

type Reach = z.infer<typeof reachShape>;

/** What is asked beside the resource. */
export interface ReachOptions {
  customer?: string;
  at?: string;
  from?: string;
  to?: string;
}

/** Who can reach a resource, by which path, now or then; the newest 200. */
export async function reachCommand(
  session: Session,
  resource: string,
  entitlement: string | undefined,
  { customer, at, from, to }: ReachOptions,
): Promise<ExitCode> {
  const query = { resource, entitlement, customer, at, from, to, limit: '200' };
  const answer = await session.client.get('/v1/reach', query);
  session.print(answer, () => reachText(pageOf(session), readAs(reachShape, answer)));
  return exitCodes.done;
}

function reachText(page: Page, { resource, roles, items, next_cursor: next }: Reach): string {
  const people = new Set(items.map(({ person }) => person.id)).size;
  const summary = people === 0 ? 'nobody' : `${next ? 'more than ' : ''}${count(people, 'person', 'people')}`;
  const rows = items.map((one): Cell[] => [
    instantInWords(one.ended_at ?? one.due_at, page.nowMs),
    nameOf(one.person),
    `${nameOf(one.entitlement)} (${nameOf(one.organization)})`,
    one.reference ?? (one.because ?? []).join(' > '),
    one.approved_by.map(({ person }) => nameOf(person)).join(', '),
  ]);
  const body = rows.length > 0 ? table(page, ['UNTIL', 'PERSON', 'ACCESS', 'BY', 'APPROVED BY'], rows) : '';
  const ways = roles.map((way): Cell[] => [
    way.roles.join(' > '),
    way.entitlements.join(', '),
    count(way.people, 'person', 'people'),
  ]);
  const giving = ways.length > 0 ? table(page, ['ROLE', 'GIVES', 'HELD BY'], ways) : 'No role gives it.\n';
  return headline(page, resource.name, summary) + body + giving;
}
