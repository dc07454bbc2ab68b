import type { CatalogList, Json } from '../../../domain/catalog.ts';
import type { CatalogDocument, DocumentEntry } from '../../../domain/catalog-document.ts';
import { catalogTexts as texts } from '../texts/catalog.ts';
import { periodWords } from '../words.ts';
import { keyOf } from './forms.ts';
import { listIn, membersIn, textIn, textsIn } from './typed.ts';

/** A thing of the catalog in a line: what it is called, and what matters of it. */
export interface CatalogRow {
  key: string;
  name: string;
  /** In the order of the part's columns. */
  cells: readonly (string | { instant: string; more?: string } | { quote: string; more: string })[];
}

/** How things are called: by key, an entitlement by `resource:entitlement`. */
export function namesIn(
  ...documents: readonly (Partial<Record<keyof CatalogDocument, unknown>> | null)[]
): Map<string, string> {
  const names = new Map<string, string>();
  for (const document of documents) {
    if (!document) continue;
    for (const resource of entriesIn(document.resources)) {
      names.set(textIn(resource.key), textIn(resource.name));
      for (const one of entriesIn(resource.entitlements))
        names.set(`${textIn(resource.key)}:${textIn(one.key)}`, textIn(one.name));
    }
  }
  return names;
}

function entriesIn(list: unknown): { [name: string]: Json }[] {
  // What is no list has no entries; members of what is typed are read as the JSON that they came from.
  return Array.isArray(list) ? (list as Json[]).map(membersIn) : [];
}

/** Names of the entries of a part by their keys. */
export function titlesOf(document: CatalogDocument, part: CatalogList): Map<string, string> {
  return new Map(document[part].map((entry) => [textIn(entry.key), textIn(entry.name)]));
}

/** The entries of a part, each with what a list says of it. */
export function rowsOf(document: CatalogDocument, part: CatalogList): CatalogRow[] {
  const roles = titlesOf(document, 'roles');
  const called = namesIn(document);
  const roleNames = (value: Json | undefined) => textsIn(value).map((key) => roles.get(key) ?? key);
  const cells: Record<CatalogList, (entry: DocumentEntry) => CatalogRow['cells']> = {
    roles: (entry) => [
      texts.cell.many(textsIn(entry.entitlements).map((name) => givenWords(name, called))) ||
        texts.cell.nothing,
      texts.cell.many(roleNames(entry.includes)) || texts.cell.none,
      texts.cell.duties(textsIn(entry.duties).map(dutyWords)) || texts.cell.none,
    ],
    tiers: (entry) => [
      texts.cell.many(roleNames(entry.allowed_roles)) || texts.cell.none,
      textIn(entry.seats),
      texts.cell.many(
        Object.entries(membersIn(entry.features)).flatMap(([key, on]) => (on === true ? [key] : [])),
      ) || texts.cell.none,
    ],
    resources: (entry) => [
      textIn(entry.organization),
      `${textIn(entry.classification)}, ${textIn(entry.region).toUpperCase()}`,
      texts.cell.many(listIn(entry.entitlements).map((one) => textIn(membersIn(one).name))) ||
        texts.cell.none,
    ],
    customer_types: (entry) => [
      titlesOf(document, 'tiers').get(textIn(entry.tier)) ?? textIn(entry.tier),
      texts.cell.many(roleNames(entry.first_roles)) || texts.cell.none,
      entry.approves_vendor_access === true || entry.consent !== undefined
        ? texts.cell.consents
        : texts.cell.noConsent,
    ],
    overrides: (entry) => [
      exceptionWords(entry.what, roles),
      { instant: textIn(entry.until) },
      { quote: textIn(entry.reason), more: texts.cell.allowedBy(textIn(entry.approver)) },
    ],
  };
  return document[part].map((entry) => ({
    key: keyOf(part, entry),
    name: textIn(part === 'overrides' ? entry.customer : entry.name),
    cells: cells[part](entry),
  }));
}

function givenWords(name: string, called: ReadonlyMap<string, string>): string {
  return `${called.get(name) ?? name} (${called.get(name.split(':')[0] ?? '') ?? name})`;
}

function dutyWords(duty: string): string {
  const words: Readonly<Record<string, string>> = texts.duty;
  return words[duty] ?? duty;
}

/** What an override says instead of the tier. */
export function exceptionWords(value: Json | undefined, roles: ReadonlyMap<string, string>): string {
  const what = membersIn(value);
  if (what.kind === 'seats') return texts.cell.seats(textIn(what.seats));
  if (what.kind === 'feature') return texts.cell.feature(textIn(what.feature), what.enabled === true);
  return what.kind === 'role'
    ? texts.cell.role(roles.get(textIn(what.role)) ?? textIn(what.role))
    : texts.cell.consent;
}

/** The settings as facts. */
export function settingFacts(document: CatalogDocument): (readonly [about: string, fact: string])[] {
  const { settings } = document;
  const [welcome, fence] = [membersIn(settings.welcome), membersIn(settings.fence)];
  const roles = titlesOf(document, 'roles');
  const span = (value: Json | undefined) =>
    textIn(value) === 'PT0S' ? texts.settingWords.notAtAll : periodWords(textIn(value));
  const steps = listIn(settings.dunning).map(membersIn);
  const limit = (kind: string) => {
    const { share, least, window } = membersIn(fence[kind]);
    return texts.settingWords.fence(Number(share), textIn(least), periodWords(textIn(window)));
  };
  const about = texts.setting;
  return [
    [about.churn_grace, span(settings.churn_grace)],
    [about.downgrade_grace, span(settings.downgrade_grace)],
    [about.standing_period, span(settings.standing_period)],
    [about['welcome.expires'], span(welcome.expires)],
    [about['welcome.reminders'], textsIn(welcome.reminders).map(periodWords).join(', ') || texts.cell.none],
    [
      about.dunning,
      texts.settingWords.dunning(
        steps.map(({ state, after }) => [
          textIn(state),
          textIn(after) === 'PT0S' ? '' : periodWords(textIn(after)),
        ]),
      ),
    ],
    [
      about.restricted_roles,
      texts.cell.many(textsIn(settings.restricted_roles).map((key) => roles.get(key) ?? key)) ||
        texts.cell.none,
    ],
    [about['fence.people'], limit('people')],
    [about['fence.source'], limit('source')],
    [about.handover, textIn(settings.handover) || texts.settingWords.nobody],
  ];
}
