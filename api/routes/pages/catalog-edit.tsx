import { z } from '@hono/zod-openapi';
import type { CatalogList, CatalogSection } from '../../../domain/catalog.ts';
import { answer, frameOf, goOn, html, type PageContext } from '../../console/answer.tsx';
import { composed, forms, placed, placeOf, withSettings } from '../../console/catalog/forms.ts';
import { rowsOf } from '../../console/catalog/rows.ts';
import { textIn, type Typed } from '../../console/catalog/typed.ts';
import { effectMark, isSavable } from '../../console/components/effect.tsx';
import type { Frame } from '../../console/components/console-page.tsx';
import { Time } from '../../console/components/time.tsx';
import { orSay, type RefusedStatus } from '../../console/or-say.ts';
import { CatalogFormPage, CatalogReadPage, type Said } from '../../console/pages/catalog-entry.tsx';
import { catalogTexts as texts } from '../../console/texts/catalog.ts';
import { instantOfLocal, localMinute } from '../../console/when.ts';
import { applyCatalog } from '../../operations/apply-catalog.ts';
import { planCatalog } from '../../operations/plan-catalog.ts';
import type { CatalogView } from '../../operations/read-catalog.ts';
import { notFound } from '../../operations/refusals.ts';
import { catalogEntryPage } from '../../console/links.ts';
import { type Api, declare, problemsOf } from '../../route.ts';
import { act, ask, removing, returning } from './catalog-act.tsx';
import { nothingSaid, reasonFault, sent, staleSince, viewOf } from './catalog-sent.ts';
import { listNamed, mayEdit, revisionNamed, titleOf } from './catalog.tsx';
import { pageToRead, pageToSend } from './common.ts';

const done = {
  200: html('The page with what it would do; nothing has changed'),
  303: { description: 'It is saved; the browser goes on to the revision.' },
  403: html('It is not allowed; nothing has changed'),
  409: html(
    'It was made from an older revision, or would do something else than was seen; nothing has changed',
  ),
  422: html('Something is missing or wrong; nothing has changed'),
  503: html('Not now; nothing has changed'),
  ...problemsOf('unauthenticated', 'not-found'),
};
const partParams = z.object({ part: z.string().max(40) });
const entryParams = z.object({ part: z.string().max(40), key: z.string().max(400) });
const revisionParams = z.object({ revision: z.string().max(20) });

const writing = { ...pageToSend, rule: 'manage-access', responses: done } as const;

const routes = {
  settings: declare({
    ...pageToRead,
    path: '/catalog/settings',
    operationId: 'catalogSettingsPage',
    summary: 'The form to change the settings',
    rule: 'manage-access',
  }),
  saveSettings: declare({
    ...writing,
    path: '/catalog/settings',
    operationId: 'saveCatalogSettingsOnPage',
    summary: 'See what other settings do, or save them',
  }),
  add: declare({
    ...pageToRead,
    path: '/catalog/new/{part}',
    operationId: 'newCatalogEntryPage',
    summary: 'The form to put something new into the catalog',
    rule: 'manage-access',
    request: { params: partParams },
  }),
  saveNew: declare({
    ...writing,
    path: '/catalog/new/{part}',
    operationId: 'addCatalogEntryOnPage',
    summary: 'See what something new in the catalog does, or save it',
    request: { params: partParams },
  }),
  entry: declare({
    ...pageToRead,
    path: '/catalog/{part}/{key}',
    operationId: 'catalogEntryPage',
    summary: 'One thing of the catalog; the form to change it for who may',
    rule: 'catalog-reader',
    request: { params: entryParams },
  }),
  save: declare({
    ...writing,
    path: '/catalog/{part}/{key}',
    operationId: 'changeCatalogEntryOnPage',
    summary: 'See what a change of one thing does, or save it',
    request: { params: entryParams },
  }),
  removal: declare({
    ...pageToRead,
    path: '/catalog/{part}/{key}/removal',
    operationId: 'catalogRemovalPage',
    summary: 'What removing one thing does, and its form',
    rule: 'manage-access',
    request: { params: entryParams },
  }),
  remove: declare({
    ...writing,
    path: '/catalog/{part}/{key}/removal',
    operationId: 'removeCatalogEntryOnPage',
    summary: 'Remove one thing from the catalog',
    request: { params: entryParams },
  }),
  back: declare({
    ...pageToRead,
    path: '/catalog/revisions/{revision}/return',
    operationId: 'catalogReturnPage',
    summary: 'What going back to a revision does, and its form',
    rule: 'manage-access',
    request: { params: revisionParams },
  }),
  goBack: declare({
    ...writing,
    path: '/catalog/revisions/{revision}/return',
    operationId: 'returnCatalogOnPage',
    summary: 'Go back to a revision',
    request: { params: revisionParams },
  }),
};

export function catalogEditPages(app: Api): void {
  app.openapi(routes.back, (c) => ask(c, returning(revisionNamed(c.req.valid('param').revision))));
  app.openapi(routes.goBack, (c) => act(c, returning(revisionNamed(c.req.valid('param').revision))));
  app.openapi(routes.settings, (c) => form(c, { part: 'settings', key: null }));
  app.openapi(routes.saveSettings, (c) => submit(c, { part: 'settings', key: null }));
  app.openapi(routes.add, (c) => form(c, { part: listNamed(c.req.valid('param').part), key: null }));
  app.openapi(routes.saveNew, (c) => submit(c, { part: listNamed(c.req.valid('param').part), key: null }));
  app.openapi(routes.entry, async (c) => {
    const { part: named, key } = c.req.valid('param');
    const part = listNamed(named);
    return mayEdit(c) ? form(c, { part, key }) : readOnly(c, part, key);
  });
  app.openapi(routes.save, (c) => {
    const { part, key } = c.req.valid('param');
    return submit(c, { part: listNamed(part), key });
  });
  app.openapi(routes.removal, (c) => {
    const { part, key } = c.req.valid('param');
    return ask(c, removing(listNamed(part), key));
  });
  app.openapi(routes.remove, (c) => {
    const { part, key } = c.req.valid('param');
    return act(c, removing(listNamed(part), key));
  });
}

/** What a form is about: the settings, something new (without a key), or something that there is. */
interface Subject {
  part: CatalogSection;
  key: string | null;
}

async function readOnly(c: PageContext, part: CatalogList, key: string) {
  const [frame, view] = await Promise.all([frameOf(c), viewOf(c)]);
  const title = titleOf(view, part, key);
  const row = rowsOf(view.catalog, part).find((one) => one.key === key);
  const facts = (row?.cells ?? []).map((cell, at) => {
    const label = texts.parts[part].columns[at] ?? '';
    if (typeof cell === 'string') return [label, cell] as const;
    if ('instant' in cell) return [label, <Time at={cell.instant} />] as const;
    return [label, `${cell.quote} (${cell.more})`] as const;
  });
  return answer(
    c,
    <CatalogReadPage
      frame={frame}
      title={title}
      lead={texts.entry.lead(part, key, view.revision)}
      crumb={<a href="/catalog">{texts.way}</a>}
      facts={facts}
    />,
  );
}

/** The thing as it is, as fields; null for a new one. Its end is told in the viewer's own time. */
function typedBefore({ catalog }: CatalogView, { part, key }: Subject, { when }: Frame): Typed | null {
  if (part === 'settings') return forms.settings.typedOf(catalog.settings);
  const entry = key === null ? undefined : catalog[part][placeOf(catalog, part, key)];
  if (!entry) return null;
  const typed = forms[part].typedOf(entry);
  return typed.until ? { ...typed, until: localMinute(typed.until, when.zone) } : typed;
}

/** Fields with the end as an instant: as it was, where nobody touched it. */
function withInstant(typed: Typed, { catalog }: CatalogView, { part, key }: Subject, { when }: Frame): Typed {
  if (part !== 'overrides' || typed.until === undefined) return typed;
  const entry = key === null ? undefined : catalog.overrides[placeOf(catalog, part, key)];
  const former = textIn(entry?.until);
  if (former && localMinute(former, when.zone) === typed.until) return { ...typed, until: former };
  return { ...typed, until: instantOfLocal(typed.until, when.zone) ?? typed.until };
}

async function form(c: PageContext, subject: Subject) {
  const [frame, view] = await Promise.all([frameOf(c), viewOf(c)]);
  const before = typedBefore(view, subject, frame);
  if (subject.key !== null && before === null) throw notFound();
  return formPage(c, { frame, view, subject, said: { ...nothingSaid, typed: before ?? {} } });
}

interface Shown {
  frame: Frame;
  view: CatalogView;
  subject: Subject;
  said: Said;
}

function formPage(c: PageContext, { frame, view, subject, said }: Shown, status: 200 | RefusedStatus = 200) {
  const { part, key } = subject;
  const before = typedBefore(view, subject, frame);
  const isThere = before !== null;
  const title =
    part === 'settings'
      ? texts.entry.settingsTitle
      : key === null || !isThere
        ? texts.entry.newTitle(part)
        : titleOf(view, part, key);
  const lead = part !== 'settings' && key !== null ? `${texts.entry.lead(part, key, view.revision)} ` : '';
  const address =
    key === null ? `/catalog/${part === 'settings' ? part : `new/${part}`}` : catalogEntryPage(part, key);
  return answer(
    c,
    <CatalogFormPage
      frame={frame}
      view={view}
      part={part}
      title={title}
      lead={`${lead}${texts.entry.editing(view.revision)}`}
      action={address}
      crumb={<a href="/catalog">{texts.way}</a>}
      before={before}
      said={said}
      removal={key !== null && isThere ? `${address}/removal` : null}
    />,
    status,
  );
}

async function submit(c: PageContext, subject: Subject) {
  const [deps, caller] = [c.get('deps'), c.get('principal')];
  const [frame, view] = await Promise.all([frameOf(c), viewOf(c)]);
  const { base, doing, seen, lines, ...rest } = await sent(c, view.revision);
  const { part, key } = subject;
  const named = key === null || part === 'overrides' ? rest.typed : { ...rest.typed, key };
  const typed = forms[part].tidied(named);
  const show = (said: Partial<Said>, status: 200 | RefusedStatus = 200) =>
    formPage(c, { frame, view, subject, said: { ...nothingSaid, typed, lines, ...said } }, status);
  const isStale = base !== view.revision;
  if (isStale) return show({ stale: await staleSince(c, view, base) }, 409);
  if (key !== null && typedBefore(view, subject, frame) === null) throw notFound();
  if (doing === 'more') return show({});
  const entered = forms[part].entered(withInstant(typed, view, subject, frame));
  const edit =
    part === 'settings'
      ? withSettings(view.catalog, entered.value)
      : composed(view.catalog, part, key, entered.value);
  const wish = { baseRevision: base, catalog: edit.document };
  return orSay(
    async () => {
      const plan = await planCatalog(deps, caller, wish);
      const found = placed(plan.problems, edit, { part, typed });
      const reason = doing === 'save' ? reasonFault(base, typed.reason) : {};
      const faults = { ...found.faults, ...entered.faults, ...reason };
      const isWrong = Object.keys(faults).length > 0 || plan.problems.length > 0;
      // What cannot be said as a catalog is not saved, whatever the rest of it would do.
      const isSayable = Object.keys(entered.faults).length === 0;
      const state = {
        faults,
        elsewhere: found.elsewhere,
        plan: isSayable ? plan : null,
        planned: edit.document,
      };
      if (doing === 'look') return show(state);
      if (isWrong) return show(state, 422);
      if (!isSavable(plan)) return show(state);
      if (effectMark(plan) !== seen) return show({ ...state, isOther: seen !== '' }, 409);
      const applied = await applyCatalog(deps, caller, { ...wish, reason: typed.reason ?? '' }, null);
      return goOn(c, `/catalog/revisions/${applied.revision}?saved=yes`);
    },
    (refusal, _faults, status) => Promise.resolve(show({ refusal }, status)),
  );
}
