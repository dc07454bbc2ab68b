// Runs what brings servers of its own (tests, measurements) so that nothing of it stays, however it ends.
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** A launcher among them gives its processes 15 s to finish what they are at. */
const endLimitMs = 25_000;
const askAgainMs = 5_000;

/** What a shell says of a process that such a signal ended. */
const exitCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

/** Hands `work` a temporary folder that every account can enter, as servers need it, and removes it afterwards. */
export async function inFolder(prefix, work) {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  try {
    chmodSync(folder, 0o755);
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/**
 * Runs Node with `words` in a process group of its own, its temporary files in `folder`. Ctrl-C, SIGTERM, SIGHUP and the
 * limit end the whole group; afterwards none of it is left.
 *
 * @returns the exit `code`, and `end`: what ended it early (a signal, or `limit`), or null.
 */
export async function runApart({ words, folder, environment = {}, limitMs }) {
  const child = spawn(process.execPath, words, {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, TMPDIR: folder, ...environment },
  });
  const exited = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve({ code: code ?? 1, end: null }));
  });
  const signals = Object.keys(exitCodes);
  let stop = () => undefined;
  const stopped = new Promise((resolve) => {
    stop = (end) => resolve({ code: exitCodes[end] ?? 1, end });
  });
  for (const signal of signals) process.on(signal, stop);
  const limit = setTimeout(stop, limitMs, 'limit');
  try {
    const outcome = await Promise.race([exited, stopped]);
    await endGroup(child.pid);
    return outcome;
  } finally {
    clearTimeout(limit);
    for (const signal of signals) process.off(signal, stop);
  }
}

/**
 * Ends a process group as a terminal's Ctrl-C does: on SIGINT each server stops by itself, and so does each launcher with
 * servers outside the group. What has not gone after a while is killed.
 */
async function endGroup(group) {
  if (!isGroupAlive(group)) return;
  signalGroup(group, 'SIGINT');
  if (await isGoneWithin(group, askAgainMs)) return;
  // What only interrupts its work on SIGINT, e.g. a server that is just being set up, ends on this one.
  signalGroup(group, 'SIGTERM');
  if (await isGoneWithin(group, endLimitMs - askAgainMs)) return;
  signalGroup(group, 'SIGKILL');
}

async function isGoneWithin(group, ms) {
  const deadline = Date.now() + ms;
  while (isGroupAlive(group)) {
    if (Date.now() > deadline) return false;
    await delay(50);
  }
  return true;
}

function signalGroup(group, signal) {
  try {
    process.kill(-group, signal);
    return true;
  } catch {
    return false;
  }
}

function isGroupAlive(group) {
  if (!signalGroup(group, 0)) return false;
  if (process.platform !== 'linux') return true;
  // Where the first process of a container collects no orphans, those that have ended stay in the group for ever.
  return readdirSync('/proc').some((pid) => /^\d+$/.test(pid) && isMember(pid, group));
}

function isMember(pid, group) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, , of] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(of) === group && state !== 'Z';
  } catch {
    // Gone meanwhile.
    return false;
  }
}
