// Installs what is missing. Uses nothing but Node, and nothing that an older Node could not read, so that it can say
// what is wrong before anything is installed.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const checkout = fileURLToPath(new URL('..', import.meta.url));
const oldestNode = [20, 19];

function isNodeNewEnough() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
}

function packagesOf(lockFile) {
  try {
    return JSON.parse(readFileSync(new URL(lockFile, new URL('..', import.meta.url)), 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/**
 * Whether node_modules holds every package at the locked version. npm writes its own copy of the lock file there as the
 * last thing it does, so an interrupted installation counts as none. File times say nothing: git changes them.
 */
function isInstalled() {
  const locked = packagesOf('package-lock.json');
  const installed = packagesOf('node_modules/.package-lock.json');
  if (locked === undefined) return installed !== undefined;
  if (installed === undefined) return false;
  return Object.entries(locked).every(([path, wanted]) => {
    if (path === '') return true;
    const found = installed[path];
    // Optional packages of other platforms are never installed.
    if (found === undefined) return wanted.optional === true;
    return found.version === wanted.version;
  });
}

/**
 * Runs `npm ci` when node_modules is missing or not what package-lock.json asks for.
 *
 * @throws {Error} with a sentence for the user when Node is too old or the installation fails.
 */
export async function install() {
  if (!isNodeNewEnough()) {
    throw new Error(
      `Tenure needs Node ${oldestNode.join('.')} or newer; this is ${process.versions.node}. Install a newer one.`,
    );
  }
  if (isInstalled()) return;
  process.stderr.write('Installing what is missing (npm ci) …\n');
  // Under "npm start" npm says where it is itself; the command on PATH may be another one.
  const npm = process.env.npm_execpath;
  const [command, words] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
  const run = spawnSync(command, [...words, 'ci', '--no-fund', '--no-audit'], {
    cwd: checkout,
    // What npm says goes to stderr: the output of the command itself stays clean.
    stdio: ['ignore', 2, 2],
  });
  if (run.error !== undefined) throw new Error(`npm could not be run (${run.error.message}). Install npm.`);
  if (run.status !== 0) {
    throw new Error(
      `npm ci failed (${run.signal ?? `exit code ${run.status}`}); what it said stands above. ` +
        'It needs the network, or a cache, only this once.',
    );
  }
}
