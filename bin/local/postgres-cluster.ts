import { spawn } from 'node:child_process';
import { chown, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { commandLine, endProcess, isAlive } from './processes.ts';
import { canEnter, type ServerUser } from './server-user.ts';

/** The role that owns every embedded cluster. */
export const ownerRole = 'tenure_owner';

/** Above every system's largest process id, so no process can ever have it. */
const impossiblePid = 2_147_483_647;

async function readIfThere(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}

function run(command: string, words: readonly string[], user: ServerUser | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, words, {
      cwd: '/',
      stdio: ['ignore', 'pipe', 'pipe'],
      // Nothing of the caller's PG* variables or locale may reach the new cluster.
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
      ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
    });
    let said = '';
    const collect = (chunk: Buffer): void => {
      said = (said + chunk.toString()).slice(-2_000);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${basename(command)} failed (${code ?? 'killed'}): ${said.trim()}`));
    });
  });
}

/** What a new cluster needs. */
export interface ClusterOptions {
  readonly dataDir: string;
  readonly password: string;
  readonly user: ServerUser | undefined;
  /** Whether the new files are flushed to disk; without it a power failure may lose them. */
  readonly durable: boolean;
}

/** What an initdb left whose parent was killed. */
async function removeDrafts(dataDir: string): Promise<void> {
  const parent = dirname(dataDir);
  const drafts = (await readdir(parent)).filter((name) => name.startsWith(`${basename(dataDir)}.new-`));
  for (const draft of drafts) await rm(join(parent, draft), { recursive: true, force: true });
}

async function initialise(binaries: PostgresBinaries, options: ClusterOptions): Promise<void> {
  await removeDrafts(options.dataDir);
  // Made beside its place and renamed, so that an interrupted initdb leaves nothing that looks like a cluster.
  const draft = await mkdtemp(`${options.dataDir}.new-`);
  const passwordFile = `${draft}.password`;
  try {
    await writeFile(passwordFile, `${options.password}\n`, { mode: 0o600, flag: 'wx' });
    if (options.user !== undefined) {
      await chown(draft, options.user.uid, options.user.gid);
      await chown(passwordFile, options.user.uid, options.user.gid);
    }
    const words = ['-D', draft, '-U', ownerRole, '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
    // The built-in provider sorts and folds alike on every system, whatever locales are installed.
    words.push('--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8');
    await run(binaries.initdb, options.durable ? words : [...words, '--no-sync'], options.user);
    await rename(draft, options.dataDir);
  } finally {
    await rm(passwordFile, { force: true });
    await rm(draft, { recursive: true, force: true });
  }
}

/**
 * Makes the cluster unless it is there already.
 *
 * @throws when the folder holds something else, a cluster of another major version, or cannot be entered by the
 *   server's account.
 */
export async function ensureCluster(binaries: PostgresBinaries, options: ClusterOptions): Promise<void> {
  const parent = dirname(options.dataDir);
  await mkdir(parent, { recursive: true, mode: 0o755 });
  if (!canEnter(parent, options.user)) {
    throw new Error(
      `The user "${options.user?.name ?? ''}", as whom PostgreSQL runs when we are root, cannot enter ${parent}. ` +
        'Choose another folder by TENURE_HOME, or run as an ordinary user.',
    );
  }
  const version = (await readIfThere(join(options.dataDir, 'PG_VERSION')))?.trim();
  if (version === undefined) {
    const found = await readdir(options.dataDir).catch(() => []);
    if (found.length > 0) throw new Error(`${options.dataDir} is not empty and holds no PostgreSQL cluster.`);
    await initialise(binaries, options);
  } else if (version !== '18') {
    throw new Error(
      `${options.dataDir} was made by PostgreSQL ${version}; this is 18. Move the folder away.`,
    );
  }
}

function isServerOf(pid: number, dataDir: string): boolean {
  const words = commandLine(pid);
  return words.some((word) => basename(word) === 'postgres') && words.includes(dataDir);
}

/**
 * Makes way for a new server on a data folder: ends the server that a killed launcher left running, and frees the
 * lock file of one that is gone although its process id is taken by another process (or by a zombie) today.
 */
export async function freeCluster(dataDir: string): Promise<void> {
  const lockFile = join(dataDir, 'postmaster.pid');
  const lock = await readIfThere(lockFile);
  const pid = Number.parseInt(lock ?? '', 10);
  if (lock === undefined || Number.isNaN(pid)) return;
  if (isAlive(pid) && isServerOf(pid, dataDir)) {
    await endProcess(pid, 'SIGINT', 15_000);
    return;
  }
  // Removing the file would also remove PostgreSQL's own check that no orphaned session still uses the shared memory;
  // an id no process can have keeps that check and lets the start go on.
  const rest = lock.slice(lock.indexOf('\n'));
  await writeFile(lockFile, `${impossiblePid}${rest}`, { flag: 'r+' }).catch(() => undefined);
}
