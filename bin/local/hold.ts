import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The processes of a local installation that can be held down. Those and `launcher` are all there are. */
export const processNames = [
  'ledger',
  'target-eu',
  'target-us',
  'northwind-app',
  'identity',
  'temporal',
  'worker',
  'reaper',
  'api',
] as const;

/** The name of one of an installation's processes. */
export type ProcessName = (typeof processNames)[number];

function holdFile(home: string, name: string): string {
  if (!processNames.some((known) => known === name)) {
    throw new Error(`There is no process "${name}"; there are ${processNames.join(', ')}.`);
  }
  return join(home, 'run', `${name}.hold`);
}

/**
 * Keeps a process of the installation in `home` down until it is released, across restarts of the launcher too. The
 * launcher, when it runs, stops the process within two seconds.
 *
 * @throws when there is no process of that name.
 */
export async function hold(home: string, name: string): Promise<void> {
  const file = holdFile(home, name);
  await mkdir(join(home, 'run'), { recursive: true });
  await writeFile(file, '');
}

/**
 * Lets a held process start again.
 *
 * @throws when there is no process of that name.
 */
export async function release(home: string, name: string): Promise<void> {
  await rm(holdFile(home, name), { force: true });
}

/** Whether the process is held down. */
export function isHeld(home: string, name: ProcessName): boolean {
  return existsSync(holdFile(home, name));
}
