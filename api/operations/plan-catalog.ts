import { readingWithin } from '../../db/client.ts';
import { readSomeOf, type TouchedPerson } from '../../db/queries/catalog-people.ts';
import { readActiveCatalog } from '../../db/queries/catalog-revision.ts';
import { fieldErrorOf, findProblems, refuseStale } from '../../db/queries/catalog-write.ts';
import { fenceOutlooks } from '../../db/queries/fence-outlook.ts';
import { catalogChanges } from '../../domain/catalog-changes.ts';
import { effectId } from '../../domain/catalog-impact.ts';
import { type FieldError, TenureError } from '../../domain/errors.ts';
import type { ApiDeps } from '../deps.ts';
import { type Outside, outside } from '../outside.ts';
import { actorOf, type PersonPrincipal, scopeOf } from '../principal.ts';
import {
  catalogOf,
  type ChangeView,
  changeView,
  type EffectView,
  impactOfChange,
  ownGain,
  ownGainInWords,
} from './catalog-change.ts';

/** What an edit of the catalog would change, what it would mean for people, and what is wrong with it. */
export interface CatalogPlan {
  /** The revision that it would follow. */
  baseRevision: number;
  changes: ChangeView[];
  effects: (EffectView & { examples: TouchedPerson[] })[];
  /** How many people gain or lose anything, and how many keep what they hold by their roles. */
  people: { touched: number; kept: number };
  /** The organizations whose people would be looked at anew, with how many each, and how many of them a fence would hold. */
  roleChanges: {
    organization: { id: string; key: string; name: string };
    people: number;
    waiting: number;
  }[];
  /** Empty: it can be applied. */
  problems: FieldError[];
}

/** So many people are named for each effect. */
const examplesEach = 3;

/** Plans without writing anything. A base that is named must be the newest. */
export async function planCatalog(
  deps: ApiDeps,
  caller: PersonPrincipal,
  wish: { baseRevision?: number | undefined; catalog: unknown },
): Promise<Outside<CatalogPlan>> {
  const plan = await readingWithin(deps.ledger, scopeOf(caller), async (tx): Promise<CatalogPlan> => {
    const { number, catalog: before } = await readActiveCatalog(tx);
    if (wish.baseRevision !== undefined) refuseStale(wish.baseRevision, number);
    const read = readOrProblems(wish.catalog);
    const nothing = {
      baseRevision: number,
      changes: [],
      effects: [],
      people: { touched: 0, kept: 0 },
      roleChanges: [],
    };
    if (!read.catalog) return { ...nothing, problems: read.problems };
    const { catalog } = read;
    const author = actorOf(caller);
    const found = await findProblems(tx, before, { catalog, author, checkConnection: deps.checkConnection });
    const impact = await impactOfChange(deps, tx, before, catalog);
    const { effects, organizations, problems, touched } = impact;
    const singly = deps.holding.sight.namesPeople;
    const examples = await readSomeOf(tx, impact.moved, { singly, each: examplesEach });
    const changed = [...touched.values()].reduce((sum, count) => sum + count, 0);
    const outlooks = await fenceOutlooks(tx, touched);
    const gained = await ownGain(deps, tx, caller, { before, after: catalog });
    const own = gained.length > 0 ? [{ path: [], detail: ownGainInWords(gained) }] : [];
    return {
      baseRevision: number,
      changes: catalogChanges(before, catalog).map(changeView),
      effects: effects.map((one) => ({ ...one, examples: examples.get(effectId(one)) ?? [] })),
      people: { touched: changed, kept: impact.people - changed },
      roleChanges: organizations.map(({ people, ...organization }) => ({
        organization,
        people,
        waiting: outlooks.get(organization.id)?.waiting ?? 0,
      })),
      problems: [...found, ...problems, ...own].map(fieldErrorOf),
    };
  });
  return outside(plan);
}

function readOrProblems(document: unknown) {
  try {
    return { catalog: catalogOf(document), problems: [] };
  } catch (error) {
    if (error instanceof TenureError && error.code === 'catalog-invalid')
      return { catalog: null, problems: error.errors };
    throw error;
  }
}
