import type { Executor } from '../../db/client.ts';
import { findProblems } from '../../db/queries/catalog-write.ts';
import { readWayBack, type NoWayBack } from '../../db/queries/fence-edit.ts';
import { assertNever } from '../../domain/errors.ts';
import type { ApiDeps } from '../deps.ts';
import { actorOf, type PersonPrincipal } from '../principal.ts';

/** What becomes of the facts behind changes that were dropped. */
export interface DiscardOutlook {
  /** The revision to which the configuration returns; null: to none. */
  returnsTo: number | null;
  /** What stays in force all the same, and what to do about it; null: nothing. */
  stays: string | null;
}

const untilAnew =
  'Nothing of what was dropped happens to these people until somebody asks for it anew: by a newer edit or import of it, or by a change of that very person.';
const editIt = 'To take it back for everybody, edit the configuration (tenure config plan, then apply).';

/** Says what a drop that has just been written leaves in force. The engine carries out the return. */
export async function discardOutlook(
  { checkConnection }: Pick<ApiDeps, 'checkConnection'>,
  tx: Executor,
  caller: PersonPrincipal,
  fenceId: string,
): Promise<DiscardOutlook> {
  const back = await readWayBack(tx, fenceId, caller.personId);
  if (!('undone' in back)) return { returnsTo: null, stays: inWords(back) };
  const { active, former } = back;
  const wish = { catalog: former.catalog, author: actorOf(caller), checkConnection };
  const problems = await findProblems(tx, active.catalog, wish);
  if (problems.length === 0) return { returnsTo: former.number, stays: null };
  const details = problems.map(({ detail }) => detail).join(' ');
  const why = `The configuration stays as it is: revision ${former.number} does not fit any more. ${details}`;
  return { returnsTo: null, stays: `${why} ${untilAnew} ${editIt}` };
}

function inWords({ why, active, gained }: NoWayBack): string | null {
  switch (why) {
    case 'no-edit':
      return null;
    case 'customer':
      return `What the import says of the customer itself, e.g. its tier, stays. ${untilAnew} To take it back, import the customer as it was.`;
    case 'undecided':
      return `The configuration stays as it is. ${untilAnew} ${editIt}`;
    case 'released':
      return `The configuration stays as it is: some of the same edit has been released. ${untilAnew} ${editIt}`;
    case 'newer':
      return `The configuration stays as it is: revision ${active.number} lies on top of the edit. ${untilAnew} ${editIt}`;
    case 'own-gain':
      return `The configuration stays as it is: by returning you would give yourself ${gained.join(', ')}, so somebody else has to. ${untilAnew} ${editIt}`;
    default:
      return assertNever(why);
  }
}
