import type { CatalogList } from '../../../domain/catalog.ts';
import { answer, frameOf, goOn, type PageContext } from '../../console/answer.tsx';
import { type Composed, composed, placed } from '../../console/catalog/forms.ts';
import type { Frame } from '../../console/components/console-page.tsx';
import { type Doing, effectMark, isSavable } from '../../console/components/effect.tsx';
import { catalogEntryPage } from '../../console/links.ts';
import { orSay, type RefusedStatus } from '../../console/or-say.ts';
import { CatalogReasonPage, type Said } from '../../console/pages/catalog-entry.tsx';
import { catalogTexts as texts } from '../../console/texts/catalog.ts';
import { applyCatalog } from '../../operations/apply-catalog.ts';
import { planCatalog } from '../../operations/plan-catalog.ts';
import { type CatalogView, getCatalog } from '../../operations/read-catalog.ts';
import { returnCatalog } from '../../operations/return-catalog.ts';
import { titleOf } from './catalog.tsx';
import { nothingSaid, reasonFault, sent, staleSince, viewOf } from './catalog-sent.ts';

/** A change with nothing to type but why. */
interface Act {
  doing: Doing;
  address: string;
  reason: string;
  title(view: CatalogView): string;
  lead(view: CatalogView): string;
  /** The document that it leads to, and where it is told from. */
  edit(c: PageContext, view: CatalogView): Promise<Composed>;
  apply(
    c: PageContext,
    wish: { baseRevision: number; reason: string; catalog: unknown },
  ): Promise<{ revision: number }>;
}

/** Takes something out. */
export function removing(part: CatalogList, key: string): Act {
  return {
    doing: { kind: 'remove' },
    address: `${catalogEntryPage(part, key)}/removal`,
    reason: '',
    title: (view) => texts.entry.removeTitle(titleOf(view, part, key)),
    lead: () => texts.entry.removeLead,
    edit: (_c, { catalog }) => Promise.resolve(composed(catalog, part, key, null)),
    apply: (c, wish) => applyCatalog(c.get('deps'), c.get('principal'), wish, null),
  };
}

/** Goes back to a revision. */
export function returning(revision: number): Act {
  return {
    doing: { kind: 'return', revision },
    address: `/catalog/revisions/${revision}/return`,
    reason: texts.revision.returnReason(revision),
    title: () => texts.revision.returnTitle(revision),
    lead: (view) => texts.revision.returnLead(view.revision + 1),
    async edit(c) {
      const { catalog } = await getCatalog(c.get('deps'), c.get('principal'), { revision });
      return { document: catalog, place: '/nowhere' };
    },
    apply: (c, { baseRevision, reason }) =>
      returnCatalog(c.get('deps'), c.get('principal'), { revision, baseRevision, reason }, null),
  };
}

/** The page of it, with its effect. */
export async function ask(c: PageContext, wished: Act) {
  const [frame, view] = await Promise.all([frameOf(c), viewOf(c)]);
  const state = await planOf(c, view, wished);
  const typed = { reason: wished.reason };
  return reasonPage(c, { frame, view, wished, said: { ...nothingSaid, ...state, typed } });
}

async function planOf(c: PageContext, view: CatalogView, wished: Act) {
  const edit = await wished.edit(c, view);
  const wish = { baseRevision: view.revision, catalog: edit.document };
  const plan = await planCatalog(c.get('deps'), c.get('principal'), wish);
  const { elsewhere } = placed(
    plan.problems,
    { ...edit, place: '/nowhere' },
    { part: 'settings', typed: {} },
  );
  return { plan, planned: edit.document, elsewhere };
}

function reasonPage(
  c: PageContext,
  { frame, view, wished, said }: { frame: Frame; view: CatalogView; wished: Act; said: Said },
  status: 200 | RefusedStatus = 200,
) {
  return answer(
    c,
    <CatalogReasonPage
      frame={frame}
      view={view}
      title={wished.title(view)}
      lead={wished.lead(view)}
      crumb={<a href="/catalog">{texts.way}</a>}
      action={wished.address}
      doing={wished.doing}
      said={said}
    />,
    status,
  );
}

/** Does it, if it does what was seen. */
export async function act(c: PageContext, wished: Act) {
  const [frame, view] = await Promise.all([frameOf(c), viewOf(c)]);
  const { base, doing, seen, typed } = await sent(c, view.revision);
  const state = await planOf(c, view, wished);
  const show = (said: Partial<Said>, status: 200 | RefusedStatus = 200) =>
    reasonPage(c, { frame, view, wished, said: { ...nothingSaid, ...state, typed, ...said } }, status);
  if (base !== view.revision) return show({ stale: await staleSince(c, view, base) }, 409);
  if (doing === 'look') return show({});
  const faults = reasonFault(base, typed.reason);
  if (Object.keys(faults).length > 0 || state.plan.problems.length > 0) return show({ faults }, 422);
  if (!isSavable(state.plan)) return show({});
  if (effectMark(state.plan) !== seen) return show({ isOther: seen !== '' }, 409);
  return orSay(
    async () => {
      const wish = { baseRevision: base, reason: typed.reason ?? '', catalog: state.planned };
      const applied = await wished.apply(c, wish);
      return goOn(c, `/catalog/revisions/${applied.revision}?saved=yes`);
    },
    (refusal, _faults, status) => Promise.resolve(show({ refusal }, status)),
  );
}
