import { z } from 'zod';
import { pageOf } from './ask-commands.ts';
import { parseAs, readAs } from './client.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { decidedText, fenceTable, fenceText } from './fence-text.ts';
import { wholeList } from './lists.ts';
import { checkedId } from './paths.ts';
import { decidedFenceShape, fenceItemShape, fenceShape } from './people-shapes.ts';
import type { Session } from './session.ts';
import { count } from './text.ts';

/** What waits for a second person; with `all`, what was decided, too. */
export async function fencesCommand(session: Session, { all = false }: { all?: boolean }): Promise<ExitCode> {
  const list = await wholeList(session, '/v1/fences', { state: all ? undefined : 'open' });
  session.print(list.answer, () => {
    const fences = list.items.map((item) => parseAs(fenceShape, item));
    if (fences.length === 0) return all ? 'No fence.\n' : 'Nothing waits behind a fence.\n';
    const are = all
      ? count(fences.length, 'fence', 'fences')
      : count(fences.length, 'fence is open', 'fences are open');
    return `${are}.\n${fenceTable(pageOf(session), fences)}`;
  });
  return exitCodes.done;
}

const withItems = fenceShape.extend({ items: z.array(fenceItemShape), next_cursor: z.string().nullish() });

/** One fence with everything that it holds. */
export async function fenceCommand(session: Session, id: string): Promise<ExitCode> {
  const path = `/v1/fences/${checkedId(id)}`;
  const answer = await session.client.get(path);
  const fence = session.isJson ? null : readAs(withItems, answer);
  const items = fence?.next_cursor
    ? (await wholeList(session, `${path}/items`, {})).items
    : (fence?.items ?? []);
  session.print(answer, () => {
    const shown = readAs(withItems, answer);
    const text = fenceText(
      pageOf(session),
      shown,
      items.map((item) => parseAs(fenceItemShape, item)),
    );
    return shown.state === 'open' ? text + nextSteps(session, shown.id) : text;
  });
  return exitCodes.done;
}

function nextSteps(session: Session, id: string): string {
  return `\nLet it go on:  ${session.command(`fence release ${id}`)}\nDrop it:       ${session.command(`fence discard ${id} --comment …`)}\n`;
}

export interface FenceDecision {
  item?: string[];
  comment?: string;
}

/** Lets what a fence holds go on, or drops it: all that waits, or the items that are named. */
export async function decideFenceCommand(
  session: Session,
  id: string,
  verb: 'release' | 'discard',
  { item, comment }: FenceDecision,
): Promise<ExitCode> {
  const body = { ...(item ? { items: item } : {}), ...(comment === undefined ? {} : { comment }) };
  const act = verb === 'release' ? 'release' : 'discarding';
  const answer = await session.client.post(`/v1/fences/${checkedId(id)}/${act}`, body);
  session.print(answer, () => {
    const fence = readAs(decidedFenceShape, answer);
    const command = session.command(`fence ${fence.id}`);
    return decidedText(fence, { verb, decided: item?.length ?? null, command });
  });
  return exitCodes.done;
}
