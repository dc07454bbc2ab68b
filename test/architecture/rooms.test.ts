import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const rooms = [
  'domain',
  'policy',
  'crypto',
  'workflows',
  'activities',
  'api',
  'db',
  'bin',
  'examples',
  'test',
] as const;
type Room = (typeof rooms)[number];

/** DESIGN.md section 4: which rooms a room may import from. `bin` and `test` may import everything. */
const mayImport: Record<Room, readonly Room[]> = {
  domain: [],
  policy: ['domain'],
  crypto: ['domain'],
  workflows: ['domain'],
  db: ['domain', 'crypto'],
  activities: ['domain', 'policy', 'crypto', 'db'],
  api: ['domain', 'policy', 'crypto', 'db'],
  bin: rooms,
  examples: [],
  test: rooms,
};

/** Single files of another room that may be imported beside these; `true`: by type only. */
const mayImportFile: Partial<Record<Room, Record<string, boolean>>> = {
  activities: { 'workflows/activities.ts': true },
  api: { 'workflows/contract.ts': false },
};

/** The packages a room may use; rooms that are not named are free. */
const packages: Partial<Record<Room, readonly (string | RegExp)[]>> = {
  domain: [],
  policy: ['@cedar-policy/cedar-wasm/nodejs', 'node:v8'],
  crypto: ['node:crypto', 'node:util', 'jose'],
  workflows: ['@temporalio/workflow', '@temporalio/common'],
  db: [/^drizzle-orm(\/|$)/, 'postgres', 'node:url'],
};

interface Import {
  file: string;
  line: string;
  from: string;
  isType: boolean;
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'node_modules') return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesOf(path);
    return /\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8');
  const statement =
    /(?:^|\n)\s*(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/g;
  return [...text.matchAll(statement)].map((match) => ({
    file: relative(root, file),
    line: match[0].trim().split('\n')[0] ?? '',
    from: match[2] ?? match[3] ?? '',
    isType: Boolean(match[1]),
  }));
}

function roomOf(path: string): Room | undefined {
  return rooms.find((room) => path.startsWith(`${room}/`));
}

function problemOf(found: Import): string | null {
  const room = roomOf(found.file);
  if (!room) return null;
  if (!found.from.startsWith('.')) {
    const allowed = packages[room];
    if (!allowed || found.isType) return null;
    if (room === 'domain' && found.from === 'zod' && found.file.endsWith('.schema.ts')) return null;
    return allowed.some((one) => (typeof one === 'string' ? one === found.from : one.test(found.from)))
      ? null
      : `${found.file} uses ${found.from}`;
  }
  const target = relative(root, resolve(root, dirname(found.file), found.from));
  const other = roomOf(target);
  if (!other || other === room || mayImport[room].includes(other)) return null;
  const single = mayImportFile[room]?.[target];
  if (single === undefined) return `${found.file} imports ${target}`;
  return single && !found.isType ? `${found.file} imports more than types of ${target}` : null;
}

const graph = rooms.flatMap((room) => filesOf(join(root, room)).flatMap(importsOf));

describe('the rooms keep to their doors', () => {
  it('finds the imports it is about', () => {
    expect(graph.filter((found) => found.from.startsWith('.')).length).toBeGreaterThan(100);
    expect(
      problemOf({ file: 'workflows/x.ts', line: '', from: '../db/client.ts', isType: true }),
    ).not.toBeNull();
    expect(
      problemOf({ file: 'activities/x.ts', line: '', from: '../workflows/activities.ts', isType: false }),
    ).not.toBeNull();
    expect(problemOf({ file: 'workflows/x.ts', line: '', from: 'node:fs', isType: false })).not.toBeNull();
  });

  it('lets no room import what it may not', () => {
    expect(graph.map(problemOf).filter((problem) => problem !== null)).toEqual([]);
  });

  it('lets only the front doors read the environment', () => {
    const readers = rooms
      .filter((room) => room !== 'bin' && room !== 'test')
      .flatMap((room) => filesOf(join(root, room)))
      .filter((file) => readFileSync(file, 'utf8').includes('process.env'));
    expect(readers.map((file) => relative(root, file))).toEqual([]);
  });

  it('keeps domain schemas out of workflows', () => {
    const schemas = graph.filter(
      (found) => found.file.startsWith('workflows/') && found.from.endsWith('.schema.ts'),
    );
    expect(schemas).toEqual([]);
  });
});
