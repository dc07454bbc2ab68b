import type { Executor } from '../../db/client.ts';
import type { OutboxLine } from '../../db/outbox.ts';
import { type PeopleGroup, writeAffected } from '../../db/queries/catalog-people.ts';
import { type ActiveCatalog, readActiveCatalog } from '../../db/queries/catalog-revision.ts';
import { type CatalogChangeStory, prepareForLater } from '../../db/queries/catalog-wake.ts';
import { catalogInvalid, putRevision, refuseStale, takeTurn } from '../../db/queries/catalog-write.ts';
import { createProcesses } from '../../db/queries/process.ts';
import type { Catalog } from '../../domain/catalog.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { actorOf, type PersonPrincipal } from '../principal.ts';
import { type IdempotencyKey, type Recorded, transact } from '../transact.ts';
import {
  catalogOf,
  type ChangeView,
  changeView,
  type EffectView,
  impactOfChange,
  ownGain,
  refuseOwnGain,
} from './catalog-change.ts';

/** A revision that is in force, and the role changes that follow from it. */
export interface AppliedCatalog {
  revision: number;
  /** Empty: nothing was changed, and the revision is what it was. */
  changes: ChangeView[];
  effects: EffectView[];
  processes: { id: string; organization: { id: string; key: string; name: string }; people: number }[];
}

/** An edit of the catalog, as it is said. */
export interface CatalogEdit {
  baseRevision: number;
  reason: string;
}

/**
 * Writes a catalog as the next revision, and with it the role changes that follow: one process for each organization whose
 * people are affected, and exactly these are written down beside it. Where an exception allows a role, another waits for its
 * end. Nobody gives access to themselves by it.
 */
export function applyCatalog(
  deps: ApiDeps,
  caller: PersonPrincipal,
  wish: CatalogEdit & { catalog: unknown },
  idempotency: IdempotencyKey | null,
): Promise<Outside<AppliedCatalog>> {
  return transact(deps, caller, idempotency, (tx) =>
    changeCatalog(deps, tx, caller, { ...wish, make: () => catalogOf(wish.catalog) }),
  );
}

/** The same with a catalog that is made from the one in force. */
export async function changeCatalog(
  deps: ApiDeps,
  tx: Executor,
  caller: PersonPrincipal,
  { baseRevision, reason, make }: CatalogEdit & { make: (before: Catalog) => Catalog },
): Promise<Recorded<AppliedCatalog>> {
  await takeTurn(tx);
  const before = await readActiveCatalog(tx);
  refuseStale(baseRevision, before.number);
  const catalog = make(before.catalog);
  const written = await putRevision(tx, before, {
    catalog,
    reason,
    author: actorOf(caller),
    organizationId: caller.organization.id,
    checkConnection: deps.checkConnection,
  });
  const changes = written.changes.map(changeView);
  if (changes.length === 0)
    return { answer: { revision: before.number, changes, effects: [], processes: [] }, lines: [] };
  const gained = await ownGain(deps, tx, caller, { before: before.catalog, after: catalog });
  refuseOwnGain(caller, gained, written.number);
  const impact = await impactOfChange(deps, tx, before.catalog, catalog);
  const { effects, affected, organizations, now, problems } = impact;
  if (problems.length > 0) throw catalogInvalid(problems);
  const started = await startRoleChanges(deps, tx, caller, { affected, organizations, reason, written });
  await prepareForLater(tx, {
    before: before.catalog,
    after: catalog,
    now,
    story: storyOf(deps, caller, reason),
  });
  const answer = { revision: written.number, changes, effects, processes: started.processes };
  return { answer, lines: started.lines };
}

async function startRoleChanges(
  deps: ApiDeps,
  tx: Executor,
  caller: PersonPrincipal,
  wish: {
    affected: readonly PeopleGroup[];
    organizations: readonly { id: string; key: string; name: string; people: number }[];
    reason: string;
    written: ActiveCatalog;
  },
): Promise<{ processes: AppliedCatalog['processes']; lines: OutboxLine[] }> {
  const { affected, organizations, reason, written } = wish;
  const change = { what: 'catalog', revision: written.number, people: 'affected' } as const;
  const started = await createProcesses(
    tx,
    organizations.map(({ id: organizationId }) => ({
      ...storyOf(deps, caller, reason),
      kind: 'role-change',
      cause: 'configuration',
      wish: change,
      organizationId,
    })),
  );
  const ids = new Map(started.map(({ id, line }) => [line.message.organization, id]));
  const processes = organizations.map(({ people, ...organization }) => ({
    id: ids.get(organization.id) ?? '',
    organization,
    people,
  }));
  await writeAffected(tx, affected, ids, { singly: deps.holding.sight.namesPeople });
  return { processes, lines: started.map((one) => one.line) };
}

function storyOf(deps: ApiDeps, caller: PersonPrincipal, reason: string): CatalogChangeStory {
  return {
    requestedBy: caller.personId,
    actor: actorOf(caller),
    reason,
    traceparent: deps.trace?.() ?? null,
  };
}
