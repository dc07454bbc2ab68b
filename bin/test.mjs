#!/usr/bin/env node
// Runs the tests on servers of their own and ends with `N passed, N failed`. Needs nothing that is not installed here.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { install } from './install.mjs';
import { runVitest } from './vitest.mjs';

await install();
const folder = mkdtempSync(join(tmpdir(), 'tenure-results-'));
const results = join(folder, 'results.json');
const code = await runVitest(process.argv.slice(2), results);
let summary = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numFailedTestSuites: 0 };
try {
  summary = JSON.parse(readFileSync(results, 'utf8'));
} catch {
  process.stderr.write('The tests ended without results.\n');
}
rmSync(folder, { recursive: true, force: true });
// A file that cannot even be loaded has no tests to count: it counts as one that failed.
const failed = summary.numFailedTests || (code === 0 ? 0 : Math.max(1, summary.numFailedTestSuites));
const skipped = summary.numPendingTests ? `, ${summary.numPendingTests} skipped` : '';
process.stdout.write(`${summary.numPassedTests} passed, ${failed} failed${skipped}\n`);
process.exitCode = failed > 0 || summary.numPassedTests === 0 ? 1 : 0;
