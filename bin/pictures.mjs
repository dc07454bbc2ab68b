#!/usr/bin/env node
// Makes the pictures in docs/pictures/ from an installation of its own, and removes that afterwards.
import { inFolder, runApart } from './apart.mjs';
import { open } from './open.mjs';

const limitMs = 10 * 60_000;

await open(() =>
  inFolder('tenure-pictures-', async (folder) => {
    const words = ['--import', 'tsx', 'test/pictures/main.ts', ...process.argv.slice(2)];
    process.exitCode = (await runApart({ words, folder, limitMs })).code;
  }),
);
