import { type Catalog, type CatalogSection, inOrder, overrideKey } from '../../domain/catalog.ts';
import { type CatalogDocument, catalogDocument } from '../../domain/catalog-document.ts';
import { TenureError } from '../../domain/errors.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import type { PersonPrincipal } from '../principal.ts';
import { type IdempotencyKey, transact } from '../transact.ts';
import { type AppliedCatalog, type CatalogEdit, changeCatalog } from './apply-catalog.ts';
import { catalogOf } from './catalog-change.ts';
import { notFound } from './refusals.ts';

/**
 * One thing of the catalog, as it shall be. It is named by its key; an override by `globex/seats`, `globex/feature/sso` or
 * `globex/role/analyst`, and a setting by its name.
 */
export interface PartWish {
  part: CatalogSection;
  key: string;
  /** Undefined: it is taken out. Of a setting: it is as by default. */
  value: unknown;
}

/** Puts one thing into the catalog, in place of the one with that key, or takes it out. All else is as in `applyCatalog`. */
export function editCatalogPart(
  deps: ApiDeps,
  caller: PersonPrincipal,
  wish: CatalogEdit & PartWish,
  idempotency: IdempotencyKey | null,
): Promise<Outside<AppliedCatalog>> {
  const { baseRevision, reason } = wish;
  return transact(deps, caller, idempotency, async (tx) => {
    let place = '';
    const make = (before: Catalog) => {
      const edited = wish.part === 'settings' ? withSetting(before, wish) : withEntry(before, wish);
      place = edited.place;
      return catalogOf(edited.document);
    };
    try {
      return await changeCatalog(deps, tx, caller, { baseRevision, reason, make });
    } catch (error) {
      throw pointingAtValue(error, place);
    }
  });
}

/** A catalog's document with one thing changed, and where that is by JSON pointer. It may be in no catalog's form. */
interface Edited {
  document: Record<keyof CatalogDocument, unknown>;
  place: string;
}

function withSetting(before: Catalog, { key, value }: PartWish): Edited {
  const document = catalogDocument(before);
  const { [key]: former, ...others } = document.settings;
  if (value === undefined && former === undefined) throw notFound();
  const settings = value === undefined ? others : { ...others, [key]: value };
  return { document: { ...document, settings }, place: `/catalog/settings/${key}` };
}

function withEntry(before: Catalog, { part, key, value }: PartWish): Edited {
  const document = catalogDocument(before);
  if (part === 'settings') throw new TypeError('The settings are no list.');
  const list: readonly unknown[] = document[part];
  const keys =
    part === 'overrides' ? inOrder(before.overrides.map(overrideKey)) : document[part].map((one) => one.key);
  const at = keys.indexOf(key);
  const place = `/catalog/${part}/${at < 0 ? list.length : at}`;
  if (value === undefined) {
    if (at < 0) throw notFound();
    return { document: { ...document, [part]: list.toSpliced(at, 1) }, place };
  }
  const entry = part === 'overrides' ? overrideAt(key, value) : entryAt(key, value);
  return { document: { ...document, [part]: at < 0 ? [...list, entry] : list.with(at, entry) }, place };
}

/** The address says which thing it is; a body that says it too must agree. */
function entryAt(key: string, value: unknown): unknown {
  if (!hasMembers(value)) return value;
  if (value.key !== undefined && value.key !== key) throw disagreeing('/value/key', key);
  return { ...value, key };
}

function overrideAt(key: string, value: unknown): unknown {
  if (!hasMembers(value) || !hasMembers(value.what)) return value;
  const { kind, role, feature } = value.what;
  const says = [value.customer, kind, role ?? feature].filter((part) => part !== undefined);
  if (JSON.stringify(says) !== JSON.stringify(key.split('/'))) throw disagreeing('/value', key);
  return value;
}

function disagreeing(pointer: string, key: string): TenureError {
  const detail = `The address says ${key}, and this is another.`;
  return new TenureError('invalid-input', detail, [{ pointer, detail }]);
}

function hasMembers(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What is wrong with the thing that was sent is told by its place in the body; what is wrong elsewhere, by that in the catalog. */
function pointingAtValue(error: unknown, place: string): unknown {
  if (!(error instanceof TenureError) || error.code !== 'catalog-invalid') return error;
  const errors = error.errors.map(({ pointer, detail }) => {
    const isInside = pointer === place || pointer.startsWith(`${place}/`);
    return { pointer: isInside ? `/value${pointer.slice(place.length)}` : pointer, detail };
  });
  return new TenureError(error.code, error.detail, errors, error.extra);
}
