// `npm run drill`: the full attack matrices, and a table of what was tried and what was found.
// `npm run drill -- test/attacks` runs a part of them. Uses nothing but Node until everything is installed.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { install } from './install.mjs';

const checkout = fileURLToPath(new URL('..', import.meta.url));
const limitMs = 3 * 60 * 60_000;
const testLimitMs = 30 * 60_000;

/** Runs the tests and returns what they counted; what they say goes to our own output. */
function run(folder, words) {
  const results = join(folder, 'results.json');
  const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
  spawnSync(
    process.execPath,
    [
      vitest,
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${results}`,
      `--testTimeout=${testLimitMs}`,
      `--hookTimeout=${testLimitMs}`,
      ...words,
    ],
    {
      cwd: checkout,
      stdio: ['ignore', 1, 2],
      timeout: limitMs,
      env: { ...process.env, TENURE_DRILL: '1', TENURE_DRILL_REPORT: join(folder, 'attacks.jsonl') },
    },
  );
  try {
    const {
      numPassedTests: passed,
      numFailedTests: failed,
      testResults,
    } = JSON.parse(readFileSync(results, 'utf8'));
    // A file that could not even be read, or whose servers did not start, has no tests that failed.
    const broken = testResults.filter(
      (file) => file.status === 'failed' && !file.assertionResults.some((one) => one.status === 'failed'),
    );
    return { passed, failed: failed + broken.length };
  } catch {
    process.stderr.write('The tests did not come to their end.\n');
    return { passed: 0, failed: 1 };
  }
}

function attacksIn(folder) {
  try {
    const text = readFileSync(join(folder, 'attacks.jsonl'), 'utf8');
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
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

try {
  await install();
  const folder = mkdtempSync(join(tmpdir(), 'tenure-drill-'));
  try {
    const { passed, failed } = run(folder, process.argv.slice(2));
    process.stdout.write(`\n${table(attacksIn(folder))}\n\n${passed} passed, ${failed} failed\n`);
    process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
