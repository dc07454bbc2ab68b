#!/usr/bin/env node
// Measures what docs/performance.md describes, on servers of its own: `npm run bench`, or `npm run bench -- <id>`.
import { open } from './open.mjs';

await open(() => import('../test/bench/main.ts'));
