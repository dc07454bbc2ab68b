#!/usr/bin/env node
// The command line's front door. It uses nothing but Node, so that it can say what is missing before anything is there.
import { existsSync } from 'node:fs';

const installed = new URL('../node_modules/tsx/package.json', import.meta.url);
if (existsSync(installed)) {
  const { register } = await import('tsx/esm/api');
  register();
  await import('./cli/main.ts');
} else {
  process.stderr.write('Nothing is installed here yet: run npm ci (or npm start, which does it for you).\n');
  process.exitCode = 1;
}
