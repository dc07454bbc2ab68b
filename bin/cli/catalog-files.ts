import { isUtf8 } from 'node:buffer';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  stringify,
  visit,
} from 'yaml';
import {
  type Catalog,
  type CatalogPath,
  type CatalogSection,
  catalogSections,
} from '../../domain/catalog.ts';
import { catalogDocument } from '../../domain/catalog-document.ts';
import { catalogProblems } from '../../domain/catalog-problems.ts';
import { readCatalog, sectionProblems } from '../../domain/catalog.schema.ts';
import { UsageError } from './errors.ts';

/** A place in one of the catalog's files. */
export interface Place {
  /** Its name, without the folder. */
  file: string;
  /** Counted from 1. */
  line: number;
  /** E.g. `roles[2].includes[0]`; empty for the file as a whole. */
  field: string;
}

/** One thing that is wrong in the files. */
export interface Mistake extends Place {
  detail: string;
}

/** The files cannot be read as a catalog: exit 2, nothing was sent. The message has a line for each mistake. */
export class CatalogFilesError extends UsageError {
  constructor(readonly mistakes: readonly Mistake[]) {
    super(mistakes.map(mistakeInWords).join('\n'));
  }
}

/** A catalog as a folder says it. */
export interface CatalogFiles {
  catalog: Catalog;
  /** The same in its outside form, in the order of the files: places that the API names in it are places in these. */
  document: Record<string, unknown>;
  /** Where that part of the catalog stands, also of problems that only the API finds. */
  placeOf(path: CatalogPath): Place;
}

/** `roles.yaml:12 roles[2].includes[0]: There is no role x.` */
export function mistakeInWords({ file, line, field, detail }: Mistake): string {
  return `${file}:${line}${field ? ` ${field}` : ''}: ${detail}`;
}

/**
 * Reads the six files of a catalog: `resources.yaml`, `roles.yaml`, `tiers.yaml`, `customer-types.yaml`, `overrides.yaml` and
 * `settings.yaml`. All must be there, or a lost file would take away everything it said.
 * @throws CatalogFilesError with all mistakes at once; UsageError when there is no such folder
 */
export async function readCatalogFolder(folder: string): Promise<CatalogFiles> {
  const strange = await strangers(folder);
  const files = await Promise.all(catalogSections.map((section) => readSection(folder, section)));
  const placeOf = (path: CatalogPath) => {
    const file = files.find((one) => one.section === path[0]);
    return file ? placeIn(file, path) : { file: folder, line: 1, field: fieldInWords(path) };
  };
  refuse([...strange, ...files.flatMap((file) => file.mistakes)]);
  const document = Object.fromEntries(files.map((file) => [file.section, file.content]));
  const read = readCatalog(document);
  const problems = read.problems ?? catalogProblems(read.catalog, []);
  refuse(problems.map(({ path, detail }) => ({ ...placeOf(path), detail })));
  if (read.problems) throw new TypeError('A form that was refused without a reason.');
  return { catalog: read.catalog, document, placeOf };
}

/**
 * Writes a catalog as six files, over those that are there. The same catalog gives the same bytes whatever its order was;
 * comments of former files are not kept.
 */
export async function writeCatalogFolder(folder: string, catalog: Catalog): Promise<void> {
  await mkdir(folder, { recursive: true });
  const document = catalogDocument(catalog);
  for (const section of catalogSections) {
    const text = stringify({ [section]: document[section] }, { lineWidth: 0, aliasDuplicateObjects: false });
    await writeFile(join(folder, fileOf(section)), text);
  }
}

interface ParsedFile {
  section: CatalogSection;
  document: Document;
  lines: LineCounter;
}

interface SectionFile extends ParsedFile {
  /** What the file says under its section's name. */
  content: unknown;
  mistakes: Mistake[];
}

function fileOf(section: CatalogSection): string {
  return `${section.replace('_', '-')}.yaml`;
}

/** Files that look as if they belonged to the catalog and would be passed over: `role.yaml`, `tiers.yml`. */
async function strangers(folder: string): Promise<Mistake[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new UsageError(`There is no folder ${folder} that can be read.`, { cause });
  });
  const known = catalogSections.map(fileOf);
  return names
    .filter((name) => /\.ya?ml$/i.test(name) && !known.includes(name))
    .sort()
    .map((file) => wholeFile(file, `No part of a catalog: its files are ${known.join(', ')}.`));
}

async function readSection(folder: string, section: CatalogSection): Promise<SectionFile> {
  const lines = new LineCounter();
  const { text, trouble } = await readText(join(folder, fileOf(section)), section);
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const read = { section, document, lines, content: undefined };
  if (trouble) return { ...read, mistakes: [wholeFile(fileOf(section), trouble)] };
  const mistakes = syntaxMistakes(read);
  return mistakes.length > 0 ? { ...read, mistakes } : { ...read, ...contentOf(read) };
}

/** More than the API takes as a whole. */
const maxBytes = 2 * 1024 * 1024;

async function readText(
  path: string,
  section: CatalogSection,
): Promise<{ text: string; trouble: string | null }> {
  try {
    if ((await stat(path)).size > maxBytes) return { text: '', trouble: 'This file has more than 2 MiB.' };
    const bytes = await readFile(path);
    if (isUtf8(bytes)) return { text: bytes.toString('utf8').replace(/^\uFEFF/, ''), trouble: null };
    return { text: '', trouble: 'This is no UTF-8 text.' };
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const trouble =
      section === 'settings'
        ? 'This file is missing; one with nothing in it, `settings: {}`, says that all is as usual.'
        : 'This file is missing; one with an empty list, `[]`, says that there are none.';
    return { text: '', trouble: isMissing ? trouble : 'This file cannot be read.' };
  }
}

/** What keeps the text from being one YAML document that says everything where it stands. */
function syntaxMistakes({ section, document, lines }: ParsedFile): Mistake[] {
  const at = (offset: number, detail: string) => {
    const { line } = lines.linePos(offset);
    return { file: fileOf(section), line, field: '', detail };
  };
  const mistakes = [...document.errors, ...document.warnings].map((error) => at(error.pos[0], error.message));
  visit(document, {
    Alias: (_, alias) => {
      mistakes.push(at(alias.range?.[0] ?? 0, `*${alias.source} is not followed: write it out here.`));
    },
  });
  return mistakes;
}

/** What the file holds under its section's name, checked by itself. */
function contentOf(file: ParsedFile): Pick<SectionFile, 'content' | 'mistakes'> {
  const { section, document } = file;
  const { contents } = document;
  if (!isMap(contents) || !contents.has(section)) {
    const what = section === 'settings' ? 'them' : 'a list';
    const detail = `This file has one member, \`${section}:\`, and ${what} in it.`;
    return { content: undefined, mistakes: [wholeFile(fileOf(section), detail)] };
  }
  const others = contents.items.flatMap(({ key }) =>
    isScalar(key) && key.value !== section ? [String(key.value)] : [],
  );
  // A section without anything (`settings:`) is null, which no section is.
  const content: unknown = contents.toJS(document)[section];
  const problems = [
    ...others.map((name) => ({ path: [name], detail: 'There is no such field.' })),
    ...sectionProblems(section, content),
  ];
  return { content, mistakes: problems.map(({ path, detail }) => ({ ...placeIn(file, path), detail })) };
}

function wholeFile(file: string, detail: string): Mistake {
  return { file, line: 1, field: '', detail };
}

/** Where a path stands; what is missing, where it would stand: at the thing that lacks it. */
function placeIn(file: ParsedFile, path: CatalogPath): Place {
  const { section, document, lines } = file;
  let offset = 0;
  let node: unknown = document.contents;
  for (const part of path) {
    const { at, value } = memberOf(node, part);
    if (at === null) break;
    offset = at;
    node = value;
  }
  return { file: fileOf(section), line: lines.linePos(offset).line, field: fieldInWords(path) };
}

/** A member of a list or of a mapping: where it begins, with its name if it has one; null where there is none. */
function memberOf(node: unknown, part: string | number): { at: number | null; value?: unknown } {
  if (isSeq(node)) {
    const value = node.items[Number(part)];
    return { at: isNode(value) ? (value.range?.[0] ?? null) : null, value };
  }
  const pair = isMap(node) ? node.items.find(({ key }) => isScalar(key) && key.value === part) : undefined;
  return { at: isScalar(pair?.key) ? (pair.key.range?.[0] ?? null) : null, value: pair?.value };
}

/** @throws CatalogFilesError unless there are none; file by file and from top to bottom */
function refuse(mistakes: readonly Mistake[]): void {
  const order = catalogSections.map(fileOf);
  const inOrder = [...mistakes].sort(
    (a, b) => order.indexOf(a.file) - order.indexOf(b.file) || a.line - b.line,
  );
  if (inOrder.length > 0) throw new CatalogFilesError(inOrder);
}

function fieldInWords(path: CatalogPath): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`))
    .join('')
    .replace(/^\./, '');
}
