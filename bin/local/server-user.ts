import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The account PostgreSQL runs under when we are root, which it refuses to be. */
export interface ServerUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

function lookUp(name: string): ServerUser | undefined {
  try {
    const id = (flag: string): number =>
      Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
    return { name, uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined;
  }
}

/**
 * The account servers run under: nobody else's (undefined) for an ordinary user, `postgres` or `nobody` for root.
 *
 * @throws when root has neither account.
 */
export function serverUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const user = lookUp('postgres') ?? lookUp('nobody');
  if (user === undefined) {
    throw new Error(
      'PostgreSQL refuses to run as root, and there is neither a user "postgres" nor "nobody" to run it as. ' +
        'Create one, run as an ordinary user, or set DATABASE_URL.',
    );
  }
  return user;
}

/** Whether the account can enter the folder; asked of the system itself, since mode bits are not the whole truth. */
export function canEnter(folder: string, user: ServerUser | undefined): boolean {
  if (user === undefined) return true;
  const test = spawnSync('/bin/sh', ['-c', 'test -d "$1" && test -x "$1"', 'sh', folder], {
    uid: user.uid,
    gid: user.gid,
    cwd: '/',
    stdio: 'ignore',
  });
  return test.status === 0;
}

/** Folders that every account can usually enter, best first. */
function temporaryFolders(): string[] {
  return [tmpdir(), '/tmp', '/var/tmp'];
}

/** A fresh folder the account can enter, in `preferred` if that works, else among the system's temporary ones. */
export function freshFolder(
  prefix: string,
  user: ServerUser | undefined,
  preferred: readonly string[] = [],
): string {
  for (const parent of [...preferred, ...temporaryFolders()]) {
    try {
      if (preferred.includes(parent)) mkdirSync(parent, { recursive: true, mode: 0o755 });
      if (!canEnter(parent, user)) continue;
      const folder = mkdtempSync(`${parent}/${prefix}`);
      chmodSync(folder, 0o755);
      return folder;
    } catch {
      // Not writable: the next one.
    }
  }
  throw new Error(
    `No folder could be made that the user "${user?.name ?? 'current'}" can enter; set TENURE_HOME.`,
  );
}

/**
 * A folder kept between runs for executables. Its name can be guessed, and what lies in it is executed, so one that
 * is not ours alone to write is refused and a fresh one made instead.
 */
export function sharedCacheFolder(user: ServerUser | undefined = serverUser()): string {
  const uid = process.getuid?.() ?? 0;
  // The system's folders before TMPDIR, which may be the folder of one run only.
  for (const parent of ['/tmp', '/var/tmp', tmpdir()]) {
    if (!canEnter(parent, user)) continue;
    const folder = join(parent, `tenure-cache-${uid}`);
    try {
      mkdirSync(folder, { recursive: true, mode: 0o755 });
      const found = lstatSync(folder);
      if (found.isDirectory() && found.uid === uid && (found.mode & 0o022) === 0) {
        chmodSync(folder, 0o755);
        return folder;
      }
    } catch {
      // Not writable: the next one.
    }
  }
  return freshFolder('tenure-cache-', user);
}
