// The one way to run the tests: `npm test` and `npm run drill` differ in what they ask for.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runApart } from './apart.mjs';

/**
 * Runs the tests that `words` name, all when there are none. What they say goes to our own output.
 *
 * @returns how many `passed`, `failed` and were `skipped`, and the exit `code` of the command.
 */
export async function runTests({ folder, words, environment, limitMs }) {
  const results = join(folder, 'results.json');
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--reporter=default', '--reporter=json'];
  const { code, end } = await runApart({
    words: [...vitest, `--outputFile.json=${results}`, ...words],
    folder,
    environment: { TENURE_TEST_TEMPLATES: join(folder, 'templates'), ...environment },
    limitMs,
  });
  if (end !== null) {
    const why = end === 'limit' ? `after ${limitMs / 60_000} minutes, the limit` : `by ${end}`;
    process.stderr.write(`The tests were stopped ${why}.\n`);
    return { passed: 0, failed: 1, skipped: 0, code };
  }
  const counted = countOf(results, code);
  return { ...counted, code: counted.failed > 0 || counted.passed === 0 ? 1 : 0 };
}

function countOf(results, code) {
  let report;
  try {
    report = JSON.parse(readFileSync(results, 'utf8'));
  } catch {
    process.stderr.write('The tests ended without results.\n');
    return { passed: 0, failed: 1, skipped: 0 };
  }
  // A file that cannot be read, or whose servers did not start, has no test that failed: it counts as one.
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  const failed = report.numFailedTests + broken.length;
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: report.numPendingTests,
  };
}

/** Says what came of it; the last line is exactly `N passed, N failed`. */
export function sayOutcome({ passed, failed, skipped, code }) {
  if (skipped > 0) process.stdout.write(`${skipped} skipped\n`);
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  process.exitCode = code;
}
