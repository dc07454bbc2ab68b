import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';

// Signatures, offsets and sizes as in PKWARE's APPNOTE.TXT 6.3, sections 4.3.7, 4.3.12 and 4.3.16.
const endSignature = 0x06_05_4b_50;
const entrySignature = 0x02_01_4b_50;
const localSignature = 0x04_03_4b_50;
const endSize = 22;
const stored = 0;
const deflated = 8;

interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly localOffset: number;
}

function directoryOf(zip: Buffer): { offset: number; count: number } {
  // The end record closes the file, unless a comment of at most 65,535 bytes follows it.
  for (let at = zip.length - endSize; at >= Math.max(0, zip.length - endSize - 0xff_ff); at -= 1) {
    if (zip.readUInt32LE(at) === endSignature) {
      return { count: zip.readUInt16LE(at + 10), offset: zip.readUInt32LE(at + 16) };
    }
  }
  throw new Error('This is no zip file: it has no end record.');
}

function entriesOf(zip: Buffer): ZipEntry[] {
  const directory = directoryOf(zip);
  const entries: ZipEntry[] = [];
  let at = directory.offset;
  for (let index = 0; index < directory.count; index += 1) {
    if (zip.readUInt32LE(at) !== entrySignature)
      throw new Error('The zip file is damaged: its directory is broken.');
    const nameLength = zip.readUInt16LE(at + 28);
    entries.push({
      name: zip.toString('utf8', at + 46, at + 46 + nameLength),
      method: zip.readUInt16LE(at + 10),
      compressedSize: zip.readUInt32LE(at + 20),
      size: zip.readUInt32LE(at + 24),
      localOffset: zip.readUInt32LE(at + 42),
    });
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return entries;
}

function contentOf(zip: Buffer, entry: ZipEntry): Buffer {
  const at = entry.localOffset;
  if (zip.readUInt32LE(at) !== localSignature) throw new Error(`The zip file is damaged at ${entry.name}.`);
  const start = at + 30 + zip.readUInt16LE(at + 26) + zip.readUInt16LE(at + 28);
  return zip.subarray(start, start + entry.compressedSize);
}

/**
 * Writes the one file of a zip archive whose path ends in `suffix` to `target`. Knows what wheels use: stored and
 * deflated entries below 4 GiB, no encryption.
 *
 * @throws when there is no such entry, or the archive is damaged or of another kind.
 */
export async function extractFile(zip: Buffer, suffix: string, target: string, mode: number): Promise<void> {
  const entry = entriesOf(zip).find((candidate) => candidate.name.endsWith(suffix));
  if (entry === undefined) throw new Error(`The zip file holds no ${suffix}.`);
  const content = Readable.from([contentOf(zip, entry)]);
  const file = createWriteStream(target, { mode, flags: 'wx' });
  if (entry.method === deflated) await pipeline(content, createInflateRaw(), file);
  else if (entry.method === stored) await pipeline(content, file);
  else throw new Error(`${entry.name} is packed by method ${entry.method}, which is not known here.`);
  if (file.bytesWritten !== entry.size)
    throw new Error(`The zip file is damaged: ${entry.name} has another size.`);
}
