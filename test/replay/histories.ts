import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Story, workflowId, workflowTypes } from '../../workflows/contract.ts';
import { type HistoryJson, readable } from '../support/history.ts';

const folder = new URL('../histories/', import.meta.url);

/** The notable ways through the stories. Each has a recorded history that must replay for ever. */
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
  'onboarding',
  'onboarding-reminded',
  'onboarding-undone',
  'onboarding-engine-cancelled',
  'role-change',
  'role-change-fenced',
  'role-change-engine-cancelled',
  'offboarding',
  'offboarding-discarded',
  'customer',
  'customer-continued',
  'customer-quiet',
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

/** The id of the workflow that a history is about, from its type and its one argument: the workflow itself looks at its id. */
export function workflowIdOf(history: HistoryJson): string {
  const text = readable(history);
  const type = /"workflowType":\{"name":"(\w+)"/.exec(text)?.[1];
  const story = stories.find((one) => workflowTypes[one] === type);
  const subjectId = story && new RegExp(`"(${prefixes[story]}_[0-9a-z]{26})"`).exec(text)?.[1];
  if (!subjectId) throw new RangeError('A history without what it is about.');
  return workflowId(story, subjectId, 1);
}

const prefixes = {
  request: 'req',
  onboarding: 'proc',
  'role-change': 'proc',
  offboarding: 'proc',
  customer: 'org',
} as const satisfies Record<Story, string>;
const stories = ['request', 'onboarding', 'role-change', 'offboarding', 'customer'] as const;

/** Writes a history beside the others. */
export function record(path: Path, history: HistoryJson): void {
  writeFileSync(fileURLToPath(new URL(`${path}.json`, folder)), `${JSON.stringify(history, null, 1)}\n`);
}
