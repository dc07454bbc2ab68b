import { existsSync, type Stats, statSync } from 'node:fs';
import {
  chmod,
  lstat,
  mkdir,
  readdir,
  readlink,
  realpath,
  rename,
  rmdir,
  stat,
  symlink,
} from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { canEnter, freshFolder, type ServerUser } from './server-user.ts';

/** Where the parts of an installation are. All absolute, links resolved. */
export interface Home {
  readonly folder: string;
  readonly run: string;
  readonly logs: string;
  readonly data: string;
  readonly executables: string;
}

async function statOf(path: string): Promise<Stats | undefined> {
  return lstat(path).catch(() => undefined);
}

function nearestExisting(path: string): string {
  let folder = path;
  while (statSync(folder, { throwIfNoEntry: false }) === undefined) folder = dirname(folder);
  return folder;
}

async function pointTo(link: string, target: string): Promise<void> {
  const draft = `${link}.${process.pid}`;
  await symlink(target, draft);
  await rename(draft, link);
}

/** Folders for data that outlive a restart of the machine, best first. */
const lastingFolders = ['/var/lib/tenure'];

/** As root: a folder elsewhere that the server's account can enter, with `wanted` a link to it. */
async function homeElsewhere(wanted: string, user: ServerUser): Promise<string> {
  const folder = freshFolder('', user, lastingFolders);
  await mkdir(dirname(wanted), { recursive: true });
  await pointTo(wanted, folder);
  return folder;
}

async function isEmpty(folder: string): Promise<boolean> {
  return (await readdir(folder)).length === 0;
}

/** Where a link leads. What is gone there (an installation that was removed) is made again, empty, if that helps. */
async function followed(link: string, user: ServerUser): Promise<string | undefined> {
  const target = resolve(dirname(link), await readlink(link));
  if (!existsSync(target)) {
    if (!canEnter(nearestExisting(target), user)) return undefined;
    await mkdir(target, { recursive: true, mode: 0o755 });
  }
  return realpath(target);
}

async function folderForRoot(wanted: string, user: ServerUser): Promise<string> {
  const found = await statOf(wanted);
  if (found === undefined) {
    if (!canEnter(nearestExisting(dirname(wanted)), user)) return homeElsewhere(wanted, user);
    await mkdir(wanted, { recursive: true, mode: 0o755 });
    return realpath(wanted);
  }
  const folder = found.isSymbolicLink() ? await followed(wanted, user) : await realpath(wanted);
  if (folder === undefined) return homeElsewhere(wanted, user);
  if (canEnter(folder, user)) return folder;
  if (!found.isSymbolicLink() && (await isEmpty(folder))) {
    await rmdir(folder);
    return homeElsewhere(wanted, user);
  }
  throw new Error(
    `${wanted} is an installation that the user "${user.name}", as whom PostgreSQL runs when we are root, cannot ` +
      'enter. Start it as the user who made it, or set TENURE_HOME to another folder.',
  );
}

async function folderForUser(wanted: string): Promise<string> {
  const found = await statOf(wanted);
  // A link whose target is gone: mkdir does not follow it.
  const place = found?.isSymbolicLink() === true ? resolve(dirname(wanted), await readlink(wanted)) : wanted;
  await mkdir(place, { recursive: true, mode: 0o700 });
  const folder = await realpath(place);
  const { uid } = await stat(folder);
  if (uid !== process.getuid?.()) {
    throw new Error(
      `${wanted} belongs to another user. Remove it, or set TENURE_HOME to a folder of your own.`,
    );
  }
  return folder;
}

/**
 * Makes sure of the installation's folder. As root, when the account PostgreSQL runs under cannot enter it (a checkout
 * closed to others), the folder is made elsewhere and `wanted` becomes a link to it; a deleted link, or one whose
 * target is gone, means a fresh installation.
 *
 * @param wanted - the path users know it by.
 * @throws with a sentence for the user when it cannot be used.
 */
export async function openHome(wanted: string, user: ServerUser | undefined): Promise<Home> {
  const folder = user === undefined ? await folderForUser(wanted) : await folderForRoot(wanted, user);
  const home = homeAt(folder);
  for (const part of [home.run, home.logs, home.data, home.executables])
    await mkdir(part, { recursive: true });
  // Said explicitly, whatever the umask: the servers' account must reach its data and executables, and nobody the rest.
  for (const part of [folder, home.data, home.executables])
    await chmod(part, user === undefined ? 0o700 : 0o755);
  for (const part of [home.run, home.logs]) await chmod(part, 0o700);
  return home;
}

/** The layout of the installation in a folder. */
export function homeAt(folder: string): Home {
  return {
    folder,
    run: join(folder, 'run'),
    logs: join(folder, 'logs'),
    data: join(folder, 'data'),
    executables: join(folder, 'bin'),
  };
}
