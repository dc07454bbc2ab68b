#!/usr/bin/env node
// Measures what docs/performance.md describes, on servers of its own: `npm run bench`, or `npm run bench -- <id>`.
import { inFolder, runApart } from './apart.mjs';
import { open } from './open.mjs';

/** Well beyond what one figure at full size, or all at the usual size, take on two slow processors. */
const limitMs = 45 * 60_000;

await open(() =>
  inFolder('tenure-bench-', async (folder) => {
    const words = ['--import', 'tsx', 'test/bench/main.ts', ...process.argv.slice(2)];
    const { code, end } = await runApart({ words, folder, limitMs });
    if (end === 'limit') {
      process.stderr.write(
        `Stopped after ${limitMs / 60_000} minutes, the limit; what was being measured stands above.\n`,
      );
    }
    process.exitCode = code;
  }),
);
