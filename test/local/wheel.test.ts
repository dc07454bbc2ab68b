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

/** A zip archive of one small stored file and one packed by `method`. */
function zipOf(name: string, content: Buffer, method: 0 | 8): Buffer {
  const local: Buffer[] = [];
  const directory: Buffer[] = [];
  for (const [path, data, how] of [['README', Buffer.from('hello'), 0], [name, content, method]] as const) {
    const packed = how === 8 ? deflateRawSync(data) : data;
    const fields = Buffer.alloc(20);
    fields.writeUInt16LE(how, 2);
    fields.writeUInt32LE(crc32(data), 8);
    fields.writeUInt32LE(packed.length, 12);
    fields.writeUInt32LE(data.length, 16);
    const lengths = Buffer.alloc(4);
    lengths.writeUInt16LE(path.length, 0);
    const offset = Buffer.alloc(4);
    offset.writeUInt32LE(Buffer.concat(local).length, 0);
    const signature = (last: number): Buffer => Buffer.from([0x50, 0x4b, last, last + 1, 20, 0]);
    directory.push(signature(1), Buffer.from([20, 0]), fields.subarray(0), lengths, Buffer.alloc(10), offset, Buffer.from(path));
    local.push(signature(3), fields.subarray(0), lengths, Buffer.from(path), packed);
  }
  const [files, index] = [Buffer.concat(local), Buffer.concat(directory)];
  const end = Buffer.alloc(22);
  Buffer.from([0x50, 0x4b, 5, 6]).copy(end);
  end.writeUInt16LE(2, 10);
  end.writeUInt32LE(index.length, 12);
  end.writeUInt32LE(files.length, 16);
  return Buffer.concat([files, index, end]);
}
