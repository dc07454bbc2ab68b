#!/usr/bin/env node
// Plays the story on an installation of its own and removes it afterwards. Dependency-free until it has installed.
import { install } from './install.mjs';

try {
  install();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}
const { register } = await import('tsx/esm/api');
register();
await import('./demo/main.ts');
