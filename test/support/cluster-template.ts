import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../bin/local/ports.ts';
import { startPostgres } from '../../bin/local/postgres.ts';
import { templatesFolder } from './extent.ts';

const run = promisify(execFile);

/** What a run of many tests makes once, because making it costs each of two hundred servers seconds of the processor. */
export interface ClusterTemplate {
  name: string;
  /** Puts into it what a copy shall have, by the owner's URL, and returns what whoever copies it must know. */
  fill(ownerUrl: string): Promise<string>;
}

/** Nothing but the server's own. */
export const emptyTemplate: ClusterTemplate = { name: 'empty', fill: () => Promise.resolve('') };

/** A cluster that a test's server begins with. All of a run have the same system identifier. */
export interface ClusterCopy {
  /** The owner's password. */
  password: string;
  /** What filling it returned; null where the server makes its own cluster, which is empty. */
  known: string | null;
  /** Puts it there; nothing where the server makes its own. */
  copyTo(dataDir: string): Promise<void>;
}

/** A copy of a template in a run of many tests; in a run of one, a cluster that the server makes. */
export async function clusterCopy(template: ClusterTemplate): Promise<ClusterCopy> {
  if (templatesFolder === undefined) {
    return { password: newPassword(), known: null, copyTo: () => Promise.resolve() };
  }
  const place = join(templatesFolder, template.name);
  if (!(await isThere(place))) await make(template, templatesFolder, place);
  const [password, known] = await Promise.all([
    readFile(join(place, 'password'), 'utf8'),
    readFile(join(place, 'known'), 'utf8'),
  ]);
  return {
    password,
    known,
    // With owners and modes, on which the server insists.
    copyTo: async (dataDir) => void (await run('cp', ['-a', join(place, 'data'), dataDir])),
  };
}

const newPassword = () => randomBytes(18).toString('base64url');

function isThere(place: string): Promise<boolean> {
  return readFile(join(place, 'password')).then(
    () => true,
    () => false,
  );
}

/** Makes it beside its place and renames it: of two that make it at once, one's stands. */
async function make(template: ClusterTemplate, folder: string, place: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const draft = await mkdtemp(join(folder, 'draft-'));
  await chmod(draft, 0o755);
  const password = newPassword();
  const server = await startPostgres({
    dataDir: join(draft, 'data'),
    port: await freePort(),
    password,
    logFile: join(draft, 'server.log'),
    settings: { fsync: 'off' },
  });
  let known: string;
  try {
    known = await template.fill(server.url);
  } finally {
    await server.stop();
  }
  await writeFile(join(draft, 'known'), known, { mode: 0o600 });
  await writeFile(join(draft, 'password'), password, { mode: 0o600 });
  try {
    await rename(draft, place);
  } catch {
    await rm(draft, { recursive: true, force: true });
  }
}
