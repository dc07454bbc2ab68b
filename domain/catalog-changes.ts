import { type Catalog, inOrder, type Json, overrideKey } from './catalog.ts';
import { catalogDocument, type DocumentEntry } from './catalog-document.ts';

/** One member that differs, by its outside name, e.g. `features.sso`; the side on which it is not there is left out. */
export interface FieldChange {
  field: string;
  before?: Json;
  after?: Json;
}

/** One thing of the catalog that comes, goes or becomes another. */
export interface CatalogChange {
  kind: 'added' | 'changed' | 'removed';
  noun: Noun;
  /** Of the settings, of which there is one set, `settings`. */
  key: string;
  /** Of an addition everything it says, of a removal nothing: it is gone as a whole. */
  fields: FieldChange[];
}

const nouns = ['resource', 'role', 'tier', 'customer type', 'override', 'settings'] as const;
type Noun = (typeof nouns)[number];

/**
 * What makes the one catalog the other: first what comes or changes, from resources to settings and by key, then what goes,
 * the other way round. Empty exactly when both mean the same. Keys must be unique in both, as they are without problems.
 */
export function catalogChanges(before: Catalog, after: Catalog): CatalogChange[] {
  const was = thingsOf(before);
  const is = thingsOf(after);
  const changes: CatalogChange[] = [];
  for (const noun of nouns) {
    for (const [key, members] of is[noun]) {
      const former = was[noun].get(key);
      const fields = fieldChanges(former ?? new Map(), members);
      if (!former) changes.push({ kind: 'added', noun, key, fields });
      else if (fields.length > 0) changes.push({ kind: 'changed', noun, key, fields });
    }
  }
  for (const noun of nouns.toReversed()) {
    for (const key of was[noun].keys())
      if (!is[noun].has(key)) changes.push({ kind: 'removed', noun, key, fields: [] });
  }
  return changes;
}

/** The change in words, e.g. `tier professional changed: seats 25 → 40; allowed_roles + integrator`. */
export function changeInWords({ kind, noun, key, fields }: CatalogChange): string {
  const head = noun === 'settings' ? `settings ${kind}` : `${noun} ${key} ${kind}`;
  return fields.length > 0 ? `${head}: ${fields.map(fieldInWords).join('; ')}` : head;
}

function fieldInWords({ field, before, after }: FieldChange): string {
  if (isNames(before ?? []) && isNames(after ?? []) && !field.startsWith('settings.')) {
    const [was, is] = [namesIn(before), namesIn(after)];
    const steps = [
      ...is.filter((name) => !was.includes(name)).map((name) => `+ ${name}`),
      ...was.filter((name) => !is.includes(name)).map((name) => `- ${name}`),
    ];
    return `${field} ${steps.join(', ') || 'none'}`;
  }
  if (before === undefined) return `${field} ${valueInWords(after)}`;
  return `${field} ${valueInWords(before)} → ${after === undefined ? 'none' : valueInWords(after)}`;
}

function isNames(value: Json): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function namesIn(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

function valueInWords(value: Json | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What one thing says, flat: each value by the names that lead to it. */
type Members = ReadonlyMap<string, { path: readonly string[]; value: Json }>;

function fieldChanges(before: Members, after: Members): FieldChange[] {
  const ids = [...new Set([...before.keys(), ...after.keys()])];
  return ids.flatMap((id) => {
    const [was, is] = [before.get(id), after.get(id)];
    // Both are in the one order of the outside form, so equal values have equal texts.
    if (was && is && JSON.stringify(was.value) === JSON.stringify(is.value)) return [];
    const field = (is ?? was)?.path.join('.') ?? '';
    return [{ field, ...(was && { before: was.value }), ...(is && { after: is.value }) }];
  });
}

function thingsOf(catalog: Catalog): Record<Noun, Map<string, Members>> {
  const document = catalogDocument(catalog);
  const overrideKeys = inOrder(catalog.overrides.map(overrideKey));
  return {
    resource: keyed(document.resources),
    role: keyed(document.roles),
    tier: keyed(document.tiers),
    'customer type': keyed(document.customer_types),
    override: new Map(document.overrides.map((one, at) => [overrideKeys[at] ?? '', members(one)])),
    settings: new Map([['settings', members(document.settings)]]),
  };
}

function keyed(entries: readonly DocumentEntry[]): Map<string, Members> {
  return new Map(entries.map(({ key, ...rest }) => [valueInWords(key), members(rest)]));
}

function members(entry: DocumentEntry): Members {
  const found = new Map<string, { path: readonly string[]; value: Json }>();
  const walk = (path: readonly string[], value: Json) => {
    const inner = membersOf(path, value);
    if (inner) for (const [name, member] of inner) walk([...path, name], member);
    else found.set(JSON.stringify(path), { path, value });
  };
  walk([], entry);
  return found;
}

/** The members of a value that is looked into; null for one that changes as a whole. */
function membersOf(path: readonly string[], value: Json): [string, Json][] | null {
  if (Array.isArray(value)) return keyedMembers(path, value);
  const inner = isEntry(value) ? Object.entries(value) : [];
  return inner.length > 0 ? inner : null;
}

/** Entitlements, usual access and dunning steps are told apart by what they are about, not by their places in the list. */
function keyedMembers([field = '']: readonly string[], list: readonly Json[]): [string, Json][] | null {
  const keyName = { entitlements: 'key', usual_access: 'entitlement', dunning: 'state' }[field];
  const entries = list.filter(isEntry);
  if (keyName === undefined || entries.length === 0) return null;
  return entries.map(({ [keyName]: key, ...rest }) => [valueInWords(key), rest.name ?? rest]);
}

function isEntry(value: Json): value is DocumentEntry {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
