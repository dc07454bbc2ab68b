import { isUtf8 } from 'node:buffer';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { RosterList } from '../../domain/roster.ts';
import { type Mistake, mistakeInWords } from './catalog-files.ts';
import { type CsvCell, readCsv } from './csv.ts';
import { UsageError } from './errors.ts';

/** The lists as the API takes them, and where each of their rows stands. */
export interface ImportFiles {
  lists: Record<RosterList, Record<string, unknown>[]>;
  /** The place of a row's column, also of what only the API finds. */
  placeOf(list: RosterList, row: number, column: string): { file: string; line: number; field: string };
}

/** The files cannot be read as lists: exit 2, nothing was sent. */
export class ImportFilesError extends UsageError {
  constructor(readonly mistakes: readonly Mistake[]) {
    super(mistakes.map(mistakeInWords).join('\n'));
  }
}

type Kind = 'text' | 'list' | 'instant' | 'choice';

/** What a column holds; the first ones must be there. */
interface Columns {
  required: readonly string[];
  optional: Record<string, Kind>;
}

const columns: Record<RosterList, Columns> = {
  customers: {
    required: ['key', 'name'],
    optional: { tier: 'text', region: 'text', customer_type: 'text', contract_until: 'instant' },
  },
  users: {
    required: ['customer', 'email', 'name'],
    optional: { contract_role: 'text', roles: 'list', account: 'text' },
  },
  staff: {
    required: ['email', 'name'],
    optional: {
      title: 'text',
      department: 'text',
      manager: 'text',
      region: 'text',
      employment: 'choice',
      starts_at: 'instant',
      ends_at: 'instant',
      roles: 'list',
      account: 'text',
    },
  },
};

const listNames = ['customers', 'users', 'staff'] as const;
const fileOf = (list: RosterList) => `${list}.csv`;

/**
 * Reads `customers.csv`, `users.csv` and `staff.csv`: those that a folder has, or one of them.
 * @throws ImportFilesError with all mistakes at once; UsageError where there is no such file
 */
export async function readImport(path: string): Promise<ImportFiles> {
  const found = await findFiles(path);
  const read = await Promise.all(found.map(async ({ list, file }) => readList(list, await readBytes(file))));
  const mistakes = read.flatMap((one) => one.mistakes);
  if (mistakes.length > 0) throw new ImportFilesError(mistakes);
  const of = (list: RosterList) => read.find((one) => one.list === list);
  return {
    lists: {
      customers: of('customers')?.rows ?? [],
      users: of('users')?.rows ?? [],
      staff: of('staff')?.rows ?? [],
    },
    placeOf: (list, row, field) => ({ file: fileOf(list), line: of(list)?.lines[row] ?? 1, field }),
  };
}

async function findFiles(path: string): Promise<{ list: RosterList; file: string }[]> {
  const there = await stat(path).catch((cause: unknown) => {
    throw new UsageError(`There is no file or folder ${path} that can be read.`, { cause });
  });
  if (!there.isDirectory()) {
    const list = listNames.find((one) => fileOf(one) === basename(path).toLowerCase());
    if (list) return [{ list, file: path }];
    throw new UsageError(`Call the file ${listNames.map(fileOf).join(', ')}: its name says what is in it.`);
  }
  const names = await readdir(path);
  const strange = names
    .filter((name) => /\.csv$/i.test(name) && !listNames.some((one) => fileOf(one) === name))
    .sort();
  const detail = `No part of an import: its files are ${listNames.map(fileOf).join(', ')}.`;
  if (strange.length > 0)
    throw new ImportFilesError(strange.map((file) => ({ file, line: 1, field: '', detail })));
  const found = listNames.filter((one) => names.includes(fileOf(one)));
  if (found.length > 0) return found.map((list) => ({ list, file: join(path, fileOf(list)) }));
  throw new UsageError(`${path} has none of ${listNames.map(fileOf).join(', ')}.`);
}

async function readBytes(file: string): Promise<Buffer> {
  return readFile(file).catch((cause: unknown) => {
    throw new UsageError(`${file} cannot be read.`, { cause });
  });
}

interface ReadList {
  list: RosterList;
  rows: Record<string, unknown>[];
  /** Where each row begins. */
  lines: number[];
  mistakes: Mistake[];
}

function readList(list: RosterList, bytes: Buffer): ReadList {
  const read: ReadList = { list, rows: [], lines: [], mistakes: [] };
  const mistake = (line: number, field: string, detail: string) =>
    read.mistakes.push({ file: fileOf(list), line, field, detail });
  if (!isUtf8(bytes)) {
    mistake(1, '', 'This is no UTF-8 text. Save it as UTF-8.');
    return read;
  }
  const { records, mistakes } = readCsv(bytes.toString('utf8'));
  for (const { line, column, detail } of mistakes) mistake(line, `column ${column}`, detail);
  const [head, ...body] = records;
  if (read.mistakes.length > 0 || !head) {
    if (!head)
      mistake(1, '', `The file is empty: its first line names the columns, ${allOf(list).join(', ')}.`);
    return read;
  }
  const names = head.map(({ text }) => text.trim().toLowerCase());
  for (const [at, detail] of wrongHead(list, names)) mistake(head[at]?.line ?? 1, names[at] ?? '', detail);
  if (read.mistakes.length > 0) return read;
  for (const cells of body) {
    const line = cells[0]?.line ?? 1;
    if (cells.length === names.length) {
      read.rows.push(rowOf(list, names, cells, (field, at, detail) => mistake(at, field, detail)));
      read.lines.push(line);
    } else mistake(line, '', `${cells.length} cells, where the first line names ${names.length} columns.`);
  }
  return read;
}

function allOf(list: RosterList): string[] {
  return [...columns[list].required, ...Object.keys(columns[list].optional)];
}

/** What is wrong with the first line, by the number of the cell. */
function wrongHead(list: RosterList, names: readonly string[]): [number, string][] {
  const all = allOf(list);
  const missing = columns[list].required.filter((name) => !names.includes(name));
  return [
    ...names.flatMap((name, at): [number, string][] => {
      if (!all.includes(name)) return [[at, `There is no such column. There are ${all.join(', ')}.`]];
      return names.indexOf(name) < at ? [[at, 'This column stands here twice.']] : [];
    }),
    ...missing.map((name): [number, string] => [names.length, `The column ${name} is missing.`]),
  ];
}

/** A row as the API takes it. A column that is not there says nothing; an empty cell says that there is none. */
function rowOf(
  list: RosterList,
  names: readonly string[],
  cells: readonly CsvCell[],
  mistake: (field: string, line: number, detail: string) => void,
): Record<string, unknown> {
  const { required, optional } = columns[list];
  return Object.fromEntries(
    names.flatMap((name, at): [string, unknown][] => {
      const cell = cells[at];
      const text = cell?.text.trim() ?? '';
      if (required.includes(name)) {
        if (text === '') mistake(name, cell?.line ?? 1, 'Fill this in.');
        return [[name, text]];
      }
      const value = valueOf(optional[name] ?? 'text', text);
      if (value === undefined && optional[name] === 'instant')
        mistake(
          name,
          cell?.line ?? 1,
          'Write a day such as 2027-12-31, or an instant such as 2027-12-31T23:00:00Z.',
        );
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function valueOf(kind: Kind, text: string): unknown {
  if (kind === 'list')
    return text
      .split(';')
      .map((one) => one.trim())
      .filter(Boolean);
  if (kind === 'choice') return text === '' ? undefined : text;
  if (text === '') return null;
  if (kind === 'text') return text;
  // The same on every machine: a day begins in UTC.
  const instant = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text;
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(instant) && !Number.isNaN(Date.parse(instant))
    ? instant
    : undefined;
}
