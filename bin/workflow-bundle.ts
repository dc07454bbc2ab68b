import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, Runtime, type WorkflowBundleOption } from '@temporalio/worker';
import type { Telemetry } from './telemetry.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const workflowsPath = join(root, 'workflows', 'index.ts');
/** Everything that can be in the bundle: our own code and the packages' versions. */
const sources = ['workflows', 'domain', 'package-lock.json'];

/**
 * The workflows' code as one file, which takes seconds to make. It is kept in `folder` under a hash of what it is made
 * of, so that only the first worker of a version makes it and one that was killed is back at once.
 */
export async function workflowBundle(
  folder: string | undefined,
  telemetry: Telemetry,
): Promise<WorkflowBundleOption> {
  const make = () =>
    bundleWorkflowCode({ workflowsPath, plugins: [telemetry.plugin], logger: Runtime.instance().logger });
  if (!folder) return make();
  const name = `workflows-${await sourceHash()}.js`;
  const codePath = join(folder, name);
  if (existsSync(codePath)) return { codePath };
  const { code } = await make();
  await mkdir(folder, { recursive: true });
  // Not this version's: another worker that made it meanwhile is about to read it.
  for (const old of await readdir(folder))
    if (old.startsWith('workflows-') && old !== name) await rm(join(folder, old), { force: true });
  // Written beside and renamed, so that nobody ever reads half of it.
  const draft = join(folder, `draft-${randomUUID()}`);
  await writeFile(draft, code);
  await rename(draft, codePath);
  return { codePath };
}

async function sourceHash(): Promise<string> {
  const hash = createHash('sha256');
  for (const source of sources) {
    for (const file of source.endsWith('.json') ? [source] : await filesOf(source)) {
      hash.update(file).update(await readFile(join(root, file)));
    }
  }
  return hash.digest('hex').slice(0, 16);
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { recursive: true });
  return entries
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => join(folder, name));
}
