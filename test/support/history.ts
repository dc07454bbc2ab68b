import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { Client } from '@temporalio/client';
import { requestWorkflowId } from '../../workflows/contract.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A workflow's history as plain JSON, without what names the machine it was made on. */
export async function readHistory(client: Client, requestId: string, run = 1): Promise<Json> {
  const history = await client.workflow.getHandle(requestWorkflowId(requestId, run)).fetchHistory();
  const plain: Json = JSON.parse(JSON.stringify(historyToJSON(history)));
  return mapStrings(plain, (key, text) => {
    if (key === 'identity') return 'a worker';
    return key === 'stackTrace' ? '' : text;
  });
}

/** Everything that a history says, payloads decoded, as one text to search in. */
export function readable(history: Json): string {
  return JSON.stringify(
    mapStrings(history, (key, text) => (key === 'data' ? Buffer.from(text, 'base64').toString('utf8') : text)),
  );
}

function mapStrings(value: Json, map: (key: string, text: string) => string, key = ''): Json {
  if (typeof value === 'string') return map(key, value);
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, map, key));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, mapStrings(item, map, name)]));
}
