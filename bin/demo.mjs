#!/usr/bin/env node
// Plays the story on an installation of its own and removes it afterwards.
import { inFolder, runApart } from './apart.mjs';
import { open } from './open.mjs';

const limitMs = 10 * 60_000;

await open(() =>
  inFolder('tenure-demo-', async (folder) => {
    const words = ['--import', 'tsx', 'bin/demo/main.ts', ...process.argv.slice(2)];
    process.exitCode = (await runApart({ words, folder, limitMs })).code;
  }),
);
