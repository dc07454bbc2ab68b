import { type Ledger, readingWithin } from '../../db/client.ts';
import {
  type Change,
  type ChangedIds,
  followed,
  type LiveKind,
  visibleChanges,
} from '../../db/queries/change.ts';
import { rules } from '../guards/rule.ts';
import { seesOthers } from '../operations/list-processes.ts';
import { type PersonPrincipal, recordsOf, scopeOf, viewerOf } from '../principal.ts';

/** What of these changes is about something that the person may see: each thing with its kind. */
export async function itemsFor(
  ledger: Ledger,
  person: PersonPrincipal,
  changes: readonly Change[],
): Promise<{ kind: LiveKind; id: string }[]> {
  const ids = idsOf(changes);
  const rights = {
    processes: seesOthers(person),
    fences: rules['fence-reader'].admits(person),
    people: rules['user-reader'].admits(person),
    events: rules['manage-access'].admits(person),
    signals: recordsOf(person),
  };
  return readingWithin(ledger, scopeOf(person), (tx) => visibleChanges(tx, viewerOf(person), rights, ids));
}

function idsOf(changes: readonly Change[]): ChangedIds {
  const ids = (kind: keyof ChangedIds) => [
    ...new Set(changes.filter(({ table }) => followed[table] === kind).map(({ rowId }) => rowId)),
  ];
  return {
    access_request: ids('access_request'),
    grant: ids('grant'),
    task: ids('task'),
    process: ids('process'),
    fence_item: ids('fence_item'),
    person: ids('person'),
    event: ids('event'),
    signal: ids('signal'),
  };
}
