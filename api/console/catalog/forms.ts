import type { CatalogList, CatalogSection, Json } from '../../../domain/catalog.ts';
import type { CatalogDocument, DocumentEntry } from '../../../domain/catalog-document.ts';
import type { FieldError } from '../../../domain/errors.ts';
import type { Faults } from '../components/form.tsx';
import { catalogTexts as texts } from '../texts/catalog.ts';
import { customerTypeForm } from './customer-type-form.ts';
import { overrideForm } from './override-form.ts';
import { resourceForm } from './resource-form.ts';
import { roleForm } from './role-form.ts';
import { settingsForm } from './settings-form.ts';
import { tierForm } from './tier-form.ts';
import { membersIn, type PartForm, textIn, type Typed } from './typed.ts';

export const forms: Readonly<Record<CatalogSection, PartForm>> = {
  roles: roleForm,
  tiers: tierForm,
  resources: resourceForm,
  customer_types: customerTypeForm,
  overrides: overrideForm,
  settings: settingsForm,
};

/** The parts that are lists, in the order in which pages show them. */
export const lists: readonly CatalogList[] = ['roles', 'tiers', 'resources', 'customer_types', 'overrides'];

/** What tells a thing from the others of its part. */
export function keyOf(part: CatalogList, entry: DocumentEntry): string {
  if (part !== 'overrides') return textIn(entry.key);
  const { kind, role, feature } = membersIn(entry.what);
  return [entry.customer, kind, role ?? feature]
    .flatMap((one) => (one === undefined ? [] : [textIn(one)]))
    .join('/');
}

/** Where a thing stands in its part; -1 where it does not. */
export function placeOf(document: CatalogDocument, part: CatalogList, key: string): number {
  return document[part].findIndex((entry) => keyOf(part, entry) === key);
}

/** A catalog's document as an edit has it, which may be in no catalog's form, and where in it the edit is. */
export interface Composed {
  document: { [section in CatalogSection]: unknown };
  /** JSON pointer of the thing. */
  place: string;
}

/** The document with one thing put in, in place of the one with that key if there is one; null takes it out. */
export function composed(
  document: CatalogDocument,
  part: CatalogList,
  key: string | null,
  value: { [name: string]: Json | undefined } | null,
): Composed {
  const at = key === null ? -1 : placeOf(document, part, key);
  const list: readonly unknown[] = document[part];
  const place = `/catalog/${part}/${at < 0 ? list.length : at}`;
  if (value === null)
    return { document: { ...document, [part]: at < 0 ? list : list.toSpliced(at, 1) }, place };
  return { document: { ...document, [part]: at < 0 ? [...list, value] : list.with(at, value) }, place };
}

/** The document with other settings. */
export function withSettings(
  document: CatalogDocument,
  settings: { [name: string]: Json | undefined },
): Composed {
  return { document: { ...document, settings }, place: '/catalog/settings' };
}

/** What the catalog's checks have found, at the fields of one thing's form, and what is wrong elsewhere by it. */
export function placed(
  errors: readonly FieldError[],
  { document, place }: Composed,
  { part, typed }: { part: CatalogSection; typed: Typed },
): { faults: Faults; elsewhere: string[] } {
  const faults: Record<string, string> = {};
  const elsewhere: string[] = [];
  for (const { pointer, detail } of errors) {
    if (pointer === place || pointer.startsWith(`${place}/`)) {
      const field = forms[part].fieldAt(pathOf(pointer.slice(place.length)), typed);
      faults[field] = faults[field] ? `${faults[field]} ${detail}` : detail;
    } else elsewhere.push(elsewhereIn(document, pathOf(pointer), detail));
  }
  return { faults, elsewhere };
}

/** A JSON pointer's parts (RFC 6901). */
function pathOf(pointer: string): (string | number)[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d{1,9}$/.test(part) ? Number(part) : part));
}

/** What is wrong with another thing, with what that is. */
function elsewhereIn(
  document: Composed['document'],
  path: readonly (string | number)[],
  detail: string,
): string {
  const [, section, at] = path;
  const part = lists.find((one) => one === section);
  if (part === undefined || typeof at !== 'number') return detail;
  const list: unknown = document[part];
  const entry: unknown = Array.isArray(list) ? list[at] : undefined;
  if (typeof entry !== 'object' || entry === null) return detail;
  const name: unknown = Reflect.get(entry, 'name') ?? Reflect.get(entry, 'customer');
  return typeof name === 'string' ? texts.elsewhere(texts.parts[part].one, name, detail) : detail;
}
