import type { Client } from '@temporalio/client';
import { type Story, workflowId } from '../../workflows/contract.ts';

/** A history as it stands in a file: plain JSON, with bytes as `{$bytes: <base64>}`. */
export type HistoryJson = null | boolean | number | string | HistoryJson[] | { [key: string]: HistoryJson };

/** The history of a story's first run, ready for a file, without what names the machine it was made on. */
export async function readHistory(
  client: Client,
  subjectId: string,
  { story = 'request', runId }: { story?: Story; runId?: string } = {},
): Promise<HistoryJson> {
  return toJson(await client.workflow.getHandle(workflowId(story, subjectId, 1), runId).fetchHistory());
}

/** The history of a file, as a worker replays it. */
export function fromJson(value: HistoryJson): unknown {
  if (Array.isArray(value)) return value.map(fromJson);
  if (value === null || typeof value !== 'object') return value;
  if (typeof value['$bytes'] === 'string') return Buffer.from(value['$bytes'], 'base64');
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fromJson(item)]));
}

/** Everything that a history says, payloads decoded, as one text to search in. */
export function readable(history: HistoryJson): string {
  return JSON.stringify(history).replaceAll(/\{"\$bytes":"([^"]*)"\}/g, (_, encoded: string) =>
    Buffer.from(encoded, 'base64').toString('utf8'),
  );
}

/** Protobuf's own `toJSON` would turn numbers of enumerations into names, which a worker does not read back. */
function toJson(value: unknown, key = ''): HistoryJson {
  if (key === 'identity') return 'a worker';
  if (key === 'stackTrace') return '';
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') };
  if (Array.isArray(value)) return value.map((item) => toJson(item));
  if (typeof value !== 'object') throw new TypeError(`Not expected in a history: ${typeof value}`);
  if (isLong(value)) return value.toNumber();
  const known = Object.entries(value).filter(([, item]) => item !== null && item !== undefined);
  return Object.fromEntries(known.map(([name, item]) => [name, toJson(item, name)]));
}

/** A 64-bit number of Temporal's. Those in a history (counts, seconds) fit a plain number. */
function isLong(value: object): value is { toNumber(): number } {
  return 'toNumber' in value && typeof value.toNumber === 'function';
}
