import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type ReplayWorkerOptions, Worker } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { startTelemetry } from '../../bin/telemetry.ts';
import { fromJson, readable } from '../support/history.ts';
import { quietRuntime } from '../support/stack.ts';
import { paths, recorded, workflowIdOf } from './histories.ts';

const histories = recorded();

function options(): ReplayWorkerOptions {
  return {
    workflowsPath: fileURLToPath(new URL('../../workflows/index.ts', import.meta.url)),
    // Interceptors move yield points: a history made with them replays only with them.
    plugins: [startTelemetry('test', false).plugin],
  };
}

beforeAll(() => {
  quietRuntime();
});

describe('recorded histories', () => {
  it('are there for every notable path, and for nothing else', () => {
    expect(histories.map(({ path }) => path).sort()).toEqual([...paths].sort());
  });

  it('replay with the workflows as they are now', async () => {
    const all = histories.map(({ history }) => ({
      workflowId: workflowIdOf(history),
      history: fromJson(history),
    }));
    const wrong: string[] = [];
    let count = 0;
    for await (const { workflowId, error } of Worker.runReplayHistories(options(), all)) {
      count += 1;
      const known = histories.find(({ history }) => workflowIdOf(history) === workflowId);
      if (error) wrong.push(`${known?.path}: ${error.message}`);
    }
    expect(wrong).toEqual([]);
    expect(count).toBe(paths.length);
  });

  it('do not replay when the workflow would have done something else', async () => {
    const approved = histories.find(({ path }) => path === 'approved')?.history ?? null;
    const altered: unknown = fromJson(
      JSON.parse(JSON.stringify(approved).replaceAll('"provision"', '"extend"')),
    );
    const replaying = Worker.runReplayHistory(options(), altered, workflowIdOf(approved));
    await expect(replaying).rejects.toThrow(/Nondeterminism/);
  });

  it('hold no personal data, reason or secret: ids and states only', () => {
    const company: unknown = parse(
      readFileSync(new URL('../../examples/northwind.yaml', import.meta.url), 'utf8'),
    );
    const names = peopleOf(company);
    expect(names.length).toBeGreaterThan(20);
    for (const { path, history } of histories) {
      // Requests of these tests are justified by "a test" and carry the ticket SUP-1.
      const text = readable(history);
      for (const canary of [
        ...names,
        '.example',
        'User 0',
        'a test',
        'SUP-1',
        'v1.',
        'password',
        '/activities/',
        'node_modules',
      ])
        expect(`${path}: ${text.includes(canary) ? canary : ''}`).toBe(`${path}: `);
    }
  });
});

function peopleOf(company: unknown): string[] {
  if (
    typeof company !== 'object' ||
    company === null ||
    !('people' in company) ||
    !Array.isArray(company.people)
  )
    return [];
  return company.people.flatMap((person: { name: string; email: string }) => [
    `"${person.name}"`,
    person.email,
  ]);
}
