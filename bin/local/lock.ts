import { linkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { identityOf } from './processes.ts';
import { forgetProcess, recordedProcess, recordProcess } from './process-record.ts';

/** Another launcher runs on this installation. */
export class AlreadyRunningError extends Error {
  override readonly name = 'AlreadyRunningError';
}

function claimUnlessTaken(run: string): boolean {
  const draft = join(run, `launcher.${process.pid}`);
  writeFileSync(draft, `${process.pid} ${identityOf(process.pid) ?? ''}\n`, { mode: 0o600 });
  try {
    linkSync(draft, join(run, 'launcher.identity'));
    return true;
  } catch {
    return false;
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Makes this process the one launcher of the installation, taking over from one that was killed.
 *
 * @throws {@link AlreadyRunningError} when another one runs.
 */
export async function lockHome(run: string): Promise<void> {
  if (!claimUnlessTaken(run)) {
    const other = recordedProcess(run, 'launcher');
    if (other !== undefined) throw new AlreadyRunningError(`process ${other}`);
    // Two that start at once may both find the dead one's claim and replace it. The later replaces the earlier's, so
    // after a moment each can see which of them it was.
    recordProcess(run, 'launcher', process.pid);
    await delay(150);
    const winner = recordedProcess(run, 'launcher');
    if (winner !== process.pid) throw new AlreadyRunningError(`process ${winner ?? 'unknown'}`);
  }
  recordProcess(run, 'launcher', process.pid);
}

/** Gives the installation free again. */
export function unlockHome(run: string): void {
  if (recordedProcess(run, 'launcher') === process.pid) forgetProcess(run, 'launcher');
}
