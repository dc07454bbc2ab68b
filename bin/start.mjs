#!/usr/bin/env node
// `npm start`. Uses nothing but Node until everything is installed.
import { open } from './open.mjs';

await open(async () => {
  const { launch } = await import('./local/launcher.ts');
  // A start that was interrupted may still wait for something; nothing of it may keep us.
  process.exit(await launch(process.env));
});
