import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readlink,
  realpath,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openHome } from '../../bin/local/home.ts';
import { keptKey, keptPasswords, keptPorts } from '../../bin/local/kept.ts';
import { freePort } from '../../bin/local/ports.ts';
import { canEnter, serverUser } from '../../bin/local/server-user.ts';

const user = serverUser();
let checkout: string;
const elsewhere: string[] = [];

beforeEach(async () => {
  checkout = await mkdtemp(join(tmpdir(), 'tenure-checkout-'));
});

afterEach(async () => {
  for (const folder of [checkout, ...elsewhere.splice(0)]) await rm(folder, { recursive: true, force: true });
});

async function openIn(path: string): Promise<string> {
  const { folder } = await openHome(path, user);
  if (dirname(folder) !== dirname(path)) elsewhere.push(folder);
  return folder;
}

test('the installation lies in the checkout when the servers can enter it, and secrets are its owner’s alone', async () => {
  await chmod(checkout, 0o755);
  const home = join(checkout, '.tenure');
  expect(await openIn(home)).toBe(await realpath(home));
  const key = await keptKey(home);
  expect(Buffer.from(key, 'base64url')).toHaveLength(32);
  expect(await keptKey(home)).toBe(key);
  expect((await stat(join(home, 'key'))).mode & 0o777).toBe(0o600);
  const first = await keptPasswords(home, ['ledger', 'target-eu']);
  const later = await keptPasswords(home, ['ledger', 'target-us']);
  expect(later('ledger')).toBe(first('ledger'));
  expect(new Set([first('ledger'), first('target-eu'), later('target-us')]).size).toBe(3);
  expect((await stat(join(home, 'passwords.json'))).mode & 0o777).toBe(0o600);
  expect((await stat(join(home, 'run'))).mode & 0o077).toBe(0);
});

test('ports are remembered, and chosen anew only when another process has them', async () => {
  const remembered = await keptPorts(checkout, ['ledger', 'temporal']);
  const again = await keptPorts(checkout, ['ledger', 'temporal']);
  expect(again('ledger')).toBe(remembered('ledger'));
  expect(again('temporal')).toBe(remembered('temporal'));
  const { createServer } = await import('node:net');
  const other = createServer().listen(remembered('ledger'), '127.0.0.1');
  await new Promise((resolve) => {
    other.once('listening', resolve);
  });
  try {
    const moved = await keptPorts(checkout, ['ledger', 'temporal']);
    expect(moved('ledger')).not.toBe(remembered('ledger'));
    expect(moved('temporal')).toBe(remembered('temporal'));
  } finally {
    other.close();
  }
  await writeFile(join(checkout, 'ports.json'), '{"ledger": ');
  expect((await keptPorts(checkout, ['ledger']))('ledger')).toBeGreaterThan(0);
  expect(await freePort()).toBeGreaterThan(0);
});

describe.skipIf(user === undefined)('as root, in a checkout that other users cannot enter', () => {
  test('the installation lies where the servers can enter it, and .tenure points there', async () => {
    const home = join(checkout, '.tenure');
    expect(canEnter(checkout, user)).toBe(false);
    const folder = await openIn(home);
    expect(await readlink(home)).toBe(folder);
    expect(canEnter(join(folder, 'data'), user)).toBe(true);
    expect(canEnter(join(folder, 'run'), user)).toBe(false);
    expect(await openIn(home)).toBe(folder);
  });

  test('a deleted link means a fresh installation, and so does one whose target is gone', async () => {
    const home = join(checkout, '.tenure');
    const first = await openIn(home);
    await rm(home);
    const second = await openIn(home);
    expect(second).not.toBe(first);
    await writeFile(join(second, 'key'), 'of the removed one');
    await rm(second, { recursive: true });
    const third = await openIn(home);
    expect(await readlink(home)).toBe(third);
    expect(await keptKey(third)).not.toBe('of the removed one');
  });

  test('an empty folder becomes the link; one with something in it is left alone and said', async () => {
    const home = join(checkout, '.tenure');
    await mkdir(home, { mode: 0o700 });
    await openIn(home);
    expect((await lstat(home)).isSymbolicLink()).toBe(true);
    const full = join(checkout, 'full');
    await mkdir(full);
    await writeFile(join(full, 'something'), '');
    await expect(openHome(full, user)).rejects.toThrow('cannot enter');
    expect((await lstat(full)).isDirectory()).toBe(true);
  });
});

test('a link of one’s own to a folder that is not there yet is followed', async () => {
  await chmod(checkout, 0o755);
  const target = join(checkout, 'target');
  const home = join(checkout, '.tenure');
  await symlink(target, home);
  const folder = await openIn(home);
  expect((await stat(home)).isDirectory()).toBe(true);
  expect(await realpath(home)).toBe(folder);
});
