#!/usr/bin/env node
// Runs the tests on servers of their own and ends with `N passed, N failed`. Needs nothing that is not installed here.
import { inFolder } from './apart.mjs';
import { open } from './open.mjs';
import { runTests, sayOutcome } from './vitest.mjs';

const limitMs = 60 * 60_000;

await open(() =>
  inFolder('tenure-test-', async (folder) =>
    sayOutcome(await runTests({ folder, words: process.argv.slice(2), limitMs })),
  ),
);
