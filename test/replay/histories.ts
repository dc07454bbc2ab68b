import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { requestWorkflowId } from '../../workflows/contract.ts';
import { type HistoryJson, readable } from '../support/history.ts';

const folder = new URL('../histories/', import.meta.url);

/** The notable ways through the process. Each has a recorded history that must replay for ever. */
export const paths = [
  'approved',
  'automatic',
  'denied',
  'lapsed',
  'revoked',
  'returned',
  'extended',
  'extension',
  'later-start',
  'cancelled-while-waiting',
  'engine-cancelled-while-waiting',
  'engine-cancelled-while-held',
  'engine-cancelled-extension',
  'failed-rolled-back',
] as const;

export type Path = (typeof paths)[number];

/** The recorded histories by the name of their path. */
export function recorded(): { path: string; history: HistoryJson }[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => ({
      path: name.slice(0, -'.json'.length),
      history: JSON.parse(readFileSync(new URL(name, folder), 'utf8')),
    }));
}

/** The id of the workflow that a history is about, from its one argument: the workflow itself looks at its id. */
export function workflowIdOf(history: HistoryJson): string {
  const requestId = /"(req_[0-9a-z]{26})"/.exec(readable(history))?.[1];
  if (!requestId) throw new RangeError('A history without its request.');
  return requestWorkflowId(requestId, 1);
}

/** Writes a history beside the others. */
export function record(path: Path, history: HistoryJson): void {
  writeFileSync(fileURLToPath(new URL(`${path}.json`, folder)), `${JSON.stringify(history, null, 1)}\n`);
}
