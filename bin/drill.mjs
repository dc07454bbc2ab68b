#!/usr/bin/env node
// `npm run drill`: the full attack matrices, and a table of what was tried and what was found.
// `npm run drill -- test/attacks` runs a part of them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inFolder } from './apart.mjs';
import { open } from './open.mjs';
import { runTests, sayOutcome } from './vitest.mjs';

const limitMs = 3 * 60 * 60_000;
const testLimitMs = 30 * 60_000;

function attacksIn(file) {
  try {
    const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line));
  } catch {
    return [];
  }
}

/** The table, its columns as wide as their widest cell. */
function table(attacks) {
  const sorted = attacks.toSorted(
    (a, b) => a.attack.localeCompare(b.attack) || a.tried.localeCompare(b.tried),
  );
  const rows = [['attack', 'tried', 'found'], ...sorted.map((line) => [line.attack, line.tried, line.found])];
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column].length)));
  const lines = rows.map(
    ([attack, tried, found]) => `${attack.padEnd(widths[0])}  ${tried.padEnd(widths[1])}  ${found}`,
  );
  return [lines[0], '-'.repeat(Math.max(...lines.map((line) => line.length))), ...lines.slice(1)].join('\n');
}

await open(() =>
  inFolder('tenure-drill-', async (folder) => {
    const report = join(folder, 'attacks.jsonl');
    const outcome = await runTests({
      folder,
      words: [`--testTimeout=${testLimitMs}`, `--hookTimeout=${testLimitMs}`, ...process.argv.slice(2)],
      environment: { TENURE_DRILL: '1', TENURE_DRILL_REPORT: report },
      limitMs,
    });
    process.stdout.write(`\n${table(attacksIn(report))}\n\n`);
    sayOutcome(outcome);
  }),
);
