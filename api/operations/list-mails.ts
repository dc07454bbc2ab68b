import type { Page, PageWish } from '../../db/queries/instant.ts';
import { listMails, type MailState, type MailView } from '../../db/queries/mail-view.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import type { PersonPrincipal } from '../principal.ts';
import { reading } from '../transact.ts';

/** Messages to people, newest first; what they say is nobody else's. */
export function findMails(
  deps: ApiDeps,
  caller: PersonPrincipal,
  filter: { state?: MailState | undefined },
  page: PageWish,
): Promise<Outside<Page<MailView>>> {
  return reading(deps, caller, (tx) => listMails(tx, filter, page));
}
