import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessName } from './hold.ts';
import { endProcess, identityOf } from './processes.ts';

type Recorded = ProcessName | 'launcher';

/** Written beside its place and renamed, so that a reader never finds half of it. */
function replaceFile(path: string, text: string): void {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, text, { mode: 0o600 });
  renameSync(draft, path);
}

/**
 * Records that a process runs: `<name>.pid` holds its id for people and scripts, `<name>.identity` what tells it from
 * a later process with the same id.
 */
export function recordProcess(run: string, name: Recorded, pid: number): void {
  mkdirSync(run, { recursive: true });
  replaceFile(join(run, `${name}.identity`), `${pid} ${identityOf(pid) ?? 'gone'}\n`);
  replaceFile(join(run, `${name}.pid`), `${pid}\n`);
}

/** Removes the record of a process that has ended. */
export function forgetProcess(run: string, name: Recorded): void {
  rmSync(join(run, `${name}.pid`), { force: true });
  rmSync(join(run, `${name}.identity`), { force: true });
}

/** The id of the recorded process if that very process still runs; never that of another with the same id. */
export function recordedProcess(run: string, name: Recorded): number | undefined {
  let text: string;
  try {
    text = readFileSync(join(run, `${name}.identity`), 'utf8').trim();
  } catch {
    return undefined;
  }
  const space = text.indexOf(' ');
  const pid = Number(text.slice(0, space));
  if (!Number.isSafeInteger(pid) || pid <= 1) return undefined;
  return identityOf(pid) === text.slice(space + 1) ? pid : undefined;
}

/** What may be left, in the order it is ended: those that work before those they work with. */
const leftoverGroups: readonly (readonly (readonly [ProcessName, NodeJS.Signals])[])[] = [
  [
    ['api', 'SIGTERM'],
    ['worker', 'SIGTERM'],
    ['reaper', 'SIGTERM'],
  ],
  [
    ['temporal', 'SIGINT'],
    ['target-eu', 'SIGINT'],
    ['target-us', 'SIGINT'],
    ['northwind-app', 'SIGTERM'],
    ['ledger', 'SIGINT'],
  ],
];

/** What `replaceFile` leaves when its process is killed before it renames. */
const draftOfRecord = /\.(?:pid|identity)\.\d+$/;

/**
 * Ends what a killed launcher left running. The caller holds the launcher's lock.
 *
 * @returns the names of what was ended.
 */
export async function endLeftovers(run: string, limitMs = 5_000): Promise<ProcessName[]> {
  const ended: ProcessName[] = [];
  for (const group of leftoverGroups) {
    await Promise.all(
      group.map(async ([name, signal]) => {
        const pid = recordedProcess(run, name);
        if (pid !== undefined) {
          await endProcess(pid, signal, limitMs);
          ended.push(name);
        }
        forgetProcess(run, name);
      }),
    );
  }
  for (const file of readdirSync(run)) if (draftOfRecord.test(file)) rmSync(join(run, file), { force: true });
  return ended;
}
