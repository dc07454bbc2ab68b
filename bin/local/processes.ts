import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** The fields of /proc/<pid>/stat from the third, the state, on; empty where there is no such file. */
function statOf(pid: number): string[] {
  try {
    // The second field, the command's name, stands in parentheses and may itself contain spaces and any of them.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/**
 * Whether a process with this id runs. One that has ended but was never collected by its parent counts as ended:
 * containers whose first process collects no orphans keep such entries for ever.
 */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (errorCode(error) !== 'EPERM') return false;
  }
  return statOf(pid)[0] !== 'Z';
}

/** The words a process was started with; empty when it is gone or not ours to see. */
export function commandLine(pid: number): string[] {
  try {
    if (process.platform === 'linux') {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
    }
    const line = execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
    return line.trim().split(/\s+/u).filter(Boolean);
  } catch {
    return [];
  }
}

/**
 * What tells a process from every other that has or will ever have the same id: when it started, in this boot of this
 * machine. Undefined when it does not run.
 */
export function identityOf(pid: number): string | undefined {
  if (!isAlive(pid)) return undefined;
  try {
    if (process.platform === 'linux') {
      const started = statOf(pid)[19];
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
      return started === undefined ? undefined : `${boot}:${started}`;
    }
    const started = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return started === '' ? undefined : started;
  } catch {
    return undefined;
  }
}

/** The processes that a process has started and that still run. */
export function childrenOf(pid: number): number[] {
  if (process.platform === 'linux') {
    const all = readdirSync('/proc').filter((name) => /^\d+$/u.test(name));
    return all.map(Number).filter((one) => Number(statOf(one)[1]) === pid);
  }
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  const pairs = lines.map((line) => line.trim().split(/\s+/u).map(Number));
  return pairs.flatMap(([one, parent]) => (parent === pid && one !== undefined ? [one] : []));
}

/** Sends a signal; a process that has just ended is no error. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}

/** Waits until a process that need not be our child has ended; false when it still runs after the limit. */
export async function waitUntilGone(pid: number, limitMs: number): Promise<boolean> {
  const deadline = Date.now() + limitMs;
  while (isAlive(pid)) {
    if (Date.now() > deadline) return false;
    await delay(25);
  }
  return true;
}

/** Ends a process by `signal`, and by SIGKILL when it has not gone within the limit. */
export async function endProcess(pid: number, signal: NodeJS.Signals, limitMs: number): Promise<void> {
  signalProcess(pid, signal);
  if (await waitUntilGone(pid, limitMs)) return;
  signalProcess(pid, 'SIGKILL');
  if (!(await waitUntilGone(pid, 5_000))) throw new Error(`Process ${pid} does not end, even by SIGKILL.`);
}
