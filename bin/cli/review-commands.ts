import { z } from 'zod';
import { pageOf } from './ask-commands.ts';
import { parseAs, readAs } from './client.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { instantInWords } from './instants.ts';
import { type Cell, nameAndEmail, nameOf, table } from './layout.ts';
import { wholeList } from './lists.ts';
import type { Session } from './session.ts';
import { entity } from './shapes.ts';
import { count } from './text.ts';

/** What the command line reads of the API's answers about reviews. */
const dueShape = z.object({
  person: entity,
  organization: entity,
  role: z.string(),
  reviewed_at: z.string().nullish(),
  until: z.string(),
  is_lapsed: z.boolean(),
});
const reviewShape = z.object({
  items: z.array(
    z.object({ person: entity, role: z.string().nullish(), at: z.string(), process_id: z.string() }),
  ),
});

export interface DueOptions {
  /** ISO 8601 UTC. */
  before?: string;
  customer?: string;
}

/** Whose standing access lapses, the earliest first. */
export async function dueReviewsCommand(
  session: Session,
  { before, customer }: DueOptions,
): Promise<ExitCode> {
  const list = await wholeList(session, '/v1/reviews/due', { before, customer });
  session.print(list.answer, () => {
    const page = pageOf(session);
    const items = list.items.map((item) => parseAs(dueShape, item));
    if (items.length === 0) return 'Nothing lapses until then.\n';
    const lapsed = items.filter((one) => one.is_lapsed).length;
    const rows = items.map((one): Cell[] => [
      { text: instantInWords(one.until, page.nowMs), style: one.is_lapsed ? 'red' : 'yellow' },
      nameAndEmail(one.person),
      nameOf(one.organization),
      one.role,
      one.reviewed_at ? instantInWords(one.reviewed_at, page.nowMs) : 'never',
    ]);
    const words = `${count(items.length - lapsed, 'role lapses', 'roles lapse')}, ${lapsed} ${lapsed === 1 ? 'has' : 'have'} lapsed.`;
    const next = `Keep what is needed:  ${session.command('review keep <person> --role <role> --why <text>')}\n`;
    return `${words}\n${table(page, ['UNTIL', 'PERSON', 'OF', 'ROLE', 'REVIEWED'], rows)}${next}`;
  });
  return exitCodes.done;
}

export interface KeepOptions {
  role?: string[];
  why: string;
}

/** Says that somebody keeps what they hold, or what some of their roles give. */
export async function keepCommand(
  session: Session,
  person: string,
  { role: roles, why }: KeepOptions,
): Promise<ExitCode> {
  const lines = roles ? roles.map((role) => ({ person, role, reason: why })) : [{ person, reason: why }];
  const answer = await session.client.post('/v1/reviews', { lines });
  session.print(answer, () => {
    const { items } = readAs(reviewShape, answer);
    const [first] = items;
    if (!first) return 'Nothing was kept.\n';
    const what = items.flatMap((one) => one.role ?? []).join(', ') || 'all that they hold by roles';
    return `${nameAndEmail(first.person)} keeps ${what}. Access follows:  ${session.command(`process ${first.process_id} --watch`)}\n`;
  });
  return exitCodes.done;
}
