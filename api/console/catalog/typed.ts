import type { CatalogPath, Json } from '../../../domain/catalog.ts';
import type { DocumentEntry } from '../../../domain/catalog-document.ts';
import type { Faults } from '../components/form.tsx';

/** A form's fields as they were typed, by their names. What is ticked says `yes`. */
export type Typed = Readonly<Record<string, string>>;

/** What a form makes of a thing of the catalog: its outside form, or whatever was typed instead, for the catalog's own checks. */
export interface Entered {
  value: { [name: string]: Json | undefined };
  /** What cannot even be said in the outside form. */
  faults: Faults;
}

/** How a part of the catalog is written in a form, and read back from it. */
export interface PartForm {
  /** A thing as fields. */
  typedOf(entry: DocumentEntry): Typed;
  /** Fields as they are shown again: lines that say nothing are gone, so that the others stand where the catalog counts them. */
  tidied(typed: Typed): Typed;
  entered(typed: Typed): Entered;
  /** The name of the field that a path within the thing is about. */
  fieldAt(path: CatalogPath, typed: Typed): string;
}

export const ticked = 'yes';

/** What was typed into a field, without the blanks around it. */
export const said = (typed: Typed, name: string): string => (typed[name] ?? '').trim();
/** Null for nothing. */
export const saidOrNull = (typed: Typed, name: string): string | null => said(typed, name) || null;

/** The names that are ticked below one, e.g. `member` where `allowed_roles.member` is. */
export function tickedOf(typed: Typed, group: string): string[] {
  const start = `${group}.`;
  return Object.entries(typed).flatMap(([name, value]) =>
    name.startsWith(start) && value === ticked ? [name.slice(start.length)] : [],
  );
}

/** The other way round. */
export function ticks(group: string, names: readonly string[]): Typed {
  return Object.fromEntries(names.map((name) => [`${group}.${name}`, ticked]));
}

/** One line of several alike: its fields by what stands behind its number. */
export type Line = Typed;

/** The lines of a group in their order, e.g. of `features.3.key` and `features.3.on`; without those that say nothing. */
export function linesOf(typed: Typed, group: string, saysSomething: (line: Line) => boolean): Line[] {
  const lines = new Map<number, Record<string, string>>();
  for (const [name, value] of Object.entries(typed)) {
    if (!name.startsWith(`${group}.`)) continue;
    const [, at = '', field = ''] = /^(\d{1,4})\.(.+)$/.exec(name.slice(group.length + 1)) ?? [];
    if (field === '') continue;
    const line = lines.get(Number(at)) ?? {};
    line[field] = value;
    lines.set(Number(at), line);
  }
  return [...lines].sort(([a], [b]) => a - b).flatMap(([, line]) => (saysSomething(line) ? [line] : []));
}

/** The same lines as fields, numbered from 0. */
export function typedLines(group: string, lines: readonly Line[]): Typed {
  return Object.fromEntries(
    lines.flatMap((line, at) =>
      Object.entries(line).map(([field, value]) => [`${group}.${at}.${field}`, value] as const),
    ),
  );
}

/** Fields without those of a group. */
export function withoutGroup(typed: Typed, group: string): Typed {
  return Object.fromEntries(Object.entries(typed).filter(([name]) => !name.startsWith(`${group}.`)));
}

/** Keys between commas or spaces. */
export const keysIn = (text: string): string[] => text.split(/[\s,;]+/).filter((key) => key !== '');

/** A number where one was typed; else what was typed, so that the catalog's reader says what it wants. */
export function numberOr(text: string): number | string {
  const value = Number(text.replace(',', '.'));
  return text === '' || Number.isNaN(value) ? text : value;
}

/** What stands in a document as the text of a field: nothing for what is missing, JSON for what is no text. */
export const textIn = (value: Json | undefined): string =>
  typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);
/** A list, its texts, and an object’s members; empty where it is something else. */
export const listIn = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);
export const textsIn = (value: Json | undefined): string[] => listIn(value).map(textIn);
export const membersIn = (value: Json | undefined): { [name: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
