import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../bin/local/ports.ts';
import { startPostgres } from '../../bin/local/postgres.ts';
import { templatesFolder } from './extent.ts';

const run = promisify(execFile);

/** A cluster that a test's server begins with. */
export interface EmptyCluster {
  /** The owner's password. */
  password: string;
  /** Puts it there; nothing where the server makes its own. */
  copyTo(dataDir: string): Promise<void>;
}

/**
 * An empty cluster: in a run of many tests a copy of one that is made once, because making one costs each of two hundred servers a
 * second of the processor. All of a run have the same system identifier then.
 */
export async function emptyCluster(): Promise<EmptyCluster> {
  const password = randomBytes(18).toString('base64url');
  if (templatesFolder === undefined) return { password, copyTo: () => Promise.resolve() };
  const template = join(templatesFolder, 'cluster');
  const known = await readFile(join(template, 'password'), 'utf8').catch(() => null);
  return {
    password: known ?? (await makeTemplate(templatesFolder, template, password)),
    // With owners and modes, on which the server insists.
    copyTo: async (dataDir) => void (await run('cp', ['-a', join(template, 'data'), dataDir])),
  };
}

/** Makes it beside its place and renames it: of two that make it at once, one's stands. */
async function makeTemplate(folder: string, template: string, password: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const draft = await mkdtemp(join(folder, 'draft-'));
  await chmod(draft, 0o755);
  const dataDir = join(draft, 'data');
  const server = await startPostgres({
    dataDir,
    port: await freePort(),
    password,
    logFile: join(draft, 'server.log'),
    settings: { fsync: 'off' },
  });
  await server.stop();
  await writeFile(join(draft, 'password'), password, { mode: 0o600 });
  try {
    await rename(draft, template);
    return password;
  } catch {
    await rm(draft, { recursive: true, force: true });
    return readFile(join(template, 'password'), 'utf8');
  }
}
